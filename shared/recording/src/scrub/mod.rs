//! Replaces what may be a client's: letters by letters, digits by digits, the same by the same.
//!
//! Everything is replaced but what a rule keeps. The replacements are random, one set for each recording, and are thrown away
//! with it.

mod lexer;
mod names;
mod rules;
mod same;
mod vocabulary;

use std::collections::{BTreeSet, HashMap, HashSet};

use serde_json::{Map, Number, Value};
use turnpike_core::Ambient;

pub(crate) use self::lexer::{Token, has_digit, tokens};
use self::names::{Names, add_numbers};
pub(crate) use self::{rules::Place, vocabulary::Vocabulary};
use crate::fixture::{Content, Exchange, Told};

/// Replaces, and remembers by what.
pub(crate) struct Scrubber {
    vocabulary: Vocabulary,
    names: Names,
    links: HashMap<String, String>,
    /// Texts that were replaced as wholes.
    replaced: HashSet<String>,
    /// Texts that took their places, and texts that a rule has kept.
    standing: HashSet<String>,
}

impl Scrubber {
    /// For a question, which is arguments and accounts, and the exchanges that it led to.
    pub(crate) fn of(mut vocabulary: Vocabulary, question: &Value, exchanges: &[Exchange], ambient: Ambient) -> Self {
        if let Some(first) = exchanges.first() {
            vocabulary.learn(&first.request, question);
        }
        let mut numbers = BTreeSet::new();
        add_numbers(&mut numbers, question);
        for content in exchanges.iter().filter_map(|exchange| exchange.told.content()) {
            match content {
                Content::Json(json) => add_numbers(&mut numbers, json),
                Content::Text(text) => add_numbers(&mut numbers, &text.as_str().into()),
            }
        }
        let names = Names::for_all(numbers, ambient);
        Self { vocabulary, names, links: HashMap::new(), replaced: HashSet::new(), standing: HashSet::new() }
    }

    /// The arguments of a call. Its numbers are of the question, such as the most rows wanted; ids are texts.
    pub(crate) fn arguments(&mut self, arguments: &Map<String, Value>) -> Map<String, Value> {
        let clean = |(name, value): (&String, &Value)| {
            let value = if value.is_number() { value.clone() } else { self.value(Place::of(name), value) };
            (name.clone(), value)
        };
        arguments.iter().map(clean).collect()
    }

    /// An answer. The request stays as it was: it is needed to find the one that takes its place.
    pub(crate) fn exchange(&mut self, exchange: Exchange) -> Exchange {
        let told = match exchange.told {
            Told::Response { status, headers, content } => {
                Told::Response { status, headers, content: self.content(content) }
            }
            Told::File(content) => Told::File(self.content(content)),
            fault @ Told::Fault { .. } => fault,
        };
        Exchange { told, ..exchange }
    }

    fn content(&mut self, content: Content) -> Content {
        match content {
            Content::Json(json) => Content::Json(self.value(Place::NOWHERE, &json)),
            Content::Text(text) => Content::Text(self.words(&text)),
        }
    }

    pub(crate) fn value(&mut self, place: Place<'_>, value: &Value) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::Number(number) => self.number(place, number),
            Value::String(text) => self.text(place, text).into(),
            Value::Array(items) => items.iter().map(|item| self.value(place, item)).collect(),
            Value::Object(fields) => {
                let clean = |(name, value): (&String, &Value)| {
                    if place.keeps_key(name) || self.vocabulary.has(name) {
                        return (name.clone(), self.value(Place::of(name), value));
                    }
                    (self.words(name), self.value(Place::NOWHERE, value))
                };
                fields.iter().map(clean).collect()
            }
        }
    }

    fn number(&mut self, place: Place<'_>, number: &Number) -> Value {
        let text = number.to_string();
        if place.counts(&text) || text.len() == 1 {
            return Value::Number(number.clone());
        }
        // Digits of an exponent would change the magnitude beyond all use.
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let clean = self.words(mantissa);
        serde_json::from_str(&clean).map_or_else(|_| 0.into(), Value::Number)
    }

    fn text(&mut self, place: Place<'_>, text: &str) -> String {
        if rules::is_link(text) {
            let number = self.links.len() + 1;
            return self.links.entry(text.into()).or_insert_with(|| format!("https://link.example/{number}")).clone();
        }
        if self.vocabulary.has(text) || place.keeps(text) {
            self.standing.insert(text.to_owned());
            return text.to_owned();
        }
        let clean = if rules::is_statement(text) {
            self.statement(text)
        } else if rules::is_reference(text) {
            self.reference(text)
        } else {
            self.words(text)
        };
        if clean != text {
            self.replaced.insert(text.to_owned());
            self.standing.insert(clean.clone());
        }
        clean
    }

    /// Every run replaced; dates and all that stands between stay.
    fn words(&mut self, text: &str) -> String {
        tokens(text).map(|token| self.token(token)).collect()
    }

    fn token(&mut self, token: Token<'_>) -> String {
        match token {
            Token::Date(text) | Token::Between(text) => text.to_owned(),
            Token::Uuid(text) => self.names.replace_uuid(text),
            Token::Run(text) => self.names.replace(text),
        }
    }

    /// A query in the vendor's language: its words stay, what is quoted and what has digits is replaced.
    fn statement(&mut self, text: &str) -> String {
        let mut quote = None;
        let mut clean = String::new();
        for token in tokens(text) {
            match token {
                Token::Between(between) => {
                    for mark in between.chars().filter(|mark| ['\'', '"'].contains(mark)) {
                        quote = match quote {
                            None => Some(mark),
                            Some(open) if open == mark => None,
                            open => open,
                        };
                    }
                    clean += between;
                }
                // As long as an id; what is shorter counts rows.
                Token::Run(word) if quote.is_none() && !(word.len() > 4 && has_digit(word)) => clean += word,
                token => clean += &self.token(token),
            }
        }
        clean
    }

    /// `customers/123/campaigns/456`, `urn:li:sponsoredCampaign:123`: words that lead to another segment stay.
    fn reference(&mut self, text: &str) -> String {
        let mut clean = String::new();
        let mut all = tokens(text).peekable();
        while let Some(token) = all.next() {
            let leads = matches!(all.peek(), Some(Token::Between(next)) if next.starts_with([':', '/', '_', '(']));
            match token {
                Token::Run(word) if leads && !has_digit(word) => clean += word,
                token => clean += &self.token(token),
            }
        }
        clean
    }

    /// Whether this text stood in what was recorded and was replaced wherever it stood.
    pub(crate) fn hid(&self, text: &str) -> bool {
        self.replaced.contains(text) && !self.standing.contains(text)
    }

    /// Whether this run, such as an id, was replaced wherever it stood.
    pub(crate) fn hid_run(&self, run: &str) -> bool {
        self.names.has(run) && self.names.find(run).as_deref() != Some(run) && !self.names.is_replacement(run)
    }
}

#[cfg(test)]
mod tests;

//! The vendor's words, as far as the integration itself names them: they may stay where they are all of a text.

use std::collections::HashSet;

use serde_json::Value;
use turnpike_sdk::{Integration, Tool};

use super::lexer::{Token, tokens};

/// Words in small letters.
#[derive(Default)]
pub(crate) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// Those that the tools' schemas and descriptions name, and those that the operator says are the vendor's.
    pub(crate) fn of(integration: &Integration, more: &[String]) -> Self {
        let mut own = Self::default();
        for Tool { spec, input_schema, output_schema, .. } in &integration.tools {
            own.read_prose(spec.description);
            own.read_schema(&Value::Object(input_schema.clone()));
            own.read_schema(&Value::Object(output_schema.clone()));
        }
        more.iter().for_each(|word| own.add(word));
        own
    }

    /// The words of the very first request that came neither from the arguments nor from the accounts, and its texts that are
    /// made of no other: they are the tool's own, and so the vendor's.
    pub(super) fn learn(&mut self, request: &Value, question: &Value) {
        let mut asked = HashSet::new();
        each_text(question, &mut |text| asked.extend(words(text)));
        each_text(request, &mut |text| {
            if words(text).all(|word| !asked.contains(&word)) {
                self.add(text);
            }
            let is_number = |word: &String| word.bytes().all(|byte| byte.is_ascii_digit());
            self.0.extend(words(text).filter(|word| !asked.contains(word) && !is_number(word)));
        });
    }

    fn add(&mut self, word: &str) {
        self.0.insert(word.to_lowercase());
    }

    /// Whether the text is the vendor's: one that is known, or made of known words and nothing else, as in
    /// `campaign.id,campaign.name`.
    pub(super) fn has(&self, text: &str) -> bool {
        let is_known = |token| match token {
            Token::Run(word) => self.0.contains(&word.to_lowercase()),
            Token::Between(between) => between.len() == 1 && ".,_".contains(between),
            Token::Date(_) | Token::Uuid(_) => false,
        };
        self.0.contains(&text.to_lowercase()) || tokens(text).all(is_known)
    }

    /// Names of fields, values of enumerations and constants, and what prose has between backticks.
    fn read_schema(&mut self, schema: &Value) {
        match schema {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    match (name.as_str(), inner) {
                        ("properties", Value::Object(named)) => named.keys().for_each(|name| self.add(name)),
                        ("enum", Value::Array(values)) => values.iter().for_each(|value| self.add_text(value)),
                        ("const" | "default", value) => self.add_text(value),
                        ("description", Value::String(prose)) => self.read_prose(prose),
                        _ => {}
                    }
                    self.read_schema(inner);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.read_schema(item)),
            _ => {}
        }
    }

    fn add_text(&mut self, value: &Value) {
        if let Value::String(text) = value {
            self.add(text);
        }
    }

    fn read_prose(&mut self, prose: &str) {
        prose.split('`').skip(1).step_by(2).for_each(|word| self.add(word));
    }
}

/// The words, numbers and ids of a text, in small letters.
fn words(text: &str) -> impl Iterator<Item = String> {
    tokens(text).filter_map(|token| match token {
        Token::Run(word) | Token::Uuid(word) => Some(word.to_lowercase()),
        Token::Date(_) | Token::Between(_) => None,
    })
}

/// Every text of a value; the names of fields are of no interest.
fn each_text(value: &Value, see: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, see)),
        Value::Object(fields) => fields.values().for_each(|value| each_text(value, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

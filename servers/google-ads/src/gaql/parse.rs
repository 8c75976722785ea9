//! Tokens to tree. The error says where, what was expected there, and shows a right example.

use turnpike_sdk::ArgumentError;

use super::{
    ast::{Comparison, Condition, Direction, Literal, Membership, Name, NamedRange, Presence, Query, Test},
    token::{Kind, Token, tokens},
};

/// Longer queries are refused unread.
const LONGEST: usize = 16_000;

/// Why a text is no query.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct GaqlError {
    /// Counted in characters, from 1.
    position: usize,
    found: String,
    expected: &'static str,
    example: &'static str,
}

impl GaqlError {
    /// What stands in `text` at byte `at` is not what was `expected`.
    pub(super) fn new(text: &str, at: usize, expected: &'static str, example: &'static str) -> Self {
        let found: String = text[at..].chars().take(24).collect();
        let found = if found.is_empty() { "the end of the query".to_owned() } else { format!("`{found}`") };
        Self { position: text[..at].chars().count() + 1, found, expected, example }
    }

    /// What is wrong, in one line.
    pub(crate) fn problem(&self) -> String {
        format!("at character {} there is {} where {} is expected", self.position, self.found, self.expected)
    }
}

impl From<GaqlError> for ArgumentError {
    fn from(error: GaqlError) -> Self {
        Self::new("query", error.problem(), format!("For example: {}", error.example))
    }
}

impl Query {
    /// Reads a query to an account's data.
    pub(crate) fn parse(text: &str) -> Result<Self, GaqlError> {
        Parser::of(text)?.query(true)
    }

    /// Reads a query to `googleAdsFields`, which has no `FROM`.
    pub(crate) fn parse_metadata(text: &str) -> Result<Self, GaqlError> {
        Parser::of(text)?.query(false)
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token<'a>>,
    next: usize,
}

impl<'a> Parser<'a> {
    fn of(text: &'a str) -> Result<Self, GaqlError> {
        if text.len() > LONGEST {
            return Err(GaqlError::new(text, 0, "a query of at most 16,000 bytes", "SELECT campaign.id FROM campaign"));
        }
        Ok(Self { text, tokens: tokens(text)?, next: 0 })
    }

    fn query(mut self, has_from: bool) -> Result<Query, GaqlError> {
        self.keyword("SELECT", "SELECT, the only statement there is", "SELECT campaign.id FROM campaign")?;
        let select = self.separated(|p| p.name("a field name", "SELECT campaign.id, metrics.clicks FROM campaign"))?;
        let mut from = None;
        if has_from {
            self.keyword("FROM", "`,` or FROM", "SELECT campaign.id FROM campaign")?;
            from = Some(self.name("one resource", "FROM campaign")?);
        }
        let mut filters = vec![];
        if self.take("WHERE") {
            filters.push(self.condition()?);
            while self.take("AND") {
                filters.push(self.condition()?);
            }
        }
        let mut order_by = vec![];
        if self.take("ORDER BY") {
            order_by = self.separated(|p| {
                let field = p.name("a field name", "ORDER BY metrics.clicks DESC")?;
                Ok((field, p.one_of(Direction::ALL, Direction::as_str).unwrap_or(Direction::Ascending)))
            })?;
        }
        let limit = if self.take("LIMIT") { Some(self.limit()?) } else { None };
        match self.peek() {
            Kind::End => Ok(Query { select, from, filters, order_by, limit }),
            _ => Err(self.expected(
                "AND, ORDER BY, LIMIT or the end (there is no OR and no PARAMETERS)",
                "WHERE campaign.status IN ('ENABLED', 'PAUSED') ORDER BY campaign.id LIMIT 50",
            )),
        }
    }

    fn condition(&mut self) -> Result<Condition, GaqlError> {
        let field = self.name("a field name", "WHERE campaign.status = 'ENABLED'")?;
        Ok(Condition { field, test: self.test()? })
    }

    fn test(&mut self) -> Result<Test, GaqlError> {
        if let Some(operator) = self.one_of(Comparison::ALL, Comparison::as_str) {
            return Ok(Test::Compare(operator, self.literal()?));
        }
        if let Some(operator) = self.one_of(Membership::ALL, Membership::as_str) {
            return Ok(Test::Member(operator, self.list()?));
        }
        if let Some(operator) = self.one_of(Presence::ALL, Presence::as_str) {
            return Ok(Test::Presence(operator));
        }
        if self.take("BETWEEN") {
            let low = self.literal()?;
            self.keyword("AND", "AND and the upper end", "segments.date BETWEEN '2026-11-01' AND '2026-11-07'")?;
            return Ok(Test::Between(low, self.literal()?));
        }
        if self.take("DURING") {
            let days = self.one_of(NamedRange::ALL, NamedRange::as_str);
            return days.map(Test::During).ok_or_else(|| {
                self.expected("a named range such as LAST_30_DAYS or THIS_MONTH", "segments.date DURING LAST_30_DAYS")
            });
        }
        Err(self.expected(
            "an operator (=, !=, >, >=, <, <=, IN, LIKE, CONTAINS ANY, IS NULL, BETWEEN, DURING, REGEXP_MATCH)",
            "campaign.status = 'ENABLED'",
        ))
    }

    fn list(&mut self) -> Result<Vec<Literal>, GaqlError> {
        let example = "campaign.id IN (111, 222)";
        self.keyword("(", "`(` and a list", example)?;
        let values = self.separated(Self::literal)?;
        self.keyword(")", "`,` or `)`", example)?;
        Ok(values)
    }

    fn literal(&mut self) -> Result<Literal, GaqlError> {
        let literal = match self.peek() {
            Kind::Text(text) => Literal::Text(text.clone()),
            Kind::Number(number) => Literal::Number((*number).to_owned()),
            Kind::Word(word) if !word.contains('.') => Literal::Word((*word).to_owned()),
            _ => {
                return Err(
                    self.expected("a value: text in single quotes, a number or a word", "campaign.name = 'Brand'")
                );
            }
        };
        self.next += 1;
        Ok(literal)
    }

    fn limit(&mut self) -> Result<u32, GaqlError> {
        let limit = match self.peek() {
            Kind::Number(number) => number.parse().ok().filter(|limit| *limit > 0),
            _ => None,
        };
        let limit = limit.ok_or_else(|| self.expected("a whole number above nought", "LIMIT 100"))?;
        self.next += 1;
        Ok(limit)
    }

    fn name(&mut self, expected: &'static str, example: &'static str) -> Result<Name, GaqlError> {
        let name = match self.peek() {
            Kind::Word(word) => Name::read(word),
            _ => None,
        };
        let name = name.ok_or_else(|| self.expected(expected, example))?;
        self.next += 1;
        Ok(name)
    }

    fn separated<T>(&mut self, item: impl Fn(&mut Self) -> Result<T, GaqlError>) -> Result<Vec<T>, GaqlError> {
        let mut items = vec![item(self)?];
        while self.take(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn keyword(&mut self, words: &str, expected: &'static str, example: &'static str) -> Result<(), GaqlError> {
        if self.take(words) { Ok(()) } else { Err(self.expected(expected, example)) }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T], words: fn(T) -> &'static str) -> Option<T> {
        choices.iter().copied().find(|choice| self.take(words(*choice)))
    }

    /// Steps over `words` if the next tokens spell them, in any case.
    fn take(&mut self, words: &str) -> bool {
        let spelt = |(word, token): (&str, &Token<'_>)| match token.kind {
            Kind::Word(found) | Kind::Symbol(found) => found.eq_ignore_ascii_case(word),
            _ => false,
        };
        let count = words.split(' ').count();
        let there =
            self.tokens[self.next..].len() >= count && words.split(' ').zip(&self.tokens[self.next..]).all(spelt);
        if there {
            self.next += count;
        }
        there
    }

    /// The token to come. The last one is the end, and nothing steps over it.
    fn peek(&self) -> &Kind<'a> {
        &self.tokens[self.next].kind
    }

    fn expected(&self, expected: &'static str, example: &'static str) -> GaqlError {
        GaqlError::new(self.text, self.tokens[self.next].at, expected, example)
    }
}

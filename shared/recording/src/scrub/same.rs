//! Whether a request is another but for what was replaced.

use serde_json::Value;
use url::form_urlencoded;

use super::{
    Scrubber,
    lexer::{Token, tokens},
};

impl Scrubber {
    /// Whether a tool that was given replacements has asked what it had asked before: each piece is the same, or what stands
    /// for it.
    pub(crate) fn is_same(&self, before: &Value, now: &Value) -> bool {
        match (before, now) {
            (Value::String(before), Value::String(now)) => self.is_same_text(before, now),
            (Value::Number(before), Value::Number(now)) => self.is_same_text(&before.to_string(), &now.to_string()),
            (Value::Array(before), Value::Array(now)) => {
                before.len() == now.len() && before.iter().zip(now).all(|(before, now)| self.is_same(before, now))
            }
            (Value::Object(before), Value::Object(now)) => {
                let find = |name| now.iter().find(|(other, _)| self.is_same_text(name, other));
                before.len() == now.len()
                    && before.iter().all(|(name, value)| find(name).is_some_and(|(_, now)| self.is_same(value, now)))
            }
            (before, now) => before == now,
        }
    }

    fn is_same_text(&self, before: &str, now: &str) -> bool {
        if before == now || self.links.get(before).is_some_and(|link| link == now) {
            return true;
        }
        let (before, now) = (decoded(before), decoded(now));
        let (mut before, mut now) = (tokens(&before), tokens(&now));
        loop {
            match (before.next(), now.next()) {
                (None, None) => return true,
                (Some(one), Some(other)) if self.is_same_token(one, other) => {}
                _ => return false,
            }
        }
    }

    fn is_same_token(&self, before: Token<'_>, now: Token<'_>) -> bool {
        match (before, now) {
            (Token::Run(one), Token::Run(other)) => one == other || self.names.find(one).as_deref() == Some(other),
            (Token::Uuid(one), Token::Uuid(other)) => {
                one == other || self.names.find_uuid(one).as_deref() == Some(other)
            }
            (one, other) => one == other,
        }
    }
}

/// What an encoded query says.
fn decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    form_urlencoded::parse(text.as_bytes()).map(|(name, value)| format!("{name}={value}&")).collect()
}

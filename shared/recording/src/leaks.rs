//! The last look before a recording is shown: nothing of the client may stand in it.

use std::fmt;

use serde_json::Value;
use turnpike_telemetry::scrub as without_secrets;

use crate::scrub::{Scrubber, Token, has_digit, tokens};

/// The shortest text that can give somebody away.
const SHORTEST: usize = 4;
/// The shortest number that is more likely an id than a figure.
const SHORTEST_ID: usize = 7;

/// Something of the client that was not replaced. It says where, and not what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leak {
    /// Where in the recording.
    pub at: String,
    what: &'static str,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has {}", self.at, self.what)
    }
}

/// Finds what is left of the client. `names` are those of the tenant and of its accounts, and the accounts' ids.
pub(crate) fn find_leak(recording: &Value, names: &[String], scrubber: &Scrubber) -> Option<Leak> {
    let names = names.iter().filter(|name| name.chars().count() >= SHORTEST).collect();
    Look { names, scrubber }.at(recording, String::new())
}

struct Look<'a> {
    names: Vec<&'a String>,
    scrubber: &'a Scrubber,
}

impl Look<'_> {
    fn at(&self, value: &Value, at: String) -> Option<Leak> {
        match value {
            Value::String(text) => {
                let replaced = text.len() >= SHORTEST_ID && self.scrubber.hid(text);
                let what = self.what(text).or(replaced.then_some("a text that was replaced elsewhere"));
                what.map(|what| Leak { at, what })
            }
            Value::Number(number) => self.what(&number.to_string()).map(|what| Leak { at, what }),
            Value::Array(items) => {
                items.iter().enumerate().find_map(|(index, item)| self.at(item, format!("{at}/{index}")))
            }
            Value::Object(fields) => fields.iter().find_map(|(name, value)| {
                let of_name = self.what(name).map(|what| Leak { at: format!("the name of a field in {at}"), what });
                of_name.or_else(|| self.at(value, format!("{at}/{name}")))
            }),
            Value::Null | Value::Bool(_) => None,
        }
    }

    fn what(&self, text: &str) -> Option<&'static str> {
        if self.names.iter().any(|name| holds(text, name)) {
            return Some("a name or an id of the client");
        }
        if without_secrets(text) != text {
            return Some("what has the shape of a secret");
        }
        let id = tokens(text).any(|token| match token {
            Token::Run(run) | Token::Uuid(run) => {
                run.len() >= SHORTEST_ID && has_digit(run) && self.scrubber.hid_run(run)
            }
            Token::Date(_) | Token::Between(_) => false,
        });
        id.then_some("an id that was replaced elsewhere")
    }
}

/// Whether the name stands in the text as a word or words of its own.
fn holds(text: &str, name: &str) -> bool {
    let ends = |other: Option<char>| other.is_none_or(|other| !other.is_alphanumeric());
    text.match_indices(name)
        .any(|(at, found)| ends(text[..at].chars().next_back()) && ends(text[at + found.len()..].chars().next()))
}

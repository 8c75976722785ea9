//! Pages: shorter than asked for, with a cursor that only its own method takes.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::refusal::Refusal;

/// The rows of a page, and where the next begins.
pub(super) struct Cut<T> {
    pub(super) rows: Vec<T>,
    pub(super) next: String,
}

/// Cuts a page out of rows that have keys.
pub(super) fn cut<T>(
    rows: Vec<(String, T)>,
    method: &str,
    cursor: Option<String>,
    size: usize,
) -> Result<Cut<T>, Refusal> {
    let start = match cursor.filter(|cursor| !cursor.is_empty()) {
        None => 0,
        Some(cursor) => {
            let found = rows.iter().position(|(key, _)| encode(method, key) == cursor);
            found.ok_or_else(|| Refusal::new("invalid_cursor"))?
        }
    };
    let mut rest = rows.into_iter().skip(start);
    let page = rest.by_ref().take(size).map(|(_, row)| row).collect();
    let next = rest.next().map_or_else(String::new, |(key, _)| encode(method, &key));
    Ok(Cut { rows: page, next })
}

/// With a character that must be encoded in a URL, as Slack's have.
fn encode(method: &str, key: &str) -> String {
    let text = format!("next_of:{method}:{key}");
    let mut cursor = text.bytes().fold(String::new(), |mut cursor, byte| {
        let _ = write!(cursor, "{byte:02X}");
        cursor
    });
    cursor.push('=');
    cursor
}

impl<T> Cut<T> {
    /// The answer with these rows under a name.
    pub(super) fn answer(self, name: &str, shown: impl Fn(&T) -> Value) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(shown).collect();
        json!({ "ok": true, name: rows, "response_metadata": { "next_cursor": self.next } })
    }
}

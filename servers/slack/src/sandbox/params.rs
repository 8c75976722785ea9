//! The arguments of a request: each is taken once, and what nobody takes is refused. Slack only warns of it.

use std::collections::BTreeMap;

use serde_json::Value;
use url::form_urlencoded;

use super::refusal::Refusal;

pub(super) struct Params(BTreeMap<String, Value>);

impl Params {
    /// Of a query.
    pub(super) fn of_query(query: &str) -> Result<Self, Refusal> {
        let mut params = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if params.insert(name.to_string(), Value::from(value.into_owned())).is_some() {
                return Err(Refusal::arguments(format!("{name} is there twice")));
            }
        }
        Ok(Self(params))
    }

    /// Of a body, whose type must name its characters.
    pub(super) fn of_body(content_type: Option<&str>, body: &[u8]) -> Result<Self, Refusal> {
        match content_type {
            None => return Err(Refusal::new("missing_post_type")),
            Some("application/json; charset=utf-8") => {}
            Some(kind) if kind.starts_with("application/json") => return Err(Refusal::new("missing_charset")),
            Some(_) => return Err(Refusal::new("invalid_post_type")),
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields.into_iter().collect())),
            Ok(_) => Err(Refusal::new("json_not_object")),
            Err(_) => Err(Refusal::new("invalid_json")),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::arguments(format!("{name} must be a string"))),
        }
    }

    pub(super) fn need(&mut self, name: &str) -> Result<String, Refusal> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::arguments(format!("missing required field: {name}")))
    }

    pub(super) fn flag(&mut self, name: &str) -> Result<bool, Refusal> {
        match self.take(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(flag),
            Some(Value::String(word)) if word == "true" => Ok(true),
            Some(Value::String(word)) if word == "false" => Ok(false),
            Some(other) => Err(Refusal::arguments(format!("{name} must be a boolean, not {other}"))),
        }
    }

    /// How many rows of at most `most`.
    pub(super) fn limit(&mut self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.text("limit")? else {
            return Ok(usual);
        };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Refusal::new("invalid_limit"))
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), Refusal> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(Refusal::arguments(format!("unknown argument: {name}"))),
        }
    }
}

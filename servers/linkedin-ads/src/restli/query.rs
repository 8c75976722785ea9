//! A whole query, and how it is sent: in the URL, or in the body when the URL would not hold it.

use std::fmt::Write as _;

use http::Method;
use turnpike_sdk::{Effect, Request};

use super::{Value, encode::primitive};

/// LinkedIn's own client tunnels what is longer.
const LONGEST_IN_URL: usize = 4_000;

/// A query, encoded as it grows.
#[derive(Clone, Default, Debug)]
pub(crate) struct Query(String);

impl Query {
    /// The query of a finder: `q=NAME`.
    pub(crate) fn finder(name: &str) -> Self {
        Self::default().with("q", name)
    }

    /// Adds a parameter.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.begin(name);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{}", value.into());
        self
    }

    /// Adds a parameter, if it has a value.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds the projection, which is no list: its commas are raw and nothing is around it.
    pub(crate) fn fields(mut self, names: &[&str]) -> Self {
        self.begin("fields");
        for (index, name) in names.iter().enumerate() {
            if index > 0 {
                self.0.push(',');
            }
            let _ = primitive(&mut self.0, name);
        }
        self
    }

    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// A request that reads with this query. `method` names it in Rest.li's terms, such as `FINDER`.
    ///
    /// A long one is tunnelled: a `POST` whose body is the query. So is one with an empty text in it, because libraries for
    /// URLs rewrite its two apostrophes.
    pub(crate) fn get(self, path: &str, method: &'static str) -> Request {
        let Self(query) = self;
        let request = if query.len() > LONGEST_IN_URL || query.contains('\'') {
            Request::post_form(path, query, Effect::Read).header("X-HTTP-Method-Override", Method::GET.as_str())
        } else {
            Request::get(path).raw_query(query)
        };
        request.header("X-RestLi-Method", method)
    }

    fn begin(&mut self, name: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        let _ = primitive(&mut self.0, name);
        self.0.push('=');
    }
}

//! Reading forms: what is wrong is shown beside the field, and what was typed stays.

use std::collections::HashMap;

use axum::extract::{FromRequest, Request};
use url::form_urlencoded;

use super::Failure;

/// The largest form that is read.
const LARGEST: usize = 64 * 1024;

/// A submitted form: names and values in their order, a name as often as it came.
pub(crate) struct Form(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let body = axum::body::to_bytes(request.into_body(), LARGEST).await;
        let body = body.map_err(|_| Failure::Refused("the form is too large".into()))?;
        Ok(Self(form_urlencoded::parse(&body).into_owned().collect()))
    }
}

impl Form {
    /// A field's text without blanks around it; empty where the field is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    /// A field's text as it was typed: for passwords.
    pub(crate) fn exact(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// All values of a name: of boxes that are checked.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is checked.
    pub(crate) fn checked(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }
}

/// What is wrong with a form, by field.
#[derive(Default, Clone, Debug)]
pub(crate) struct FieldErrors(HashMap<&'static str, String>);

impl FieldErrors {
    /// Notes what is wrong with a field.
    pub(crate) fn add(&mut self, field: &'static str, problem: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| problem.into());
    }

    /// Notes it where a condition holds.
    pub(crate) fn check(&mut self, wrong: bool, field: &'static str, problem: &str) {
        if wrong {
            self.add(field, problem);
        }
    }

    /// What is wrong with a field; empty where nothing is.
    pub(crate) fn of(&self, field: &str) -> &str {
        self.0.get(field).map_or("", String::as_str)
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A path of ours to go on to; anything that could lead elsewhere is `/`.
pub(crate) fn local_path(text: &str) -> &str {
    let plain = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(['\\', '\r', '\n', '\t'])
        && text.bytes().all(|byte| byte.is_ascii_graphic());
    if plain { text } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_ours_are_gone_on_to() {
        for good in ["/", "/calls?outcome=success", "/connections/1#x"] {
            assert_eq!(local_path(good), good);
        }
        for bad in ["", "//evil", "/\\evil", "https://evil", "javascript:alert(1)", "/\tevil", "/ü", "evil"] {
            assert_eq!(local_path(bad), "/", "{bad}");
        }
    }
}

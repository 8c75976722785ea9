//! A request as it is meant: tunnelled or not, with its parameters decoded.

use axum::http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE};
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{admit::text, decode, refusal::Refusal};
use crate::restli::Value;

pub(super) struct Call {
    pub(super) verb: Method,
    /// As `X-RestLi-Method` says it, in lower case: clients write it in either.
    pub(super) rest_method: Option<String>,
    pub(super) params: Params,
    json: Option<Bytes>,
}

/// Parameters that nobody has asked for yet.
pub(super) struct Params(Vec<(String, Value)>);

impl Call {
    pub(super) fn read(method: Method, uri: &Uri, headers: &HeaderMap, body: Bytes) -> Result<Self, Refusal> {
        let query = uri.query().unwrap_or_default();
        let content_type = text(headers, CONTENT_TYPE.as_str()).unwrap_or_default();
        let is = |kind: &str| content_type.split(';').next() == Some(kind);
        let rest_method = text(headers, "x-restli-method").map(str::to_ascii_lowercase);
        let (verb, query, json) = match text(headers, "x-http-method-override") {
            None if is("application/json") => (method, query, Some(body)),
            None if body.is_empty() => (method, query, None),
            Some("GET") if method == Method::POST && query.is_empty() && is("application/x-www-form-urlencoded") => {
                let query =
                    std::str::from_utf8(&body).map_err(|_| Refusal::param("The tunnelled query is not UTF-8"))?;
                return Ok(Self { verb: Method::GET, rest_method, params: Params::read(query)?, json: None });
            }
            Some(_) => return Err(Refusal::param("A tunnelled query is a form in the body of a POST without '?'")),
            None => {
                let message = format!("Content-Type '{content_type}' is not taken");
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
            }
        };
        Ok(Self { verb, rest_method, params: Params::read(query)?, json })
    }

    /// Whether `X-RestLi-Method` names this method.
    pub(super) fn names(&self, method: &str) -> bool {
        self.rest_method.as_deref() == Some(method)
    }

    /// The body, which holds no field that LinkedIn does not know.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let body = self.json.as_deref().ok_or_else(|| Refusal::param("The body is missing"))?;
        serde_json::from_slice(body).map_err(|error| Refusal::param(format!("The body is not as its schema: {error}")))
    }
}

impl Params {
    fn read(query: &str) -> Result<Self, Refusal> {
        let params = decode::query(query).map_err(Refusal::param)?;
        let twice =
            params.iter().enumerate().find(|(at, (name, _))| params.iter().skip(at + 1).any(|(n, _)| n == name));
        match twice {
            Some((_, (name, _))) => Err(Refusal::param(format!("Parameter '{name}' is there twice"))),
            None => Ok(Self(params)),
        }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(at).1)
    }

    /// A parameter that is a text.
    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(Refusal::param(format!("Parameter '{name}' is no text: {other}"))),
        }
    }

    /// A parameter that is a number.
    pub(super) fn take_number(&mut self, name: &str) -> Result<Option<usize>, Refusal> {
        let text = self.take_text(name)?;
        let number =
            |text: String| text.parse().map_err(|_| Refusal::param(format!("Parameter '{name}' is no number")));
        text.map(number).transpose()
    }

    /// A parameter that is a list of texts.
    pub(super) fn take_list(&mut self, name: &str) -> Result<Option<Vec<String>>, Refusal> {
        self.take(name).map(|value| texts(name, value)).transpose()
    }

    /// A parameter that is a list of URNs of this kind; their ids.
    pub(super) fn take_urns(&mut self, name: &str, kind: &str) -> Result<Option<Vec<u64>>, Refusal> {
        let id = |urn: String| {
            let id = urn.strip_prefix("urn:li:").and_then(|rest| rest.strip_prefix(kind)?.strip_prefix(':'));
            let id = id.and_then(|id| id.parse().ok());
            id.ok_or_else(|| Refusal::param(format!("'{urn}' in '{name}' is no URN of type {kind}")))
        };
        let ids = |urns: Vec<String>| urns.into_iter().map(id).collect();
        self.take_list(name)?.map(ids).transpose()
    }

    /// Refuses what is left.
    pub(super) fn end(&self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "QUERY_PARAM_NOT_ALLOWED",
                format!("Parameter '{name}' is not present in schema"),
            )),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own == name)
    }
}

/// A list of texts.
pub(super) fn texts(name: &str, value: Value) -> Result<Vec<String>, Refusal> {
    let no_list = || Refusal::param(format!("Parameter '{name}' is no list of texts; a list is written List(a,b)"));
    let Value::List(values) = value else { return Err(no_list()) };
    let text = |value| if let Value::Text(text) = value { Ok(text) } else { Err(no_list()) };
    values.into_iter().map(text).collect()
}

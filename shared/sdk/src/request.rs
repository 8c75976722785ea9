//! A request to the upstream without its credential, and the answer.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_core::{AccountId, Class, Fault};

use crate::ToolError;

/// Whether a request changes something at the upstream. A write is never sent twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Safe to send again.
    Read,
    /// Changes something: sent once, and read back when no answer came.
    Write,
}

/// A request to the upstream. The credential is added behind [`crate::Egress`].
#[derive(Clone, Debug)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path below the manifest's base URL, beginning with `/`. Only unreserved characters, `/` and `:` may stand in it.
    pub path: String,
    /// Query pairs, encoded when sent.
    pub query: Vec<(&'static str, String)>,
    /// Query text that is sent byte for byte, before the pairs: for an encoding that is not that of forms. Characters of a
    /// URL's query without the apostrophe.
    pub raw_query: String,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// JSON body.
    pub json: Option<Bytes>,
    /// What the JSON body is called where it is not `application/json`.
    pub content_type: Option<&'static str>,
    /// Form-encoded body in place of a JSON one, sent byte for byte.
    pub form: Option<Bytes>,
    /// The account it is for: its own limits and holds.
    pub account: Option<AccountId>,
    /// The region of a request that is for no account; one that is for an account goes to the account's.
    pub region: Option<&'static str>,
    /// What the vendor counts on its own, such as an endpoint: a hold that this request meets stops no more than this.
    pub counted_as: Option<&'static str>,
    /// What the vendor takes for it from the app's quota (`Manifest::app_quota`).
    pub operations: u32,
    /// Whether it changes something.
    pub effect: Effect,
}

impl Request {
    /// A `GET` that reads.
    pub fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: vec![],
            raw_query: String::new(),
            headers: vec![],
            json: None,
            content_type: None,
            form: None,
            account: None,
            region: None,
            counted_as: None,
            operations: 1,
            effect: Effect::Read,
        }
    }

    /// A `POST` with a JSON body; say with `effect` whether it changes something.
    pub fn post(path: impl Into<String>, body: &impl Serialize, effect: Effect) -> Result<Self, ToolError> {
        let json = serde_json::to_vec(body).map_err(|error| ToolError::Bug(format!("request body: {error}")))?;
        Ok(Self { method: Method::POST, json: Some(json.into()), effect, ..Self::get(path) })
    }

    /// A `PUT` with a JSON body, which changes something.
    pub fn put(path: impl Into<String>, body: &impl Serialize) -> Result<Self, ToolError> {
        Ok(Self { method: Method::PUT, ..Self::post(path, body, Effect::Write)? })
    }

    /// A `PATCH` with a JSON body, which changes something.
    pub fn patch(path: impl Into<String>, body: &impl Serialize) -> Result<Self, ToolError> {
        Ok(Self { method: Method::PATCH, ..Self::post(path, body, Effect::Write)? })
    }

    /// A `POST` whose body is already form-encoded.
    pub fn post_form(path: impl Into<String>, form: impl Into<Bytes>, effect: Effect) -> Self {
        Self { method: Method::POST, form: Some(form.into()), effect, ..Self::get(path) }
    }

    /// Sets the query text, already encoded.
    #[must_use]
    pub fn raw_query(mut self, query: impl Into<String>) -> Self {
        self.raw_query = query.into();
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Names the types of the JSON body and of the answer, where the vendor has some of its own.
    #[must_use]
    pub fn media_types(mut self, body: &'static str, answer: &'static str) -> Self {
        self.content_type = Some(body);
        self.header("accept", answer)
    }

    /// Names the region, for a request that is for no account.
    #[must_use]
    pub fn region(mut self, name: &'static str) -> Self {
        self.region = Some(name);
        self
    }

    /// Names what the vendor counts on its own.
    #[must_use]
    pub fn counted_as(mut self, name: &'static str) -> Self {
        self.counted_as = Some(name);
        self
    }

    /// Says what the vendor takes for it from the app's quota, where that is not one.
    #[must_use]
    pub fn operations(mut self, operations: usize) -> Self {
        self.operations = u32::try_from(operations).unwrap_or(u32::MAX);
        self
    }

    /// Names the account that the request is for.
    #[must_use]
    pub fn account(mut self, account: &AccountId) -> Self {
        self.account = Some(account.clone());
        self
    }
}

/// A link at which the upstream has left a file. Whoever has it has the file, so that it is shown nowhere.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Link(String);

impl Link {
    /// The link itself, for whoever fetches the file.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[link]")
    }
}

/// The upstream's answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, whole.
    pub body: Bytes,
}

impl Response {
    /// The body as JSON; a body that is none is the upstream's failure.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Fault> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Fault::new(Class::Upstream, "the upstream's answer is not the JSON that its API promises"))
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

//! From a tool to the sandbox and back.

use std::{
    io::Read as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderName, HeaderValue, Method, header};
use tower::ServiceExt as _;
use turnpike_core::{AccountId, Class, Clock as _, Fault, ManualClock, Timestamp};
use turnpike_sdk::{Account, BoxFuture, Classify, Egress, Hold, Holds, LINK_REFUSED, Link, Request, Response};

/// A request as it will be sent, before it is signed.
pub struct Outgoing {
    /// What follows the question mark, encoded.
    pub query: String,
    /// The account it is for.
    pub account: Option<AccountId>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Outgoing {
    /// Adds a header.
    pub fn header(&mut self, name: &str, value: &str) {
        self.headers.push((name.parse().expect("a header's name"), value.parse().expect("a header's value")));
    }

    /// Adds a parameter to the query.
    pub fn parameter(&mut self, name: &str, value: &str) {
        if !self.query.is_empty() {
            self.query.push('&');
        }
        self.query.extend([name, "=", &percent_encoded(value)]);
    }
}

/// Puts on what the auth shape asks for. The token is the access token of an OAuth shape; of the others it is empty.
pub type Sign = fn(&mut Outgoing, token: &str);

/// Sends to the sandbox, and classifies.
pub(crate) struct Out {
    pub(crate) router: Router,
    pub(crate) sign: Sign,
    pub(crate) token: String,
    pub(crate) classify: Classify,
    pub(crate) holds: Holds,
    pub(crate) held: Arc<Mutex<Vec<Hold>>>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) deadline: Timestamp,
    pub(crate) accounts: Vec<Account>,
    pub(crate) warnings: Arc<Mutex<Vec<String>>>,
}

impl Out {
    async fn exchange(&self, request: Request) -> Response {
        let account = self.accounts.iter().find(|account| Some(&account.id) == request.account.as_ref());
        let region = account.and_then(|account| account.region.as_deref()).or(request.region);
        let region = region.map(|name| format!("/{name}")).unwrap_or_default();
        let mut outgoing = Outgoing { query: request.raw_query, account: request.account, headers: vec![] };
        outgoing.header(header::HOST.as_str(), "sandbox");
        for (name, value) in &request.query {
            outgoing.parameter(name, value);
        }
        for (name, value) in &request.headers {
            outgoing.header(name, value);
        }
        let (content_type, body) = match (request.form, request.json) {
            (Some(form), _) => (Some("application/x-www-form-urlencoded"), form),
            (None, Some(json)) => (Some(request.content_type.unwrap_or("application/json")), json),
            (None, None) => (None, Bytes::new()),
        };
        if let Some(content_type) = content_type {
            outgoing.header(header::CONTENT_TYPE.as_str(), content_type);
        }
        if content_type.is_some() || request.method != Method::GET {
            outgoing.header(header::CONTENT_LENGTH.as_str(), &body.len().to_string());
        }
        (self.sign)(&mut outgoing, &self.token);
        let question = if outgoing.query.is_empty() { "" } else { "?" };
        let uri = format!("{region}{}{question}{}", request.path, outgoing.query);
        let mut builder = http::Request::builder().method(request.method).uri(uri);
        for (name, value) in outgoing.headers {
            builder = builder.header(name, value);
        }
        self.sent(builder.body(Body::from(body)).expect("a request")).await
    }

    async fn sent(&self, request: http::Request<Body>) -> Response {
        let sent = self.router.clone().oneshot(request).await;
        let (parts, body) = sent.expect("infallible").into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
        Response { status: parts.status, headers: parts.headers, body }
    }
}

impl Egress for Out {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        Box::pin(async move {
            let response = self.exchange(request).await;
            match (self.classify)(&response, self.clock.now()) {
                Some(fault) => Err(fault),
                None => {
                    let holds = (self.holds)(&response, self.clock.now());
                    self.held.lock().unwrap_or_else(PoisonError::into_inner).extend(holds);
                    Ok(response)
                }
            }
        })
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        Box::pin(async move {
            let file = self.sent(http::Request::get(link.expose()).body(Body::empty()).expect("a link")).await;
            if !file.status.is_success() {
                return Err(Fault { code: Some(LINK_REFUSED.into()), ..Fault::new(Class::BadRequest, "refused") });
            }
            let mut plain = vec![];
            GzDecoder::new(&file.body[..]).read_to_end(&mut plain).expect("a packed file");
            Ok(plain.into())
        })
    }

    fn warn(&self, words: &str) {
        self.warnings.lock().expect("unpoisoned").push(words.to_owned());
    }

    fn time_left(&self) -> Duration {
        self.deadline.since(self.clock.now())
    }

    fn pause(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.clock.advance(pause);
        assert!(self.time_left() > Duration::ZERO, "waited past the deadline");
        Box::pin(std::future::ready(()))
    }
}

/// Every byte as the URL of a request may hold it.
pub fn percent_encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

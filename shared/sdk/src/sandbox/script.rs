//! Scripted faults and the record of what arrived.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, Uri, header::CONTENT_TYPE},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde::Deserialize;

/// How many requests are remembered.
const REMEMBERED: usize = 10_000;

/// What the sandbox does instead of answering.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Behaviour {
    /// Says that the access token has expired.
    ExpiredToken,
    /// Says that the grant was taken back.
    Revoked,
    /// Says that the caller may not.
    Permission,
    /// Says that the day's allowance is used up.
    QuotaDaily {
        /// Until it frees.
        seconds: u64,
    },
    /// Says that requests come too fast.
    Storm {
        /// Until the next may come.
        seconds: u64,
    },
    /// Says that the API version has ended.
    VersionDead,
    /// Answers rightly, but late.
    Slow {
        /// How late.
        millis: u64,
    },
    /// Does nothing, and answers 503, but late.
    SlowFailure {
        /// How late.
        millis: u64,
    },
    /// Acts on the request, then breaks the connection in the middle of the answer.
    Reset,
    /// Acts on the request, then answers 503.
    ActThenFail,
    /// Answers 500 with a web page.
    Html500,
    /// Answers 200 with what is no JSON.
    Garbage,
    /// Answers with this status and no body.
    Status {
        /// The status.
        code: u16,
    },
}

/// A request that arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Headers, as sent.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

#[derive(Default)]
struct Inner {
    api: VecDeque<Behaviour>,
    tokens: VecDeque<Behaviour>,
    recorded: VecDeque<Recorded>,
    received: u64,
}

/// What goes wrong next, and what was received. Clones share their state.
#[derive(Clone, Default)]
pub struct Script {
    inner: Arc<Mutex<Inner>>,
    on_tokens: bool,
}

impl Script {
    /// The next `times` requests meet this behaviour.
    pub fn next(&self, times: usize, behaviour: Behaviour) {
        self.queue(|queue| queue.extend(std::iter::repeat_n(behaviour, times)));
    }

    /// Forgets what was scripted.
    pub fn clear(&self) {
        self.queue(VecDeque::clear);
    }

    /// The same script, for the token endpoint.
    #[must_use]
    pub fn on_tokens(&self) -> Self {
        Self { on_tokens: true, ..self.clone() }
    }

    /// How many requests arrived in all, at API and token endpoint.
    pub fn received(&self) -> u64 {
        self.lock().received
    }

    /// The last requests that arrived, oldest first.
    pub fn recorded(&self) -> Vec<Recorded> {
        self.lock().recorded.iter().cloned().collect()
    }

    fn queue<T>(&self, act: impl FnOnce(&mut VecDeque<Behaviour>) -> T) -> T {
        let mut inner = self.lock();
        act(if self.on_tokens { &mut inner.tokens } else { &mut inner.api })
    }

    fn record(&self, request: Recorded) {
        let mut inner = self.lock();
        inner.received += 1;
        if inner.recorded.len() == REMEMBERED {
            inner.recorded.pop_front();
        }
        inner.recorded.push_back(request);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct Layer {
    script: Script,
    fault: fn(Behaviour) -> Response,
}

/// Records each request that reaches `router` and plays the script before it.
pub(super) fn layer(router: Router, script: Script, fault: fn(Behaviour) -> Response) -> Router {
    router.layer(from_fn_with_state(Layer { script, fault }, play))
}

async fn play(State(layer): State<Layer>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 16 << 20).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    layer.script.record(Recorded {
        method: parts.method.clone(),
        uri: parts.uri.clone(),
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    let answer = || next.run(Request::from_parts(parts, Body::from(body)));
    match layer.script.queue(VecDeque::pop_front) {
        None => answer().await,
        Some(Behaviour::Slow { millis }) => {
            let response = answer().await;
            tokio::time::sleep(Duration::from_millis(millis)).await;
            response
        }
        Some(Behaviour::Reset) => {
            let whole = to_bytes(answer().await.into_body(), usize::MAX).await.unwrap_or_default();
            broken_off(whole.slice(..whole.len() / 2))
        }
        Some(Behaviour::SlowFailure { millis }) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(Behaviour::ActThenFail) => {
            answer().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(Behaviour::Html500) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(CONTENT_TYPE, "text/html")],
            "<html><body><h1>Error</h1></body></html>",
        )
            .into_response(),
        Some(Behaviour::Garbage) => ([(CONTENT_TYPE, "application/json")], "{\"results\":[{\"campa").into_response(),
        Some(Behaviour::Status { code }) => {
            StatusCode::from_u16(code).unwrap_or(StatusCode::BAD_GATEWAY).into_response()
        }
        Some(vendor) => (layer.fault)(vendor),
    }
}

/// An answer whose body ends in an error, so that the server closes the connection early.
fn broken_off(part: Bytes) -> Response {
    let parts = [Ok(part), Err(std::io::Error::other("scripted reset"))];
    Body::from_stream(futures_util::stream::iter(parts)).into_response()
}

//! A way out that answers from a recording.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use turnpike_core::{Class, Fault, Timestamp};
use turnpike_sdk::{BoxFuture, Classify, Egress, Link, Request, Response};

use crate::{
    call::PATIENCE,
    fixture::{Content, Exchange, Told, asked, fetched},
    replay::Difference,
};

/// Picks the exchange that answers a request, among those that are left.
pub(crate) type Pick = Box<dyn Fn(&VecDeque<Exchange>, &Value) -> Option<usize> + Send + Sync>;

/// A way out that answers from a recording, and remembers the first thing that did not fit.
pub(crate) struct Player {
    pick: Pick,
    classify: Classify,
    now: Timestamp,
    state: Mutex<State>,
}

struct State {
    left: VecDeque<Exchange>,
    played: Vec<Exchange>,
    difference: Option<Difference>,
}

impl Player {
    pub(crate) fn new(exchanges: Vec<Exchange>, classify: Classify, now: Timestamp, pick: Pick) -> Self {
        let state = State { left: exchanges.into(), played: vec![], difference: None };
        Self { pick, classify, now, state: Mutex::new(state) }
    }

    /// The exchanges in the order in which they were asked for, if each was and nothing else.
    pub(crate) fn finish(&self) -> Result<Vec<Exchange>, Difference> {
        let mut state = self.state();
        match (state.difference.take(), state.left.front()) {
            (Some(difference), _) => Err(difference),
            (None, Some(next)) => Err(Difference::LeftOver { request: next.request.clone() }),
            (None, None) => Ok(std::mem::take(&mut state.played)),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: Value) -> Result<(StatusCode, HeaderMap, Content), Fault> {
        let mut state = self.state();
        let found = (self.pick)(&state.left, &request).and_then(|at| state.left.remove(at));
        let Some(exchange) = found else {
            let number = state.played.len() + 1;
            let recorded = state.left.front().map(|next| next.request.clone());
            state.difference.get_or_insert(Difference::Request { number, recorded, asked: request });
            return Err(off_the_record());
        };
        let told = exchange.told;
        state.played.push(Exchange { request, told: told.clone() });
        match told {
            Told::Response { status, headers, content } => {
                let header = |(name, value): (String, String)| {
                    Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?))
                };
                let headers = headers.into_iter().filter_map(header).collect();
                Ok((StatusCode::from_u16(status).unwrap_or_default(), headers, content))
            }
            Told::File(content) => Ok((StatusCode::OK, HeaderMap::new(), content)),
            Told::Fault { class, code } => Err(Fault { code, ..Fault::new(class, "as the vendor said") }),
        }
    }

    /// The classifier must find good what it once found good.
    fn check(&self, response: Response) -> Result<Response, Fault> {
        let Some(fault) = (self.classify)(&response, self.now) else { return Ok(response) };
        let mut state = self.state();
        let number = state.played.len();
        state.difference.get_or_insert(Difference::Misread { number, class: fault.class });
        Err(fault)
    }
}

impl Egress for Player {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        let answered = self
            .answer(asked(&request))
            .and_then(|(status, headers, content)| self.check(Response { status, headers, body: content.bytes() }));
        Box::pin(std::future::ready(answered))
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        let file = self.answer(fetched(link)).map(|(_, _, content)| content.bytes());
        Box::pin(std::future::ready(file))
    }

    fn warn(&self, _: &str) {}

    fn time_left(&self) -> Duration {
        PATIENCE
    }
}

/// Ends a call: nothing goes on after it.
fn off_the_record() -> Fault {
    Fault::new(Class::BadRequest, "the recording has no answer to this request")
}

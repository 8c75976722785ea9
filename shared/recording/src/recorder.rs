//! Keeps what passes between a tool and its way out.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use serde_json::Value;
use turnpike_core::Fault;
use turnpike_sdk::{BoxFuture, Egress, Link, Request, Response};

use crate::fixture::{Content, Exchange, Told, asked, fetched};

/// The headers that are kept. All others are the vendor's business with us, or ours.
const HEADERS: [&str; 2] = ["content-type", "retry-after"];

/// A way out that remembers. Credentials are put on behind the one that it stands before.
pub(crate) struct Recorder {
    out: Arc<dyn Egress>,
    kept: Mutex<Vec<(Value, Option<Told>)>>,
}

impl Recorder {
    pub(crate) fn before(out: Arc<dyn Egress>) -> Self {
        Self { out, kept: Mutex::default() }
    }

    /// What was answered, in the order in which it was asked.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone();
        kept.into_iter().filter_map(|(request, told)| Some(Exchange { request, told: told? })).collect()
    }

    fn ask(&self, request: Value) -> usize {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((request, None));
        kept.len() - 1
    }

    fn tell(&self, at: usize, told: Told) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)[at].1 = Some(told);
    }
}

impl Egress for Recorder {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        let at = self.ask(asked(&request));
        Box::pin(async move {
            let answered = self.out.send(request).await;
            self.tell(at, answered.as_ref().map_or_else(failed, answer));
            answered
        })
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        let at = self.ask(fetched(link));
        Box::pin(async move {
            let file = self.out.download(link).await;
            self.tell(at, file.as_ref().map_or_else(failed, |content| Told::File(Content::read(content))));
            file
        })
    }

    fn warn(&self, words: &str) {
        self.out.warn(words);
    }

    fn time_left(&self) -> Duration {
        self.out.time_left()
    }

    fn pause(&self, pause: Duration) -> BoxFuture<'_, ()> {
        self.out.pause(pause)
    }
}

fn answer(response: &Response) -> Told {
    let kept = HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), response.header(name)?.to_owned())));
    let headers: BTreeMap<_, _> = kept.collect();
    Told::Response { status: response.status.as_u16(), headers, content: Content::read(&response.body) }
}

/// A code is a word of the vendor's documentation; what is more than that may name something of the client.
fn failed(fault: &Fault) -> Told {
    let is_word =
        |code: &&String| code.len() <= 60 && code.bytes().all(|b| b.is_ascii_alphabetic() || b"_.".contains(&b));
    Told::Fault { class: fault.class, code: fault.code.as_ref().filter(is_word).cloned() }
}

//! What stands before a sandbox: it takes as long as a vendor does, storms, and counts what arrives.

use std::{
    net::TcpListener,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use reqwest::Client;
use turnpike_sdk::{Behaviour, Script};

/// How long the vendor takes to answer.
const LATENCY: Duration = Duration::from_millis(25);

/// A storm: who is refused, how, and for how long.
#[derive(Clone)]
pub struct Storm {
    /// What a request that is refused has in it; nothing, if all are.
    pub about: String,
    /// How it is refused.
    pub behaviour: Behaviour,
    /// How long after its first refusal.
    pub lasts: Duration,
}

/// A request of those that the storm is about.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// When it arrived.
    pub at: Instant,
    /// When its answer left, and whether that was a refusal.
    pub answered: Option<(Instant, bool)>,
}

#[derive(Default)]
struct Inner {
    storm: Option<Storm>,
    first_refusal: Option<Instant>,
    arrivals: Vec<Arrival>,
}

/// The vendor as the product sees it.
#[derive(Clone)]
pub struct Front {
    root: String,
    client: Client,
    script: Arc<Mutex<Option<Script>>>,
    inner: Arc<Mutex<Inner>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Front {
    /// Puts one before `root`; the front, and where it is.
    pub fn before(root: &str) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let front = Self {
            root: root.into(),
            client: Client::builder().no_proxy().build().unwrap(),
            script: Arc::default(),
            inner: Arc::default(),
            turn: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(front.clone());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        (front, url)
    }

    /// From now on it storms.
    pub fn begin(&self, script: &Script, storm: Storm) {
        *self.script.lock().unwrap() = Some(script.clone());
        *self.lock() = Inner { storm: Some(storm), ..Inner::default() };
    }

    /// What has arrived since the storm began, of what it is about.
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.lock().arrivals.clone()
    }

    /// When the first answer of the storm left.
    pub fn first_refusal(&self) -> Option<Instant> {
        self.lock().first_refusal
    }

    /// How a request that has arrived is to be refused, if it is, and its number among those of the storm.
    fn refusal(&self, words: &str) -> (Option<Behaviour>, Option<usize>) {
        let mut inner = self.lock();
        let Some(storm) = inner.storm.clone().filter(|storm| words.contains(&storm.about)) else { return (None, None) };
        inner.arrivals.push(Arrival { at: Instant::now(), answered: None });
        let over = inner.first_refusal.is_some_and(|first| first.elapsed() >= storm.lasts);
        ((!over).then_some(storm.behaviour), Some(inner.arrivals.len() - 1))
    }

    fn answered(&self, number: Option<usize>, refused: bool) {
        let mut inner = self.lock();
        let now = Instant::now();
        if refused {
            inner.first_refusal.get_or_insert(now);
        }
        // A storm that began since has a list of its own.
        if let Some(arrival) = number.and_then(|number| inner.arrivals.get_mut(number)) {
            arrival.answered = Some((now, refused));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

async fn answer(State(front): State<Front>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 16 << 20).await.unwrap();
    let words = format!("{} {:?} {}", parts.uri, parts.headers, String::from_utf8_lossy(&body));
    let (refusal, number) = front.refusal(&words);
    tokio::time::sleep(LATENCY).await;

    let url = format!("{}{}", front.root, parts.uri.path_and_query().unwrap());
    let mut headers = parts.headers;
    headers.remove("host");
    let request = front.client.request(parts.method, url).headers(headers).body(body);
    let turn = front.turn.lock().await;
    if let Some(behaviour) = refusal {
        front.script.lock().unwrap().as_ref().unwrap().next(1, behaviour);
    }
    let answer = request.send().await.unwrap();
    drop(turn);
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" && name != "content-length" {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.unwrap();
    front.answered(number, refusal.is_some());
    response.body(Body::from(body)).unwrap()
}

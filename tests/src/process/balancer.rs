//! A small load balancer, as stands in front of several servers: it asks each whether it is ready, gives requests to those that
//! are, in turn, and tries nothing twice.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, time::sleep};

/// How often each server is asked.
const ASK_EVERY: Duration = Duration::from_millis(100);
/// How long it may take to answer that it is ready.
const PATIENCE: Duration = Duration::from_secs(1);

/// The balancer. It ends with the test.
#[derive(Clone)]
pub struct Balancer {
    /// Scheme, host and port.
    pub url: String,
    state: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    http: reqwest::Client,
    /// Where the servers are, and whether each said that it is ready.
    servers: Mutex<Vec<(String, bool)>>,
    turn: AtomicUsize,
    /// Requests that no server was ready for, or that one broke off.
    failed: AtomicUsize,
}

impl Balancer {
    /// Starts it with no servers.
    pub async fn start() -> Self {
        // A connection that was closed under a request is the fault that is looked for: it is not hidden by another try.
        let http = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
        let state = Arc::new(Shared { http, ..Shared::default() });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let asked = state.clone();
        tokio::spawn(async move {
            loop {
                asked.ask().await;
                sleep(ASK_EVERY).await;
            }
        });
        Self { url, state }
    }

    /// The servers from now on.
    pub fn set(&self, urls: &[&str]) {
        let mut servers = self.state.servers();
        let known = std::mem::take(&mut *servers);
        let was = |url: &str| known.iter().any(|(known, ready)| known == url && *ready);
        *servers = urls.iter().map(|url| ((*url).to_owned(), was(url))).collect();
    }

    /// How many of the servers are ready.
    pub fn ready(&self) -> usize {
        self.state.servers().iter().filter(|(_, ready)| *ready).count()
    }

    /// Requests that no server was ready for, or that one broke off.
    pub fn failed(&self) -> usize {
        self.state.failed.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn servers(&self) -> std::sync::MutexGuard<'_, Vec<(String, bool)>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self) {
        let urls: Vec<_> = self.servers().iter().map(|(url, _)| url.clone()).collect();
        for url in urls {
            let answer = self.http.get(format!("{url}/ready")).timeout(PATIENCE).send().await;
            let ready = answer.is_ok_and(|answer| answer.status().is_success());
            if let Some(server) = self.servers().iter_mut().find(|(known, _)| *known == url) {
                server.1 = ready;
            }
        }
    }

    fn next(&self) -> Option<String> {
        let servers = self.servers();
        let ready: Vec<_> = servers.iter().filter(|(_, ready)| *ready).collect();
        let turn = self.turn.fetch_add(1, Ordering::SeqCst);
        ready.get(turn.checked_rem(ready.len())?).map(|(url, _)| url.clone())
    }
}

async fn forward(State(state): State<Arc<Shared>>, request: Request) -> Response {
    match pass_on(&state, request).await {
        Ok(response) => response,
        Err(reason) => {
            state.failed.fetch_add(1, Ordering::SeqCst);
            eprintln!("the balancer has no answer: {reason}");
            (StatusCode::BAD_GATEWAY, reason).into_response()
        }
    }
}

async fn pass_on(state: &Shared, request: Request) -> Result<Response, String> {
    let server = state.next().ok_or("no server is ready")?;
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.map_err(|error| error.to_string())?;
    // Whether a connection is kept is between two neighbours, and so is how a body is cut.
    for name in [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING] {
        parts.headers.remove(name);
    }
    let url = format!("{server}{}", parts.uri.path_and_query().map_or("/", |path| path.as_str()));
    let sent = state.http.request(parts.method, url).headers(parts.headers).body(body).send().await;
    let answer = sent.map_err(|error| format!("{server}: {error:?}"))?;
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if ![header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING].contains(name) {
            response = response.header(name, value);
        }
    }
    let body = answer.bytes().await.map_err(|error| format!("{server}: {error:?}"))?;
    response.body(Body::from(body)).map_err(|error| error.to_string())
}

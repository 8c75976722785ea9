//! A proxy before the deployment that changes what goes through: its address is the deployment's public one.

use std::sync::{Arc, Mutex, OnceLock};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use reqwest::Client;
use tokio::net::TcpListener;

/// What it does to requests and answers of a path.
#[derive(Clone, Copy)]
pub struct Change {
    pub request: fn(&str, &mut HeaderMap),
    pub answer: fn(&str, &mut HeaderMap, String) -> (Option<StatusCode>, String),
}

impl Change {
    /// Nothing.
    pub const NONE: Self = Self { request: |_, _| {}, answer: |_, _, body| (None, body) };
}

/// A running proxy.
#[derive(Clone)]
pub struct Proxy {
    /// Its address.
    pub url: String,
    /// Paths and bodies of the answers.
    pub answered: Arc<Mutex<Vec<(String, String)>>>,
    target: Arc<OnceLock<String>>,
    change: Change,
    client: Client,
}

impl Proxy {
    pub async fn start(change: Change) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let proxy = Self { url, answered: Arc::default(), target: Arc::default(), change, client };
        let router = Router::new().fallback(forward).with_state(proxy.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        proxy
    }

    /// From now on it stands before this address.
    pub fn lead_to(&self, url: &str) {
        self.target.set(url.to_owned()).unwrap();
    }
}

async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    (proxy.change.request)(&path, &mut parts.headers);
    let url = format!("{}{}", proxy.target.get().unwrap(), parts.uri);
    let sent = proxy.client.request(parts.method, url).headers(parts.headers).body(read(body).await);
    let answer = sent.send().await.unwrap();
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    let body = answer.text().await.unwrap();
    proxy.answered.lock().unwrap().push((path.clone(), body.clone()));
    headers.remove(header::CONTENT_LENGTH);
    let (changed, body) = (proxy.change.answer)(&path, &mut headers, body);
    (changed.unwrap_or(status), headers, body).into_response()
}

async fn read(body: Body) -> Bytes {
    to_bytes(body, 1 << 20).await.unwrap()
}

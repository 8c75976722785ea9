//! A Google Ads that believes the rotating authorization server and nobody else.

use std::sync::Arc;

use axum::{
    Router,
    body::{self, Body},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header::AUTHORIZATION},
    response::Response,
};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use turnpike_core::Ambient;

use super::RotatingServer;

/// The sandbox of Google Ads behind a door: an access token that the authorization server does not know at this moment is
/// answered as Google answers one that has ended.
pub struct StrictUpstream {
    /// As `base_url` in the settings.
    pub url: String,
}

#[derive(Clone)]
struct Door {
    tokens: Arc<RotatingServer>,
    sandbox: Router,
    /// A token of the sandbox's own, for those who are let in.
    pass: HeaderValue,
}

impl StrictUpstream {
    /// Starts it.
    pub async fn start(tokens: Arc<RotatingServer>) -> Self {
        let sandbox = (turnpike_google_ads::integration().sandbox)(Ambient::system()).into_router();
        let pass = pass(&sandbox).await;
        let router = Router::new().fallback(enter).with_state(Door { tokens, sandbox, pass });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

async fn enter(State(door): State<Door>, mut request: Request) -> Response {
    let good = match bearer(request.headers()) {
        Some(token) => door.tokens.knows(token).await,
        None => false,
    };
    let pass = if good { door.pass } else { HeaderValue::from_static("Bearer of-nobody") };
    request.headers_mut().insert(AUTHORIZATION, pass);
    door.sandbox.oneshot(request).await.unwrap()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

async fn pass(sandbox: &Router) -> HeaderValue {
    let form = "grant_type=refresh_token&client_id=sandbox-client.apps.example&client_secret=sandbox-secret\
                &refresh_token=1%2F%2Fsandbox-refresh";
    let request = Request::post("/token").header("content-type", "application/x-www-form-urlencoded");
    let answer = sandbox.clone().oneshot(request.body(Body::from(form)).unwrap()).await.unwrap();
    let body = body::to_bytes(answer.into_body(), 10_000).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    format!("Bearer {}", answer["access_token"].as_str().unwrap()).parse().unwrap()
}

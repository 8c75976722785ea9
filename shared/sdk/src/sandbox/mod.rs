//! The simulated upstream of an integration: strict, scripted, deterministic. Demo, tests and chaos use the same one.

mod script;
mod token;

pub use script::{Behaviour, Recorded, Script};
pub use token::{Grant, TokenEndpoint};

use axum::{
    Json, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A simulated upstream, ready to be served on a loopback port.
pub struct Sandbox {
    /// Its API, without the token endpoint.
    pub api: Router,
    /// Its authorization server, for the OAuth shapes; served at the path of the manifest's token URL.
    pub tokens: Option<TokenEndpoint>,
    /// Path of the token endpoint, such as `/token`; part of `api` where `tokens` is none. Empty when there is none.
    pub token_path: &'static str,
    /// What goes wrong next, and what was received.
    pub script: Script,
    /// How the vendor words a scripted fault.
    pub fault: fn(Behaviour) -> Response,
    /// Connect-form values that this sandbox accepts.
    pub credential: Vec<(&'static str, String)>,
}

impl Sandbox {
    /// The whole sandbox as one router: API, token endpoint, and its controls below `/_sandbox`.
    pub fn into_router(self) -> Router {
        let api = script::layer(self.api, self.script.clone(), self.fault);
        let tokens = self.tokens.clone();
        let mut router = Router::new().merge(api).merge(controls(self.script.clone(), tokens));
        if let Some(tokens) = self.tokens {
            router = router.merge(script::layer(tokens.router(self.token_path), self.script.on_tokens(), self.fault));
        }
        router
    }
}

/// What `POST /_sandbox/script` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    behaviour: Behaviour,
    #[serde(default = "once")]
    times: usize,
    #[serde(default)]
    on_tokens: bool,
}

fn once() -> usize {
    1
}

fn controls(script: Script, tokens: Option<TokenEndpoint>) -> Router {
    let of_tokens = script.on_tokens();
    Router::new()
        .route(
            "/_sandbox/script",
            post(move |Json(order): Json<Order>| async move {
                if order.on_tokens {
                    of_tokens.next(order.times, order.behaviour)
                } else {
                    script.next(order.times, order.behaviour)
                }
                Json(json!({ "scripted": order.times }))
            }),
        )
        .route("/_sandbox/tokens/expire", post(expire))
        .route("/_sandbox/tokens/revoke", post(revoke))
        .route("/_sandbox/tokens", get(count))
        .with_state(tokens)
}

async fn expire(State(tokens): State<Option<TokenEndpoint>>) -> Json<Value> {
    if let Some(tokens) = &tokens {
        tokens.expire_all();
    }
    Json(json!({ "expired": tokens.is_some() }))
}

async fn revoke(State(tokens): State<Option<TokenEndpoint>>) -> Json<Value> {
    if let Some(tokens) = &tokens {
        tokens.revoke();
    }
    Json(json!({ "revoked": tokens.is_some() }))
}

async fn count(State(tokens): State<Option<TokenEndpoint>>) -> Json<Value> {
    Json(json!({ "refreshes": tokens.map_or(0, |tokens| tokens.refreshes()) }))
}

//! The simulated upstream of an integration: strict, scripted, deterministic. Demo, tests and chaos use the same one.

mod asked;
mod consent;
mod generate;
mod grants;
mod minted;
mod page;
mod script;
mod token;

use std::sync::Arc;

pub use grants::TokenStanding;
pub use minted::{mint, read_minted};
pub use script::{Behaviour, Recorded, Script};
pub use token::{Choice, Grant, TokenEndpoint};

use axum::{
    Json, Router,
    extract::State,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Manifest, TokenStyle};

/// Makes connect-form values that the sandbox accepts.
pub type FreshCredential = Arc<dyn Fn() -> Vec<(&'static str, String)> + Send + Sync>;

/// A simulated upstream, ready to be served on a loopback port.
pub struct Sandbox {
    /// Whose upstream it is.
    pub manifest: &'static Manifest,
    /// Its API, without the token endpoint.
    pub api: Router,
    /// Its authorization server, for the OAuth shapes; served at the path of the manifest's token URL.
    pub tokens: Option<TokenEndpoint>,
    /// Path of the token endpoint, such as `/token`; part of `api` where `tokens` is none. Empty when there is none.
    pub token_path: &'static str,
    /// Path of the place where `tokens` takes a grant back. Empty when the vendor has none.
    pub revoke_path: &'static str,
    /// What goes wrong next, and what was received.
    pub script: Script,
    /// How the vendor words a scripted fault.
    pub fault: fn(Behaviour) -> Response,
    /// Connect-form values that this sandbox accepts.
    pub credential: Vec<(&'static str, String)>,
    /// Makes another such credential, where people get theirs from a page of the vendor and copy it.
    pub fresh: Option<FreshCredential>,
}

impl Sandbox {
    /// What the simulated vendor shows to a browser: the page on which a person consents, `/authorize`, or makes a
    /// credential to copy, `/credential`. Whatever the pages give, the API takes.
    pub fn pages(&self) -> Router {
        match (&self.tokens, &self.fresh) {
            (Some(tokens), _) => consent::router(tokens.clone(), self.manifest),
            (None, Some(fresh)) => generate::router(fresh.clone(), self.manifest),
            (None, None) => Router::new(),
        }
    }

    /// The whole sandbox as one router: API, pages, authorization server, and its controls below `/_sandbox`.
    pub fn into_router(self) -> Router {
        let pages = self.pages();
        let api = script::layer(self.api, self.script.clone(), self.fault);
        let tokens = self.tokens.clone();
        let mut router = Router::new().merge(api).merge(pages).merge(controls(self.script.clone(), tokens));
        if let Some(tokens) = self.tokens {
            let style = self.manifest.auth.oauth().map_or(TokenStyle::USUAL, |oauth| oauth.token_style);
            let tokens = tokens.router(self.token_path, self.revoke_path, style);
            router = router.merge(script::layer(tokens, self.script.on_tokens(), self.fault));
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

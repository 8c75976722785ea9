//! The vendor, in the test's own process: it outlives every server that calls it, and remembers what it gave out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, extract::Request};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use turnpike_core::Ambient;
use turnpike_sdk::{Script, TokenEndpoint};

/// A Google Ads whose authorization server rotates refresh tokens, as RFC 9700 asks of it: a spent one ends the grant.
pub struct Vendor {
    url: String,
    grant: Arc<Mutex<Grant>>,
}

struct Grant {
    router: Router,
    script: Script,
    tokens: TokenEndpoint,
    credential: Value,
}

impl Vendor {
    /// Starts it with a first grant.
    pub async fn start() -> Self {
        let grant = Arc::new(Mutex::new(Grant::new()));
        let present = grant.clone();
        let router = Router::new().fallback(move |request: Request| {
            let router = lock(&present).router.clone();
            async move { router.oneshot(request).await }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, grant }
    }

    /// The section of the settings file that leads here.
    pub fn settings(&self) -> String {
        format!("[integrations.google-ads]\nbase_url = \"{0}\"\ntoken_url = \"{0}/token\"\n", self.url)
    }

    /// A person signs in again: the old grant, revoked or not, is forgotten, and everything given under it.
    pub fn grant_anew(&self) {
        *lock(&self.grant) = Grant::new();
    }

    /// What `turnpike connect` asks for.
    pub fn credential(&self) -> Value {
        lock(&self.grant).credential.clone()
    }

    /// The present grant's authorization server.
    pub fn tokens(&self) -> TokenEndpoint {
        lock(&self.grant).tokens.clone()
    }

    /// What goes wrong next, and what was received.
    pub fn script(&self) -> Script {
        lock(&self.grant).script.clone()
    }
}

impl Grant {
    fn new() -> Self {
        let sandbox = (turnpike_google_ads::integration().sandbox)(Ambient::system());
        let tokens = sandbox.tokens.clone().unwrap();
        tokens.rotate();
        let script = sandbox.script.clone();
        let credential = sandbox.credential.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { script, tokens, credential, router: sandbox.into_router() }
    }
}

fn lock(grant: &Mutex<Grant>) -> MutexGuard<'_, Grant> {
    grant.lock().unwrap_or_else(PoisonError::into_inner)
}

//! A vendor, in the test's own process: it outlives every server that calls it, and remembers what it gave out.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, extract::Request};
use serde_json::Value;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use turnpike_core::Ambient;
use turnpike_sdk::{Integration, Sandbox, Script, TokenEndpoint};

/// An integration's sandbox in the place of its vendor.
pub struct Vendor {
    /// The integration.
    pub name: &'static str,
    url: String,
    sandbox: fn(Ambient) -> Sandbox,
    grant: Arc<Mutex<Grant>>,
}

struct Grant {
    router: Router,
    script: Script,
    tokens: Option<TokenEndpoint>,
    token_path: &'static str,
    credential: Value,
}

impl Vendor {
    /// A Google Ads whose authorization server rotates refresh tokens, as RFC 9700 asks of it: a spent one ends the grant.
    pub async fn start() -> Self {
        let vendor = Self::of(&turnpike_google_ads::integration()).await;
        vendor.tokens().rotate();
        vendor
    }

    /// The vendor of this integration, with a first grant.
    pub async fn of(integration: &Integration) -> Self {
        let (name, sandbox) = (integration.manifest.name, integration.sandbox);
        let grant = Arc::new(Mutex::new(Grant::new(sandbox)));
        let present = grant.clone();
        let router = Router::new().fallback(move |request: Request| {
            let router = lock(&present).router.clone();
            async move { router.oneshot(request).await }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { name, url, sandbox, grant }
    }

    /// The section of the settings file that leads here.
    pub fn settings(&self) -> String {
        let (name, url, token_path) = (self.name, &self.url, self.token_path());
        format!("[integrations.{name}]\nbase_url = \"{url}\"\ntoken_url = \"{url}{token_path}\"\n")
    }

    /// A person signs in again: the old grant, revoked or not, is forgotten, and everything given under it.
    pub fn grant_anew(&self) {
        *lock(&self.grant) = Grant::new(self.sandbox);
        self.tokens().rotate();
    }

    /// What `turnpike connect` asks for.
    pub fn credential(&self) -> Value {
        lock(&self.grant).credential.clone()
    }

    /// The present grant's authorization server.
    pub fn tokens(&self) -> TokenEndpoint {
        self.find_tokens().expect("an OAuth shape")
    }

    /// The same, of the shapes that have one.
    pub fn find_tokens(&self) -> Option<TokenEndpoint> {
        lock(&self.grant).tokens.clone()
    }

    /// Path of its token endpoint.
    pub fn token_path(&self) -> &'static str {
        lock(&self.grant).token_path
    }

    /// What goes wrong next, and what was received.
    pub fn script(&self) -> Script {
        lock(&self.grant).script.clone()
    }
}

impl Grant {
    fn new(sandbox: fn(Ambient) -> Sandbox) -> Self {
        let sandbox = sandbox(Ambient::system());
        let (script, tokens, token_path) = (sandbox.script.clone(), sandbox.tokens.clone(), sandbox.token_path);
        let credential = sandbox.credential.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Self { script, tokens, token_path, credential, router: sandbox.into_router() }
    }
}

fn lock(grant: &Mutex<Grant>) -> MutexGuard<'_, Grant> {
    grant.lock().unwrap_or_else(PoisonError::into_inner)
}

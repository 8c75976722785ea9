//! The simulated Google Ads: strict about what a client sends, deterministic in what it answers.
//!
//! It holds one manager with three accounts, one account reached directly, one that was closed and one that belongs to
//! somebody else. Changes last until the process ends.

mod access;
mod answer;
mod catalogue;
mod condition;
mod days;
mod fault;
mod figures;
mod metadata;
mod mutate;
mod query;
mod refusal;
mod routes;
mod search;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Google {
    ambient: Ambient,
    tokens: TokenEndpoint,
    world: Arc<Mutex<World>>,
}

impl Google {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its one credential is fixed, so that a stored connection survives restarts.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let grant = Grant {
        client_id: "sandbox-client.apps.example".into(),
        client_secret: "sandbox-secret".into(),
        refresh_token: "1//sandbox-refresh".into(),
        scope: "https://www.googleapis.com/auth/adwords".into(),
        access_prefix: "ya29.",
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient.clone(), grant);
    let google = Google { ambient, tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(google),
        tokens: Some(tokens),
        token_path: "/token",
        revoke_path: "/revoke",
        script: Script::default(),
        fault: fault::answer,
        credential,
        fresh: None,
    }
}

/// The version that the simulated Google still serves.
const VERSION: &str = MANIFEST.version.version;

//! The simulated vendor: strict about what a client sends, deterministic in what it answers. Demo, tests and chaos use it.
//!
//! It holds two open accounts, one that was closed and one that is somebody else's. Changes last until the process ends.

mod admit;
mod refusal;
mod routes;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use turnpike_core::Ambient;
use turnpike_sdk::{Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The simulated vendor as its routes share it.
#[derive(Clone)]
struct Vendor {
    tokens: TokenEndpoint,
    world: Arc<Mutex<World>>,
}

impl Vendor {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated vendor. Its credential is fixed, so that a stored connection survives restarts.
// CHANGE: what the vendor's credentials look like, so that a person recognizes them in the form.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let grant = Grant {
        client_id: "sandbox-client".into(),
        client_secret: "sandbox-secret".into(),
        refresh_token: "AQY-sandbox-refresh".into(),
        scope: "r_items,rw_items".into(),
        access_prefix: "AQX",
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient, grant);
    tokens.set_life(60 * DAY);
    tokens.set_grant_life(365 * DAY);
    // A new token is not known everywhere at once. Short, so that nobody waits for long.
    tokens.set_settling(Duration::from_millis(100));
    let vendor = Vendor { tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(vendor),
        tokens: Some(tokens),
        token_path: "/oauth/v2/accessToken",
        revoke_path: "",
        script: Script::default(),
        fault: refusal::answer,
        credential,
        fresh: None,
    }
}

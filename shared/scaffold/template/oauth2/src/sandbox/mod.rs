//! The simulated vendor: strict about what a client sends, deterministic in what it answers. Demo, tests and chaos use it.
//!
//! It holds two open accounts, one that was closed and one that is somebody else's. Changes last until the process ends.

mod admit;
mod refusal;
mod routes;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

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
        refresh_token: "sandbox-refresh".into(),
        scope: "items.read items.write".into(),
        access_prefix: "sandbox-access",
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient, grant);
    // CHANGE: if the vendor gives a new refresh token with each refresh: `tokens.rotate()`. If access tokens live longer or
    // shorter than an hour: `tokens.set_life(…)`.
    let vendor = Vendor { tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(vendor),
        tokens: Some(tokens),
        token_path: "/token",
        revoke_path: "/revoke",
        script: Script::default(),
        fault: refusal::answer,
        credential,
        fresh: None,
    }
}

//! The simulated LinkedIn: strict about what a client sends, byte for byte, and deterministic in what it answers.
//!
//! It holds four open accounts in which the member has a role, one that was closed and one that is somebody else's. Changes
//! last until the process ends.

mod admit;
mod analytics;
mod call;
pub(crate) mod decode;
mod fault;
mod figures;
mod find;
mod members;
mod refusal;
mod routes;
mod update;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::Ambient;
use turnpike_sdk::{Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct LinkedIn {
    tokens: TokenEndpoint,
    world: Arc<Mutex<World>>,
}

impl LinkedIn {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its one credential is fixed, so that a stored connection survives restarts; its year begins
/// anew with each.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let grant = Grant {
        client_id: "sandbox-client".into(),
        client_secret: "sandbox-secret".into(),
        refresh_token: "AQY-sandbox-refresh".into(),
        scope: "r_ads,r_ads_reporting,rw_ads".into(),
        access_prefix: admit::ACCESS_PREFIX,
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient.clone(), grant);
    tokens.set_life(60 * DAY);
    tokens.set_grant_life(365 * DAY);
    // Short, so that nobody waits for long, and always there, so that nobody gets by without waiting.
    tokens.set_settling(Duration::from_millis(100));
    let linkedin = LinkedIn { tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(linkedin),
        tokens: Some(tokens),
        token_path: "/oauth/v2/accessToken",
        revoke_path: "",
        script: Script::default(),
        fault: fault::answer,
        credential,
        fresh: None,
    }
}

//! The simulated Meta: strict about what a client sends, deterministic in what it answers.
//!
//! It holds four open accounts that the system user is assigned to, one that was closed and one that is somebody else's. Time
//! passes by the given clock only. Changes last until the process ends.

mod activities;
mod edges;
mod fault;
mod figures;
mod insights;
mod node;
mod params;
mod refusal;
mod routes;
mod tokens;
mod update;
mod usage;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{FreshCredential, Sandbox, Script};

use self::{tokens::Tokens, world::World};
use crate::manifest::MANIFEST;

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Meta {
    ambient: Ambient,
    tokens: Tokens,
    world: Arc<Mutex<World>>,
}

impl Meta {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its credential is fixed and has no end, so that a stored connection survives restarts.
/// Further tokens show what else may become of one; see `tokens`.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let tokens = Tokens::new(ambient.clone());
    let made = tokens.clone();
    let fresh: FreshCredential = Arc::new(move || {
        let app = [("app_id", tokens::APP_ID.to_owned()), ("app_secret", tokens::APP_SECRET.to_owned())];
        app.into_iter().chain([("access_token", made.make())]).collect()
    });
    let meta = Meta { world: Arc::new(Mutex::new(World::new())), tokens, ambient };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(meta),
        tokens: None,
        token_path: "/oauth/access_token",
        revoke_path: "",
        script: Script::default(),
        fault: fault::answer,
        credential: vec![
            ("app_id", tokens::APP_ID.to_owned()),
            ("app_secret", tokens::APP_SECRET.to_owned()),
            ("access_token", tokens::WITHOUT_END.to_owned()),
        ],
        fresh: Some(fresh),
    }
}

//! The simulated vendor: strict about what a client sends, deterministic in what it answers. Demo, tests and chaos use it.
//!
//! It holds two open accounts, one that was closed and one that is somebody else's. Changes last until the process ends.

mod admit;
mod refusal;
mod routes;
mod tokens;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{FreshCredential, Sandbox, Script};

use self::{tokens::Tokens, world::World};
use crate::manifest::MANIFEST;

/// The simulated vendor as its routes share it.
#[derive(Clone)]
struct Vendor {
    tokens: Tokens,
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
    let tokens = Tokens::new(ambient);
    let made = tokens.clone();
    let fresh: FreshCredential = Arc::new(move || {
        let app = [("app_id", tokens::APP_ID.to_owned()), ("app_secret", tokens::APP_SECRET.to_owned())];
        app.into_iter().chain([("access_token", made.make())]).collect()
    });
    let about_tokens = tokens::router(tokens.clone());
    let vendor = Vendor { tokens, world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(vendor).merge(about_tokens),
        tokens: None,
        token_path: "/oauth/access_token",
        revoke_path: "",
        script: Script::default(),
        fault: refusal::answer,
        credential: vec![
            ("app_id", tokens::APP_ID.to_owned()),
            ("app_secret", tokens::APP_SECRET.to_owned()),
            ("access_token", tokens::WITHOUT_END.to_owned()),
        ],
        fresh: Some(fresh),
    }
}

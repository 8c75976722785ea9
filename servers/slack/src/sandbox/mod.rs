//! The simulated Slack: strict about what a client sends, deterministic in what it answers.
//!
//! It holds one workspace. Time passes by the given clock only. Posts and topics last until the process ends.

mod chat;
mod conversations;
mod fault;
mod history;
mod limits;
mod members;
mod page;
mod params;
mod refusal;
mod routes;
mod tokens;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{FreshCredential, Sandbox, Script, mint};

use self::{limits::Limits, world::World};
use crate::manifest::MANIFEST;

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Slack {
    ambient: Ambient,
    limits: Arc<Mutex<Limits>>,
    world: Arc<Mutex<World>>,
}

impl Slack {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn limits(&self) -> MutexGuard<'_, Limits> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its token is fixed, so that a stored connection survives restarts. Further tokens show what
/// else may become of one; see `tokens`.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let entropy = ambient.clone();
    let fresh: FreshCredential = Arc::new(move || vec![("access_token", mint(&entropy, tokens::WORKSPACE, ""))]);
    let slack = Slack { ambient, limits: Arc::default(), world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(slack),
        tokens: None,
        token_path: "",
        revoke_path: "",
        script: Script::default(),
        fault: fault::answer,
        credential: vec![("access_token", tokens::WORKSPACE.to_owned())],
        fresh: Some(fresh),
    }
}

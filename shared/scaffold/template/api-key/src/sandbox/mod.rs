//! The simulated vendor: strict about what a client sends, deterministic in what it answers. Demo, tests and chaos use it.
//!
//! It holds two open accounts, one that was closed and one that is somebody else's. Changes last until the process ends.

mod admit;
mod refusal;
mod routes;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{FreshCredential, Sandbox, Script, mint};

use self::world::World;
use crate::manifest::MANIFEST;

/// The key of the sandbox's connection.
const KEY: &str = "sandbox-key";

/// The simulated vendor as its routes share it.
#[derive(Clone)]
struct Vendor {
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
    let fresh: FreshCredential = Arc::new(move || vec![("key", mint(&ambient, KEY, ""))]);
    let vendor = Vendor { world: Arc::new(Mutex::new(World::new())) };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(vendor),
        tokens: None,
        token_path: "",
        revoke_path: "",
        script: Script::default(),
        fault: refusal::answer,
        credential: vec![("key", KEY.to_owned())],
        fresh: Some(fresh),
    }
}

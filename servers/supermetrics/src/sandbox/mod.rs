//! The simulated Supermetrics: strict about what a client sends, deterministic in what it answers.
//!
//! It holds one team with logins to five data sources. Time passes by the given clock only: a long query is ready when the
//! clock says so.

mod data;
mod fault;
mod figures;
mod filter;
mod query;
mod refusal;
mod routes;
mod world;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use turnpike_core::Ambient;
use turnpike_sdk::{FreshCredential, Sandbox, Script, mint};

use self::query::Stored;
use crate::manifest::MANIFEST;

/// The key of the sandbox's connection. Further keys show what else may become of one; see `routes`.
const KEY: &str = "api_sandbox";
/// The path that the simulated Supermetrics still serves.
const VERSION: &str = MANIFEST.version.version;

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Supermetrics {
    ambient: Ambient,
    queries: Arc<Mutex<HashMap<String, Stored>>>,
}

impl Supermetrics {
    fn queries(&self) -> MutexGuard<'_, HashMap<String, Stored>> {
        self.queries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its credential is fixed, so that a stored connection survives restarts.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let entropy = ambient.clone();
    let fresh: FreshCredential = Arc::new(move || vec![("key", mint(&entropy, KEY, ""))]);
    let supermetrics = Supermetrics { ambient, queries: Arc::default() };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(supermetrics),
        tokens: None,
        token_path: "",
        revoke_path: "",
        script: Script::default(),
        fault: fault::answer,
        credential: vec![("key", KEY.to_owned())],
        fresh: Some(fresh),
    }
}

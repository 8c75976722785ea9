//! The simulated Notion: strict about what a client sends, deterministic in what it answers.
//!
//! It holds two workspaces; a grant is for one of them. Pages that are not shared with the connection are there and are not
//! found. Changes last until the process ends.

mod admit;
mod comments;
mod fault;
mod filter;
mod listing;
mod query;
mod read;
mod refusal;
mod routes;
mod rows;
mod update;
mod value;
mod world;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::Ambient;
use turnpike_sdk::{Choice, Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

/// A grant is for one workspace: here of a person who is in two.
const WORKSPACES: [Choice; 2] = [("", "Sandbox Outdoor"), ("bakery", "Sandbox Bakery")];

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Notion {
    tokens: TokenEndpoint,
    world: Arc<Mutex<World>>,
    ambient: Ambient,
}

impl Notion {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Each refresh gives a new refresh token, as Notion's do; one that was given lives over
/// restarts.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let grant = Grant {
        client_id: "00000002-0000-4000-8000-0000000000c1".into(),
        client_secret: "secret_sandbox".into(),
        refresh_token: "nrt_sandbox".into(),
        scope: String::new(),
        access_prefix: "ntn_sandbox",
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient.clone(), grant).with_choices(&WORKSPACES);
    tokens.rotate();
    tokens.share_first();
    tokens.set_life(Duration::from_secs(365 * 24 * 3600));
    tokens.leave_life_untold();
    let notion = Notion { tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())), ambient };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(notion),
        tokens: Some(tokens),
        token_path: "/v1/oauth/token",
        revoke_path: "/v1/oauth/revoke",
        script: Script::default(),
        fault: fault::answer,
        credential,
        fresh: None,
    }
}

//! The simulated Amazon Ads: three regions that know nothing of each other, strict about what a client sends, and
//! deterministic in what it answers.
//!
//! A region is a path: `/na`, `/eu`, `/fe`. Changes last until the process ends.

mod admit;
mod fault;
mod figures;
mod files;
mod list;
mod refusal;
mod reports;
mod routes;
mod rows;
mod update;
mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use turnpike_core::Ambient;
use turnpike_sdk::{Choice, Grant, Sandbox, Script, TokenEndpoint};

use self::world::World;
use crate::manifest::MANIFEST;

const CLIENT: &str = "amzn1.application-oa2-client.sandbox";
/// A grant reaches the profiles of the person who gives it: here of one who sells everywhere, or in one region.
const REGIONS: [Choice; 4] = [
    ("", "Profiles of every region"),
    ("na", "Profiles of North America"),
    ("eu", "Profiles of Europe"),
    ("fe", "Profiles of the Far East"),
];

/// The simulated upstream as its routes share it.
#[derive(Clone)]
struct Amazon {
    tokens: TokenEndpoint,
    world: Arc<Mutex<World>>,
    ambient: Ambient,
}

impl Amazon {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the simulated upstream. Its one credential is fixed, so that a stored connection survives restarts.
pub(crate) fn sandbox(ambient: Ambient) -> Sandbox {
    let grant = Grant {
        client_id: CLIENT.into(),
        client_secret: "sandbox-secret".into(),
        refresh_token: "Atzr|sandbox-refresh".into(),
        scope: "advertising::campaign_management".into(),
        access_prefix: admit::ACCESS_PREFIX,
    };
    let credential = vec![
        ("client_id", grant.client_id.clone()),
        ("client_secret", grant.client_secret.clone()),
        ("refresh_token", grant.refresh_token.clone()),
    ];
    let tokens = TokenEndpoint::new(ambient.clone(), grant).with_choices(&REGIONS);
    let amazon = Amazon { tokens: tokens.clone(), world: Arc::new(Mutex::new(World::new())), ambient };
    Sandbox {
        manifest: &MANIFEST,
        api: routes::router(amazon),
        tokens: Some(tokens),
        token_path: "/auth/o2/token",
        revoke_path: "",
        script: Script::default(),
        fault: fault::answer,
        credential,
        fresh: None,
    }
}

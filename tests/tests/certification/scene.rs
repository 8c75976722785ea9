//! What is certified, and the app that serves it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use turnpike_config::Settings;
use turnpike_sdk::Integration;
use turnpike_tests::app::{Backend, Known, TestApp, patient};

/// Names one integration, where the others are of no interest: `turnpike certify` sets it.
const ONLY: &str = "TURNPIKE_CERTIFY";

/// The integrations of the catalogue, and those that `turnpike new` writes.
pub fn certified() -> Vec<Integration> {
    let written = [
        turnpike_example_oauth2::integration(),
        turnpike_example_system_user::integration(),
        turnpike_example_lwa::integration(),
        turnpike_example_api_key::integration(),
        turnpike_example_restli::integration(),
    ];
    let mut all = turnpike_catalog::integrations();
    all.extend(written);
    let Ok(only) = std::env::var(ONLY) else { return all };
    all.retain(|integration| integration.manifest.name == only);
    assert!(!all.is_empty(), "{ONLY} names {only}, which is not in the catalogue");
    all
}

/// The folder of an integration.
pub fn folder(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    match name.strip_prefix("example-") {
        Some(shape) => root.join("shared/scaffold/template").join(shape),
        None => root.join("servers").join(name),
    }
}

/// An app that serves them.
pub async fn start() -> TestApp {
    start_with(|_| {}).await
}

/// The same with limits of ours that nothing here meets.
pub async fn start_unlimited() -> TestApp {
    start_with(patient).await
}

/// The same with changed settings.
pub async fn start_with(change: impl FnOnce(&mut Settings)) -> TestApp {
    serve(Arc::new(certified), change).await
}

/// An app that serves this one alone: it is quick to start.
pub async fn start_alone(name: &'static str) -> TestApp {
    let alone = move || certified().into_iter().filter(|integration| integration.manifest.name == name).collect();
    serve(Arc::new(alone), patient).await
}

async fn serve(known: Known, change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::start_knowing(known, Backend::Sqlite, change, |_| {}).await
}

//! One file for each command.

pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod healthcheck;
pub(crate) mod jobs;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod serve;
pub(crate) mod stdio;
pub(crate) mod tenant;
pub(crate) mod usage;

use anyhow::Result;
use turnpike_config::Settings;
use turnpike_core::Ambient;

use crate::operator::Operator;

/// The opened back ends.
async fn at_the_desk(settings: &Settings) -> Result<Operator> {
    Operator::open(settings, turnpike_catalog::integrations(), Ambient::system()).await
}

/// Resolves at Ctrl-C or SIGTERM.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
    tracing::info!("stopping: no new calls are taken, those under way may finish");
}

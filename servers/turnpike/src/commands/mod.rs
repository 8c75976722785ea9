//! One file for each command.

pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod healthcheck;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod serve;
pub(crate) mod stdio;
pub(crate) mod tenant;
pub(crate) mod usage;

use std::net::SocketAddr;

use anyhow::Result;
use turnpike_config::Settings;

use crate::app::App;

/// The product without a listener, for commands that work on its data.
async fn at_the_desk(settings: &Settings) -> Result<App> {
    let address: SocketAddr = settings.server.listen.parse().unwrap_or_else(|_| SocketAddr::from(([127, 0, 0, 1], 8080)));
    App::start(settings.clone(), turnpike_catalog::integrations(), address).await
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

//! One file for each command.

pub(crate) mod approval;
pub(crate) mod audit;
pub(crate) mod config;
pub(crate) mod connect;
pub(crate) mod demo;
pub(crate) mod healthcheck;
pub(crate) mod jobs;
pub(crate) mod key;
pub(crate) mod migrate;
pub(crate) mod policy;
pub(crate) mod serve;
pub(crate) mod signing_key;
pub(crate) mod staff;
pub(crate) mod stdio;
pub(crate) mod switch;
pub(crate) mod tenant;
pub(crate) mod tool_policy;
pub(crate) mod usage;

use anyhow::{Result, bail};
use turnpike_config::Settings;
use turnpike_core::Ambient;
use turnpike_sdk::Integration;

use crate::operator::Operator;

/// The opened back ends.
async fn at_the_desk(settings: &Settings) -> Result<Operator> {
    Operator::open(settings, turnpike_catalog::integrations(), Ambient::system()).await
}

/// Who types, for the records: the name under which the person is signed in to this machine.
fn operator_name() -> String {
    let names = ["SUDO_USER", "USER", "LOGNAME"].into_iter().filter_map(|name| std::env::var(name).ok());
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| "operator".into())
}

/// Refuses an integration, or a tool of it, that there is not.
fn check_known(integration: &str, tool: Option<&str>) -> Result<()> {
    let all: Vec<_> = turnpike_catalog::integrations().into_iter().map(Integration::with_kit).collect();
    let Some(found) = all.iter().find(|known| known.manifest.name == integration) else {
        let names: Vec<_> = all.iter().map(|known| known.manifest.name).collect();
        bail!("there is no integration `{integration}`; there are: {}", names.join(", "));
    };
    if let Some(tool) = tool.filter(|tool| found.find_tool(tool).is_none()) {
        let names: Vec<_> = found.tools.iter().map(|tool| tool.spec.name).collect();
        bail!("{integration} has no tool `{tool}`; it has: {}", names.join(", "));
    }
    Ok(())
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

//! One file for each command.

pub(crate) mod approval;
pub(crate) mod audit;
pub(crate) mod billing;
pub(crate) mod certify;
pub(crate) mod config;
pub(crate) mod connect;
mod day;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod healthcheck;
pub(crate) mod jobs;
pub(crate) mod key;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod new;
pub(crate) mod policy;
pub(crate) mod prices;
pub(crate) mod record;
pub(crate) mod render;
pub(crate) mod serve;
pub(crate) mod signing_key;
pub(crate) mod staff;
pub(crate) mod stdio;
pub(crate) mod switch;
pub(crate) mod tenant;
pub(crate) mod tool_policy;
pub(crate) mod usage;
pub(crate) mod work;

use std::future::Future;

use anyhow::{Result, bail};
use tokio::signal::unix::{Signal, SignalKind, signal};
use turnpike_config::Settings;
use turnpike_core::{Ambient, TenantId};
use turnpike_sdk::Integration;
use turnpike_store::{Store, StoreError, Tenant};

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

/// The tenant of an option. Without this a mistyped id looks like a tenant of whom there is nothing to tell.
async fn get_tenant(store: &Store, id: TenantId) -> Result<Tenant> {
    match store.tenant(id).get().await {
        Err(StoreError::NotFound { .. }) => bail!("there is no tenant {id}; `turnpike tenant list` shows them"),
        found => Ok(found?),
    }
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

/// Resolves at Ctrl-C or SIGTERM. A second one ends the process at once: whoever sends it does not want to wait. It listens from
/// now on: a signal that comes before anybody waits for it must not end the process.
fn stop_signal() -> impl Future<Output = ()> + Send + 'static {
    let mut signals = Signals::listen();
    async move {
        signals.next().await;
        tracing::info!("stopping: calls under way may finish; a second signal ends this process at once");
        tokio::spawn(async move {
            signals.next().await;
            tracing::warn!("stopped at once; what was not finished is taken up by the next process");
            std::process::exit(1);
        });
    }
}

/// Those of the system that can be had.
struct Signals([Option<Signal>; 2]);

impl Signals {
    fn listen() -> Self {
        Self([SignalKind::terminate(), SignalKind::interrupt()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        let [terminate, interrupt] = &mut self.0;
        tokio::select! {
            () = received(terminate) => {}
            () = received(interrupt) => {}
        }
    }
}

async fn received(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

//! `turnpike keys`: what wraps and seals the credentials.

use anyhow::{Result, bail};
use clap::Subcommand;
use secrecy::ExposeSecret as _;
use turnpike_config::Settings;
use turnpike_core::{TenantId, Timestamp};
use turnpike_vault::{KeyUse, KeyWork};

use super::{at_the_desk, get_tenant, migrate};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// What each key provider has wrapped: data keys of tenants by their number, what they seal, and the deployment's secrets.
    List,
    /// Replace keys while everything runs: the deployment's secrets and the tenants' data keys are wrapped by the present provider
    /// under its present key, and each credential is sealed with its tenant's new data key.
    ///
    /// Running servers notice nothing. It may be stopped at any moment and run again: it goes on where it was. Old data
    /// keys are deleted ten minutes later, by the next run or by the worker.
    Rotate {
        /// Only this tenant's, and no secrets of the deployment.
        #[arg(long)]
        tenant: Option<TenantId>,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let operator = at_the_desk(settings).await?;
    match command {
        Command::List => {
            let rows = operator.vault.list_keys().await?;
            if rows.is_empty() {
                println!("There is no key yet: the first ones are made when they are needed.");
            }
            rows.iter().for_each(print);
            if let Some(trouble) = operator.vault.key_health() {
                println!("Since {}: {}", trouble.since, trouble.reason);
            }
        }
        Command::Rotate { tenant } => {
            if let Some(tenant) = tenant {
                get_tenant(&operator.store, tenant).await?;
            } else {
                let store = if settings.store_url().expose_secret().starts_with("sqlite:") {
                    operator.store.clone()
                } else {
                    migrate::open_as_owner(settings).await?
                };
                let done = operator.vault.rewrap_secrets(&store).await?;
                println!("Secrets of the deployment that were wrapped anew: {done}.");
            }
            let done = operator.vault.rotate_keys(tenant, progress).await?;
            println!("{}", told(&done));
            if done.left > 0 {
                println!(
                    "Old data keys that are still there: {}. The worker deletes them in ten minutes, or run this again.",
                    done.left
                );
            }
            if done.stuck > 0 {
                bail!(
                    "credentials that do not open with any key: {}; the log above names their connections. Set up the provider that \
                     wrapped their keys, or have the clients connect again",
                    done.stuck
                );
            }
        }
    }
    Ok(())
}

/// A line now and then, for a person who waits.
fn progress(work: KeyWork) {
    if work.tenants.is_multiple_of(100) {
        println!("{}", told(&work));
    }
}

fn told(work: &KeyWork) -> String {
    let KeyWork { tenants, made, resealed, deleted, .. } = work;
    format!(
        "Tenants: {tenants}. Data keys made: {made}. Credentials sealed anew: {resealed}. Old data keys deleted: {deleted}."
    )
}

fn print(row: &KeyUse) {
    let KeyUse { provider, keys, credentials, .. } = row;
    match row.version {
        None => println!("{provider:<8} secrets   {keys} of the deployment"),
        Some(version) => {
            let oldest = row.oldest.as_ref().map(Timestamp::to_string).unwrap_or_default();
            println!("{provider:<8} key {version:<5} {keys} tenants, {credentials} credentials, oldest of {oldest}");
        }
    }
}

//! `turnpike tenant`.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{ArgGroup, Subcommand};
use turnpike_config::Settings;
use turnpike_core::TenantId;
use turnpike_store::TenantState;
use turnpike_tenancy::Actor;

use super::{at_the_desk, get_tenant};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Add a tenant; prints its id.
    Add {
        /// Its name.
        name: String,
    },
    /// List the tenants.
    List,
    /// Refuse all calls of a tenant. Running servers follow within 10 seconds.
    Suspend {
        /// Which.
        tenant: TenantId,
    },
    /// Let a suspended tenant call again.
    Resume {
        /// Which.
        tenant: TenantId,
    },
    /// Print everything that is kept of a tenant, as JSON, without what opens something.
    Export {
        /// Which.
        tenant: TenantId,
    },
    /// Delete a tenant with its members, keys, connections and credentials. Its ledger and audit log stay, which know ids only.
    ///
    /// There is no way back. Its subscription ends, and grants are taken back where the vendor has a place for that; which are
    /// left is printed.
    Delete {
        /// Which.
        tenant: TenantId,
        /// The tenant's name, so that no other is deleted by mistake.
        #[arg(long)]
        name: String,
    },
    /// Say how old an answer may be that the tenant is shown, marked as such, while an upstream fails or asks to wait.
    ///
    /// As shipped it is shown none. Only reads are answered so, never from before the connection was last changed, and never
    /// older than the tool itself allows. Running servers follow within 10 seconds.
    #[command(group(ArgGroup::new("age").required(true)))]
    StaleAnswers {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
        /// The oldest answer, in minutes; a day at most.
        #[arg(long, group = "age", value_parser = clap::value_parser!(u64).range(1..=1440))]
        minutes: Option<u64>,
        /// Show none.
        #[arg(long, group = "age")]
        never: bool,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    match command {
        Command::Add { name } => {
            let operator = at_the_desk(settings).await?;
            println!("{}", operator.tenancy.add_tenant(&Actor::desk(), &name).await?);
        }
        Command::List => {
            let all = open_store(settings).await?.system().list_tenants().await?;
            for tenant in all.into_iter().filter(|tenant| tenant.deleted_at.is_none()) {
                let stale = tenant.stale_answers.map_or_else(String::new, |oldest| {
                    format!("  (stale answers up to {} minutes)", oldest.as_secs() / 60)
                });
                println!("{}  {:<10} {}{stale}", tenant.id, tenant.state.as_str(), tenant.name);
            }
        }
        Command::Suspend { tenant } => set_state(settings, tenant, TenantState::Suspended).await?,
        Command::Resume { tenant } => set_state(settings, tenant, TenantState::Active).await?,
        Command::Export { tenant } => {
            let operator = at_the_desk(settings).await?;
            get_tenant(&operator.store, tenant).await?;
            let export = operator.tenancy.export_tenant(&Actor::desk(), tenant).await?;
            println!("{}", serde_json::to_string_pretty(&export)?);
        }
        Command::Delete { tenant, name } => {
            let operator = at_the_desk(settings).await?;
            let found = get_tenant(&operator.store, tenant).await?;
            ensure!(found.deleted_at.is_none(), "this tenant was deleted before");
            ensure!(found.name == name, "this tenant has another name; `turnpike tenant list` shows it");
            operator
                .billing
                .end_now(tenant)
                .await
                .context("its subscription was not ended, and nothing was deleted")?;
            println!("{}", operator.tenancy.delete_tenant(&Actor::desk(), tenant).await?);
        }
        Command::StaleAnswers { tenant, minutes, .. } => {
            let oldest = minutes.map(|minutes| Duration::from_secs(minutes * 60));
            let store = open_store(settings).await?;
            get_tenant(&store, tenant).await?;
            store.tenant(tenant).allow_stale_answers(oldest).await?;
            match minutes {
                Some(minutes) => println!("shown while an upstream fails: answers up to {minutes} minutes old"),
                None => println!("shown while an upstream fails: no earlier answers"),
            }
        }
    }
    Ok(())
}

async fn set_state(settings: &Settings, tenant: TenantId, state: TenantState) -> Result<()> {
    let operator = at_the_desk(settings).await?;
    let found = get_tenant(&operator.store, tenant).await?;
    ensure!(found.deleted_at.is_none(), "this tenant was deleted");
    operator.tenancy.set_tenant_state(&Actor::desk(), tenant, state).await?;
    println!("{tenant}  {state}");
    Ok(())
}

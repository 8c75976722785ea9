//! `turnpike tenant`.

use std::time::Duration;

use anyhow::Result;
use clap::{ArgGroup, Subcommand};
use turnpike_config::Settings;
use turnpike_core::TenantId;

use super::at_the_desk;
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
            println!("{}", operator.add_tenant(&name).await?);
        }
        Command::List => {
            for tenant in open_store(settings).await?.system().list_tenants().await? {
                let stale = tenant.stale_answers.map_or_else(String::new, |oldest| {
                    format!("  (stale answers up to {} minutes)", oldest.as_secs() / 60)
                });
                println!("{}  {:<10} {}{stale}", tenant.id, tenant.state.as_str(), tenant.name);
            }
        }
        Command::StaleAnswers { tenant, minutes, .. } => {
            let oldest = minutes.map(|minutes| Duration::from_secs(minutes * 60));
            open_store(settings).await?.tenant(tenant).allow_stale_answers(oldest).await?;
            match minutes {
                Some(minutes) => println!("shown while an upstream fails: answers up to {minutes} minutes old"),
                None => println!("shown while an upstream fails: no earlier answers"),
            }
        }
    }
    Ok(())
}

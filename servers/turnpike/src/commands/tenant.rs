//! `turnpike tenant`.

use anyhow::Result;
use clap::Subcommand;
use turnpike_config::Settings;

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
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    match command {
        Command::Add { name } => {
            let operator = at_the_desk(settings).await?;
            println!("{}", operator.add_tenant(&name).await?);
        }
        Command::List => {
            for tenant in open_store(settings).await?.system().list_tenants().await? {
                println!("{}  {:<10} {}", tenant.id, tenant.state.as_str(), tenant.name);
            }
        }
    }
    Ok(())
}

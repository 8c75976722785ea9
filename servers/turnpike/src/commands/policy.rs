//! `turnpike policy`: how far writes through a connection may go.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use turnpike_config::Settings;
use turnpike_core::{Ambient, ConnectionId, Micros, TenantId, WritePolicy};
use turnpike_store::{PolicyRow, Store};

use super::{get_tenant, operator_name};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Show what holds for a connection: its own policy, or the default of the settings' section [writes].
    Show(Whose),
    /// Set a connection's policy; what is not named stays as it is. It holds for the next call, also for previews that wait.
    ///
    /// Amounts are whole units of the account's currency, for a day or for a whole time. Pausing and lowering are never stopped.
    #[command(after_help = "Example:\n  turnpike policy set --tenant T --integration google-ads --max-amount 2000 \
                            --approve-amount 800 --approve-starts false")]
    Set {
        #[command(flatten)]
        whose: Whose,
        #[command(flatten)]
        changes: Changes,
        /// Who sets it, for the record [default: your login name]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

#[derive(Args)]
pub(crate) struct Whose {
    /// Whose.
    #[arg(long)]
    tenant: TenantId,
    /// Name of the integration, such as google-ads.
    #[arg(long)]
    integration: String,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Changes {
    /// Refuse a rise above this amount.
    #[arg(long, value_name = "UNITS")]
    max_amount: Option<u32>,
    /// Refuse a rise by more percent at once; 100 is doubling.
    #[arg(long, value_name = "PERCENT")]
    max_rise_percent: Option<u32>,
    /// A person must approve a rise above this amount.
    #[arg(long, value_name = "UNITS")]
    approve_amount: Option<u32>,
    /// A person must approve a rise by more percent.
    #[arg(long, value_name = "PERCENT")]
    approve_rise_percent: Option<u32>,
    /// Whether a person must approve that something paused begins to spend.
    #[arg(long, value_name = "true|false")]
    approve_starts: Option<bool>,
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let store = open_store(settings).await?;
    let default = settings.writes.policy();
    match command {
        Command::Show(whose) => {
            let connection = whose.connection(&store).await?;
            print(&whose, store.tenant(whose.tenant).find_write_policy(connection).await?, default);
        }
        Command::Set { whose, changes, by } => {
            let (connection, rows) = (whose.connection(&store).await?, store.tenant(whose.tenant));
            let present = rows.find_write_policy(connection).await?.map_or(default, |row| row.policy);
            let (set_by, set_at) = (by.unwrap_or_else(operator_name), Ambient::system().now());
            let row = PolicyRow { policy: changes.on(present), set_by, set_at };
            rows.set_write_policy(connection, &row).await?;
            print(&whose, Some(row), default);
        }
    }
    Ok(())
}

impl Whose {
    async fn connection(&self, store: &Store) -> Result<ConnectionId> {
        let rows = store.tenant(self.tenant);
        get_tenant(store, self.tenant).await?;
        let found = rows.find_connection(&self.integration).await?;
        let connection = found.with_context(|| {
            let name = &self.integration;
            format!("this tenant is not connected to `{name}`; `turnpike connect --integration {name}` does that")
        })?;
        Ok(connection.id)
    }
}

impl Changes {
    fn on(&self, present: WritePolicy) -> WritePolicy {
        let units = |units: u32| Micros(i64::from(units) * 1_000_000);
        WritePolicy {
            max_amount: self.max_amount.map_or(present.max_amount, units),
            max_rise_percent: self.max_rise_percent.map_or(present.max_rise_percent, i64::from),
            approve_amount: self.approve_amount.map_or(present.approve_amount, units),
            approve_rise_percent: self.approve_rise_percent.map_or(present.approve_rise_percent, i64::from),
            approve_starts: self.approve_starts.unwrap_or(present.approve_starts),
        }
    }
}

fn print(whose: &Whose, own: Option<PolicyRow>, default: WritePolicy) {
    let origin = match &own {
        Some(row) => format!("its own, set by {} at {}", row.set_by, row.set_at),
        None => "the default of the section [writes]".into(),
    };
    let policy = own.map_or(default, |row| row.policy);
    let starts = if policy.approve_starts { "needs approval" } else { "is free" };
    println!("write policy of {} for {}: {origin}", whose.tenant, whose.integration);
    println!("  max_amount            {}", policy.max_amount.to_units());
    println!("  max_rise_percent      {}", policy.max_rise_percent);
    println!("  approve_amount        {}", policy.approve_amount.to_units());
    println!("  approve_rise_percent  {}", policy.approve_rise_percent);
    println!("  approve_starts        {} (beginning to spend {starts})", policy.approve_starts);
    println!(
        "Amounts are in the account's currency, for a day or a whole time. Pausing and lowering are never stopped."
    );
}

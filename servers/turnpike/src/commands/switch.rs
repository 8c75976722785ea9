//! `turnpike switch`: stop calls at once, and let them go on.

use anyhow::{Context as _, Result, bail};
use clap::{Args, Subcommand};
use turnpike_config::Settings;
use turnpike_core::{Ambient, ConnectionId, TenantId};
use turnpike_store::{KillSwitch, Store, SwitchTarget};

use super::{check_known, get_tenant, operator_name};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Refuse calls. Every running server follows within 10 seconds; calls under way finish.
    ///
    /// A switch stops the calls that fit all that it names: `--integration google-ads` for everybody, `--tenant ID` with every
    /// integration, the two together for that tenant's connection. Agents are told the reason, tools that are off are not
    /// listed, and what was previewed before cannot be confirmed. Refused calls cost nothing.
    Off {
        #[command(flatten)]
        target: Target,
        /// Why, in words for those whose agents are refused.
        #[arg(long)]
        reason: String,
    },
    /// Let the calls go on that exactly this switch stops; others stand.
    On {
        #[command(flatten)]
        target: Target,
    },
    /// What is off, since when and why.
    List {
        /// Also what was lifted.
        #[arg(long)]
        history: bool,
    },
}

/// What to switch.
#[derive(Args)]
pub(crate) struct Target {
    /// All calls of all tenants.
    #[arg(long, conflicts_with_all = ["tenant", "integration", "tool", "connection"])]
    everything: bool,
    /// Calls of this tenant.
    #[arg(long)]
    tenant: Option<TenantId>,
    /// Calls to this integration, such as google-ads.
    #[arg(long)]
    integration: Option<String>,
    /// Calls of this tool of the integration, such as `set_budget`.
    #[arg(long, requires = "integration")]
    tool: Option<String>,
    /// Calls through this connection; the same as its tenant and its integration.
    #[arg(long, conflicts_with_all = ["tenant", "integration", "tool"])]
    connection: Option<ConnectionId>,
}

/// The longest reason: it stands in every refusal.
const LONGEST_REASON: usize = 300;

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let (store, ambient) = (open_store(settings).await?, Ambient::system());
    let (system, by, now) = (store.system(), operator_name(), ambient.now());
    match command {
        Command::Off { target, reason } => {
            let target = target.find(&store).await?;
            let reason = reason.trim();
            if reason.is_empty() || reason.len() > LONGEST_REASON || reason.chars().any(char::is_control) {
                bail!("--reason: say why in one line of at most {LONGEST_REASON} characters; agents are told it");
            }
            system.switch_off(ambient.id(), &target, reason, &by, now).await?;
            println!("off: {target}. Running servers refuse its calls within 10 seconds.");
        }
        Command::On { target } => {
            let target = target.find(&store).await?;
            if !system.switch_on(&target, &by, now).await? {
                bail!("no switch names exactly this: {target}; `turnpike switch list` shows what is off");
            }
            println!("on: {target}. Running servers follow within 10 seconds.");
            for switch in system.list_switches().await?.iter().filter(|other| overlap(&other.target, &target)) {
                println!("still stopped in part or whole by: {}", line(switch));
            }
        }
        Command::List { history } => {
            let switches = if history { system.list_switch_history().await? } else { system.list_switches().await? };
            if switches.is_empty() {
                println!("Nothing is switched off.");
            }
            switches.iter().for_each(|switch| println!("{}", line(switch)));
        }
    }
    Ok(())
}

impl Target {
    /// What the options name, if it is there.
    async fn find(self, store: &Store) -> Result<SwitchTarget> {
        let Self { everything, tenant, integration, tool, connection } = self;
        if let Some(id) = connection {
            let found = store.system().find_owned_connection(id).await?;
            let (tenant, row) = found.with_context(|| format!("there is no connection {id}"))?;
            return Ok(SwitchTarget { tenant: Some(tenant), integration: Some(row.integration), tool: None });
        }
        if !everything && tenant.is_none() && integration.is_none() {
            bail!("say what: --everything, --integration NAME [--tool NAME], --tenant ID, or --connection ID");
        }
        if let Some(tenant) = tenant {
            get_tenant(store, tenant).await?;
        }
        if let Some(integration) = &integration {
            check_known(integration, tool.as_deref())?;
        }
        Ok(SwitchTarget { tenant, integration, tool })
    }
}

/// Whether there is a call that fits both.
fn overlap(one: &SwitchTarget, other: &SwitchTarget) -> bool {
    fn fit<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
        one.is_none() || other.is_none() || one == other
    }
    fit(one.tenant.as_ref(), other.tenant.as_ref())
        && fit(one.integration.as_ref(), other.integration.as_ref())
        && fit(one.tool.as_ref(), other.tool.as_ref())
}

fn line(switch: &KillSwitch) -> String {
    let KillSwitch { target, reason, set_by, set_at, .. } = switch;
    let lifted = switch.lifted_at.zip(switch.lifted_by.as_ref());
    let lifted = lifted.map(|(at, by)| format!("  on again {at} by {by}")).unwrap_or_default();
    format!("{target}  off since {set_at} by {set_by}: {reason}{lifted}")
}

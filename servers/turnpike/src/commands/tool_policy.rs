//! `turnpike tool-policy`: what a tenant asks of those who use its tools.

use anyhow::{Result, bail, ensure};
use clap::{ArgGroup, Args, Subcommand};
use turnpike_config::Settings;
use turnpike_core::{LeastRole, TenantId, parse_groups};
use turnpike_store::{ToolGroup, ToolPolicy, Tools};
use turnpike_tenancy::{Actor, ToolRule};

use super::{at_the_desk, check_known, get_tenant};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask for a higher role than the tools do, for a group of members, or forbid them. Running servers follow within 10
    /// seconds.
    ///
    /// As shipped, auditors read, and members, admins and owners also change things. A policy only ever asks for more, and of
    /// several that are about one tool each must be met. What was asked for the same tools before is forgotten.
    #[command(
        after_help = "Example:\n  turnpike tool-policy set --tenant T --integration google-ads --writes --role admin \
                            --group media-buyers"
    )]
    #[command(group(ArgGroup::new("asks").args(["role", "groups"]).required(true).multiple(true)))]
    Set {
        #[command(flatten)]
        which: Which,
        /// The least role that may use them: member, admin, owner, or nobody.
        #[arg(long)]
        role: Option<LeastRole>,
        /// A group of members; where several are given, one of them will do. API keys are in no group.
        #[arg(long = "group", value_name = "GROUP")]
        groups: Vec<String>,
    },
    /// Ask for no more than the tools themselves do.
    Clear {
        #[command(flatten)]
        which: Which,
    },
    /// A tenant's policies.
    List {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
    },
}

/// Which tools.
#[derive(Args)]
#[command(group(ArgGroup::new("of").args(["integration", "every_integration"]).required(true)))]
#[command(group(ArgGroup::new("tools").args(["tool", "reads", "writes"])))]
pub(crate) struct Which {
    /// Whose.
    #[arg(long)]
    tenant: TenantId,
    /// Name of the integration, such as google-ads.
    #[arg(long)]
    integration: Option<String>,
    /// Those of every integration.
    #[arg(long)]
    every_integration: bool,
    /// Name of the tool [default: every tool]
    #[arg(long)]
    tool: Option<String>,
    /// Every tool that only reads.
    #[arg(long)]
    reads: bool,
    /// Every tool that changes something.
    #[arg(long)]
    writes: bool,
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    match command {
        Command::Set { which, role, groups } => {
            set(settings, which, role.unwrap_or(LeastRole::Auditor), parse_groups(&groups.join(","))?).await
        }
        Command::Clear { which } => clear(settings, which).await,
        Command::List { tenant } => {
            let store = open_store(settings).await?;
            get_tenant(&store, tenant).await?;
            let policies = store.tenant(tenant).list_tool_policies().await?;
            for ToolPolicy { tools, least_role, groups, set_by, set_at } in &policies {
                println!("{tools}  {}  since {set_at} by {set_by}", asked(*least_role, groups));
            }
            if policies.is_empty() {
                println!("no policy: everybody may use the tools as they are shipped");
            }
            Ok(())
        }
    }
}

async fn set(settings: &Settings, which: Which, least_role: LeastRole, groups: Vec<String>) -> Result<()> {
    let (tenant, tools) = which.checked()?;
    let words = format!("{tools}: {}", asked(least_role, &groups));
    let rule = ToolRule { tools, least_role, groups };
    ensure!(
        rule.asks(),
        "everybody is an auditor at least, so this asks for nothing; `turnpike tool-policy clear` does that"
    );
    let operator = at_the_desk(settings).await?;
    get_tenant(&operator.store, tenant).await?;
    operator.tenancy.set_tool_policy(&Actor::desk(), tenant, rule).await?;
    println!("{words}. Running servers follow within 10 seconds.");
    Ok(())
}

async fn clear(settings: &Settings, which: Which) -> Result<()> {
    let (tenant, tools) = which.checked()?;
    let operator = at_the_desk(settings).await?;
    if !operator.tenancy.delete_tool_policy(&Actor::desk(), tenant, &tools).await? {
        bail!("there is no policy for {tools}; `turnpike tool-policy list` shows them");
    }
    println!("{tools}: no more than the tools ask. Running servers follow within 10 seconds.");
    Ok(())
}

impl Which {
    /// Whose, and which tools, if there are such.
    fn checked(self) -> Result<(TenantId, ToolGroup)> {
        match (&self.integration, &self.tool) {
            (Some(integration), tool) => check_known(integration, tool.as_deref())?,
            (None, Some(tool)) => check_known_somewhere(tool)?,
            (None, None) => {}
        }
        let tools = match self.tool {
            Some(tool) => Tools::One(tool),
            None if self.reads => Tools::Reads,
            None if self.writes => Tools::Writes,
            None => Tools::Every,
        };
        Ok((self.tenant, ToolGroup { integration: self.integration, tools }))
    }
}

/// Refuses a tool that no integration has.
fn check_known_somewhere(tool: &str) -> Result<()> {
    let mut all = turnpike_catalog::integrations().into_iter().map(|own| own.with_kit());
    ensure!(all.any(|own| own.find_tool(tool).is_some()), "no integration has a tool `{tool}`");
    Ok(())
}

/// What is asked, in a few words.
fn asked(least_role: LeastRole, groups: &[String]) -> String {
    let role = (least_role > LeastRole::Auditor).then(|| least_role.to_string());
    let group = (!groups.is_empty()).then(|| format!("in the group {}", groups.join(" or ")));
    role.into_iter().chain(group).collect::<Vec<_>>().join(", ")
}

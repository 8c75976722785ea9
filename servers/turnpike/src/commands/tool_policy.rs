//! `turnpike tool-policy`: what a tenant asks of those who use a tool.

use anyhow::{Context as _, Result};
use clap::{Args, Subcommand};
use turnpike_config::Settings;
use turnpike_core::{Ambient, LeastRole, TenantId};
use turnpike_store::{EVERY_TOOL, ToolPolicy};

use super::{check_known, operator_name};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Ask for a higher role than the tool does, or forbid it. Running servers follow within 10 seconds.
    ///
    /// As shipped, auditors read, and members, admins and owners also change things. A policy only ever asks for more: where
    /// one for all tools of an integration and one for a single tool apply, the higher role counts.
    Set {
        #[command(flatten)]
        tool: Tool,
        /// The least role that may use it: member, admin, owner, or nobody.
        #[arg(long)]
        role: LeastRole,
    },
    /// Ask for no more than the tool itself does.
    Clear {
        #[command(flatten)]
        tool: Tool,
    },
    /// A tenant's policies.
    List {
        /// Whose.
        #[arg(long)]
        tenant: TenantId,
    },
}

/// Which tool.
#[derive(Args)]
pub(crate) struct Tool {
    /// Whose.
    #[arg(long)]
    tenant: TenantId,
    /// Name of the integration, such as google-ads.
    #[arg(long)]
    integration: String,
    /// Name of the tool [default: every tool of the integration]
    #[arg(long)]
    tool: Option<String>,
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let store = open_store(settings).await?;
    let (tool, least_role) = match command {
        Command::Set { tool, role } => (tool, role),
        // Everybody has this role, so that it asks for nothing.
        Command::Clear { tool } => (tool, LeastRole::Auditor),
        Command::List { tenant } => {
            let policies = store.tenant(tenant).list_tool_policies().await?;
            for policy in policies.iter().filter(|policy| policy.least_role > LeastRole::Auditor) {
                let ToolPolicy { integration, tool, least_role, set_by, set_at } = policy;
                println!("{integration}/{tool}  {least_role}  since {set_at} by {set_by}");
            }
            return Ok(());
        }
    };
    let Tool { tenant, integration, tool } = tool;
    check_known(&integration, tool.as_deref())?;
    store.tenant(tenant).get().await.context("no such tenant; `turnpike tenant list` shows them")?;
    let tool = tool.unwrap_or_else(|| EVERY_TOOL.into());
    println!("{integration}/{tool}: {least_role}. Running servers follow within 10 seconds.");
    let policy = ToolPolicy { integration, tool, least_role, set_by: operator_name(), set_at: Ambient::system().now() };
    Ok(store.tenant(tenant).set_tool_policy(&policy).await?)
}

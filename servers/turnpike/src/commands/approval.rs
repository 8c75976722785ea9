//! `turnpike approval`: a person's word on previewed writes that are above a threshold.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::{Ambient, ApprovalId, TenantId, Timestamp, visible};
use turnpike_gateway::APPROVAL_LIFE;
use turnpike_store::{ApprovalRow, ApprovalState, PreviewRow, PreviewState, Store};

use super::{get_tenant, operator_name};
use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// List what waits for a person, newest first: what would change, for whom, and why it needs approval.
    List {
        /// Only of this tenant [default: all]
        #[arg(long)]
        tenant: Option<TenantId>,
        /// Also what was decided or has lapsed.
        #[arg(long)]
        all: bool,
    },
    /// Approve a previewed write. The agent that previewed it can then confirm it once, within 24 hours.
    ///
    /// What is applied is what was previewed: if the value has moved by then, nothing is sent. Caps hold all the same.
    Approve {
        /// The approval's id, from the list or from the agent.
        id: ApprovalId,
        /// Who decides, for the record [default: your login name]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Deny a previewed write: it can never be confirmed.
    Deny {
        /// The approval's id, from the list or from the agent.
        id: ApprovalId,
        /// Who decides, for the record [default: your login name]
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
}

/// How many approvals are looked through.
const LISTED: i64 = 1000;

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let (store, now) = (open_store(settings).await?, Ambient::system().now());
    match command {
        Command::List { tenant, all } => list(&store, tenant, all, now).await,
        Command::Approve { id, by } => decide(&store, id, ApprovalState::Approved, by, now).await,
        Command::Deny { id, by } => decide(&store, id, ApprovalState::Denied, by, now).await,
    }
}

async fn list(store: &Store, tenant: Option<TenantId>, all: bool, now: Timestamp) -> Result<()> {
    if let Some(tenant) = tenant {
        get_tenant(store, tenant).await?;
    }
    let state = (!all).then_some(ApprovalState::Pending);
    let mut shown = 0;
    for (whose, asked) in store.system().list_approvals(tenant, state, LISTED).await? {
        let preview = preview_of(store, whose, &asked).await?;
        if all || state_of(&asked, &preview, now) == "pending" {
            println!("{}", described(whose, &asked, &preview, now));
            shown += 1;
        }
    }
    if shown == 0 {
        println!("nothing waits for approval");
    }
    Ok(())
}

async fn decide(store: &Store, id: ApprovalId, state: ApprovalState, by: Option<String>, now: Timestamp) -> Result<()> {
    let found = store.system().find_approval(id).await?;
    let (tenant, asked) = found.context("there is no such approval; `turnpike approval list` shows what waits")?;
    let (rows, until) = (store.tenant(tenant), now.plus(APPROVAL_LIFE));
    if !rows.decide_approval(id, state, &by.unwrap_or_else(operator_name), now, until).await? {
        let preview = preview_of(store, tenant, &asked).await?;
        bail!("this was decided before or is over: {}", described(tenant, &asked, &preview, now));
    }
    let preview = preview_of(store, tenant, &asked).await?;
    match state {
        ApprovalState::Approved => {
            println!("approved: {}; the agent can confirm until {until}", one_line(&preview.summary))
        }
        _ => println!("denied: {}", one_line(&preview.summary)),
    }
    Ok(())
}

async fn preview_of(store: &Store, tenant: TenantId, asked: &ApprovalRow) -> Result<PreviewRow> {
    store.tenant(tenant).find_preview(asked.preview_id).await?.context("the preview of this approval is gone")
}

/// What an agent would be told.
fn state_of(asked: &ApprovalRow, preview: &PreviewRow, now: Timestamp) -> &'static str {
    match (asked.state, preview.state) {
        (ApprovalState::Denied, _) => "denied",
        (_, PreviewState::Open) if preview.expires_at <= now => "lapsed",
        (ApprovalState::Approved, PreviewState::Open) => "approved",
        (ApprovalState::Approved, _) => "used",
        (ApprovalState::Pending, _) => "pending",
    }
}

/// One approval, as people read it. Names and arguments are somebody's writing.
fn described(tenant: TenantId, asked: &ApprovalRow, preview: &PreviewRow, now: Timestamp) -> String {
    let decided = match (&asked.decided_by, asked.decided_at) {
        (Some(by), Some(at)) => format!("; decided by {by} at {at}"),
        _ => format!("; waits until {}", preview.expires_at),
    };
    let text = format!(
        "{}  {:<8} tenant {tenant}, {} {} {}: {} Needs approval: {}; asked by {} at {}{decided}",
        asked.id,
        state_of(asked, preview, now),
        preview.integration,
        preview.tool,
        preview.arguments_json,
        preview.summary,
        asked.reason,
        preview.principal,
        asked.requested_at,
    );
    one_line(&text)
}

/// What an agent or a vendor has written shall not look like more than one entry.
fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

//! `turnpike audit`, and what the desk itself adds to the audit log.

use anyhow::{Context as _, Result, bail, ensure};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::TenantId;
use turnpike_store::{AuditHead, NewAuditEvent};

use super::at_the_desk;
use crate::operator::Operator;

/// Name of the secret that the audit log is chained under; a new version gets a new name.
const AUDIT_KEY: &str = "audit/1";

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Go through the audit log and say where each tenant's ends. An event that was changed, moved or taken out is named.
    ///
    /// That the last events were cut off shows only against an end that was noted elsewhere before: keep what this prints,
    /// and give it back with --expect.
    Verify {
        /// Only this tenant's.
        #[arg(long)]
        tenant: Option<TenantId>,
        /// An end that was printed earlier.
        #[arg(long, value_name = "SEQUENCE:HASH", requires = "tenant")]
        expect: Option<AuditHead>,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let Command::Verify { tenant, expect } = command;
    let operator = at_the_desk(settings).await?;
    let key = operator.vault.deployment_secret(AUDIT_KEY).await?;
    let tenants = match tenant {
        Some(tenant) => vec![tenant],
        None => operator.store.system().list_audit_tenants().await?,
    };
    let mut broken = 0;
    for tenant in tenants {
        match operator.store.tenant(tenant).verify_audit(&key, expect).await {
            Ok(head) => println!("{tenant}  {head}"),
            Err(turnpike_store::AuditError::Store(error)) => bail!(error),
            Err(error) => {
                println!("{tenant}  NOT INTACT: {error}");
                broken += 1;
            }
        }
    }
    ensure!(broken == 0, "the audit log is not as it was written");
    Ok(())
}

/// Adds to a tenant's log what was done at the desk to the tenant itself.
pub(super) async fn note(operator: &Operator, tenant: TenantId, action: &str) -> Result<()> {
    let key = operator.vault.deployment_secret(AUDIT_KEY).await?;
    let event = NewAuditEvent {
        at: operator.ambient.now(),
        actor: "desk".into(),
        action: action.into(),
        subject: format!("tenant:{tenant}"),
        details_json: "{}".into(),
    };
    operator.store.tenant(tenant).append_audit(&key, &event).await.context("the audit log cannot be written")?;
    Ok(())
}

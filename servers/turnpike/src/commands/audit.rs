//! `turnpike audit`.

use anyhow::{Result, bail, ensure};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::TenantId;
use turnpike_store::AuditHead;

use super::{at_the_desk, get_tenant};

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
    let tenants = match tenant {
        Some(tenant) => vec![get_tenant(&operator.store, tenant).await?.id],
        None => operator.store.system().list_audit_tenants().await?,
    };
    let mut broken = 0;
    for tenant in tenants {
        match operator.tenancy.verify_audit(tenant, expect).await {
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

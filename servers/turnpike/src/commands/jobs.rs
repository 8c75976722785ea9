//! `turnpike jobs`: long work of a tenant. Neither arguments nor results are shown: they are the tenant's.

use anyhow::Result;
use turnpike_config::Settings;
use turnpike_core::{Ambient, TenantId};

use super::get_tenant;
use crate::operator::open_store;

/// More lines than a person reads.
const MOST: i64 = 1000;

pub(crate) async fn run(settings: &Settings, tenant: TenantId) -> Result<()> {
    let store = open_store(settings).await?;
    get_tenant(&store, tenant).await?;
    let jobs = store.tenant(tenant).list_jobs(Ambient::system().now(), MOST).await?;
    if jobs.is_empty() {
        println!("nothing has outlasted its call in the last hours");
    }
    for job in jobs {
        let delivered = if job.delivered_by.is_some() { ", delivered" } else { "" };
        println!(
            "{}  {} {:<10} {}/{}{delivered}, kept until {}",
            job.id,
            job.created_at,
            job.state.as_str(),
            job.integration,
            job.tool,
            job.expires_at
        );
    }
    Ok(())
}

//! `turnpike usage`: the ledger, summed.

use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, NaiveDate, Utc};
use clap::Args;
use serde_json::json;
use turnpike_config::Settings;
use turnpike_core::{Ambient, Money, TenantId, Timestamp};
use turnpike_store::{CallFilter, CallRow, Store};

use super::{day, get_tenant};
use crate::operator::open_store;

#[derive(Args)]
pub(crate) struct Options {
    /// Only this tenant [default: all]
    #[arg(long)]
    tenant: Option<TenantId>,
    /// First day, UTC, YYYY-MM-DD [default: the first of this month]
    #[arg(long, value_parser = day::parse)]
    since: Option<NaiveDate>,
    /// Last day, UTC, included [default: today]
    #[arg(long, value_parser = day::parse)]
    until: Option<NaiveDate>,
    /// Also the newest single calls, so many of each tenant.
    #[arg(long, default_value_t = 0)]
    calls: i64,
    /// JSON, a line each.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(settings: &Settings, options: &Options) -> Result<()> {
    let store = open_store(settings).await?;
    let (since, until) = period(options, Ambient::system().now().to_utc())?;
    let tenants = match options.tenant {
        Some(tenant) => {
            vec![get_tenant(&store, tenant).await?]
        }
        None => store.system().list_tenants().await?,
    };
    for tenant in tenants {
        print_tenant(&store, tenant.id, &tenant.name, since, until, options).await?;
    }
    Ok(())
}

fn period(options: &Options, now: DateTime<Utc>) -> Result<(Timestamp, Timestamp)> {
    let today = now.date_naive();
    let first = options.since.or_else(|| chrono::Datelike::with_day(&today, 1)).unwrap_or(today);
    let last = options.until.unwrap_or(today).succ_opt().context("--until is too late a day")?;
    ensure!(first < last, "--since is after --until");
    Ok((day::midnight(first), day::midnight(last)))
}

async fn print_tenant(
    store: &Store,
    id: TenantId,
    name: &str,
    since: Timestamp,
    until: Timestamp,
    options: &Options,
) -> Result<()> {
    let rows = store.tenant(id);
    let lines = rows.usage(since, until).await?;
    let filter = CallFilter { since: Some(since), until: Some(until), limit: options.calls, ..CallFilter::default() };
    let calls = if options.calls > 0 { rows.list_calls(&filter).await? } else { vec![] };
    if options.json {
        for line in &lines {
            let (price, list_price) = (line.price, line.list_price);
            println!(
                "{}",
                json!({
                    "tenant_id": id, "integration": line.integration, "tool": line.tool, "outcome": line.outcome, "calls": line.calls,
                    "upstream_requests": line.upstream_requests, "price_micros": price, "list_price_micros": list_price, "currency": line.currency,
                })
            );
        }
        calls.iter().for_each(|call| println!("{}", json!({
            "tenant_id": id, "call_id": call.call_id, "integration": call.integration, "tool": call.tool, "outcome": call.outcome,
            "class": call.class, "principal": call.principal, "client": call.client,
            "price_micros": call.price, "currency": call.currency, "started_at": call.started_at,
        })));
        return Ok(());
    }
    println!("{name} ({id})");
    if lines.is_empty() {
        println!("  no calls");
    }
    for line in &lines {
        let price = Money { micros: line.price, currency: line.currency };
        println!(
            "  {:<14} {:<20} {:<14} {:>7} calls {:>7} upstream {:>16}",
            line.integration,
            line.tool,
            line.outcome.as_str(),
            line.calls,
            line.upstream_requests,
            price.to_string()
        );
    }
    calls.iter().for_each(|call| println!("  {}", call_line(call)));
    Ok(())
}

/// One call, as people read it.
pub(crate) fn call_line(call: &CallRow) -> String {
    let money = |micros| Money { micros, currency: call.currency };
    format!(
        "{} {} {}/{} {}{}, {} upstream requests, {} ms, list price {}, charged {}",
        call.started_at,
        call.call_id,
        call.integration,
        call.tool,
        call.outcome,
        call.class.as_ref().map(|class| format!(" ({class})")).unwrap_or_default(),
        call.upstream_requests,
        call.duration_micros / 1000,
        money(call.list_price),
        money(call.price),
    )
}

//! Usage that the meter does not take any more, or that its invoice does not wait for: an invoice item, or given up.

use chrono::Months;
use turnpike_config::LateUsage;
use turnpike_core::{Micros, Money, Timestamp};
use turnpike_metering::rate;
use turnpike_store::{BatchState, InvoiceState, LineKind, Subscription, TenantStore, UsageBatch};

use super::{LateCharge, UsageSink, counted_at, send::is_too_old};
use crate::{Billing, BillingError};

/// Why a batch is too late, and for which period it is.
pub(super) struct Lateness {
    why: &'static str,
    since: Timestamp,
    until: Timestamp,
    plan: String,
    price_version: i64,
}

impl Billing {
    /// Whether a batch is too late for the meter.
    pub(super) async fn lateness(
        &self,
        rows: &TenantStore,
        subscription: &Subscription,
        batch: &UsageBatch,
        now: Timestamp,
    ) -> Result<Option<Lateness>, BillingError> {
        let old = is_too_old(counted_at(batch), now);
        let present =
            batch.window_start >= subscription.period_start && subscription.cancel_at.is_none_or(|at| at > now);
        if present && !old {
            return Ok(None);
        }
        for invoice in rows.list_invoices().await? {
            let is_final =
                matches!(invoice.state, InvoiceState::Open | InvoiceState::Paid | InvoiceState::Uncollectible);
            if !is_final || invoice.external_id.is_none() {
                continue;
            }
            let issued = invoice.issued_at.unwrap_or(invoice.created_at);
            let lines = rows.list_invoice_lines(invoice.id).await?;
            let covers = lines.iter().find(|line| {
                // An invoice that was issued before can only have announced the period.
                line.kind == LineKind::Usage
                    && (line.since..line.until).contains(&batch.window_start)
                    && issued >= line.until
            });
            if let Some(line) = covers {
                return Ok(Some(Lateness {
                    why: "the invoice of its period is final",
                    since: line.since,
                    until: line.until,
                    plan: invoice.plan.unwrap_or_else(|| subscription.plan.clone()),
                    price_version: invoice.price_version,
                }));
            }
        }
        let (since, until) = period_around(subscription, batch.window_start);
        let Subscription { plan, price_version, .. } = subscription;
        let why = "it is too old for the meter";
        Ok(old.then(|| Lateness { why, since, until, plan: plan.clone(), price_version: *price_version }))
    }

    /// Charges a late batch, or gives it up, as the settings say.
    pub(super) async fn settle_late(
        &self,
        sink: &dyn UsageSink,
        rows: &TenantStore,
        subscription: &Subscription,
        batch: &UsageBatch,
        late: &Lateness,
    ) -> Result<bool, BillingError> {
        let (tenant, why) = (rows.id(), late.why);
        let given_up = match self.0.settings.late_usage {
            LateUsage::WriteOff => Some("given up"),
            LateUsage::Invoice if batch.window_end <= subscription.created_at => Some("used before the subscription"),
            LateUsage::Invoice if subscription.trial_ends_at.is_some_and(|end| batch.window_end <= end) => {
                Some("used in the trial, which is free")
            }
            LateUsage::Invoice => None,
        };
        if let Some(given_up) = given_up {
            tracing::warn!(%tenant, identifier = batch.identifier, units = batch.units, why, given_up, "late usage is given up");
            return self.note(tenant, batch, BatchState::WrittenOff, Some(&format!("{given_up}: {why}"))).await;
        }
        let book = self.0.books.version(late.price_version);
        let currency = book.currency();
        let Some(plan) = book.plan(&late.plan) else {
            let reason = format!("there is no plan `{}` any more to charge it by", late.plan);
            return self.note(tenant, batch, BatchState::Rejected, Some(&reason)).await;
        };
        // What it adds to what its period has cost already.
        let others = rows.list_usage_batches(late.since, late.until).await?;
        let charged = others.iter().filter(|other| {
            matches!(other.state, BatchState::Accepted | BatchState::Invoiced)
                && (other.window_start, other.sequence) != (batch.window_start, batch.sequence)
        });
        let before: i64 = charged.map(|other| other.units).sum();
        let cost = |units| rate(plan, units, currency).iter().map(|tier| tier.amount.0).sum::<i64>();
        let amount = Micros(cost(before + batch.units) - cost(before));
        let how = format!("{}: {why}", Money { micros: amount, currency });
        if amount.0 == 0 {
            return self.note(tenant, batch, BatchState::Invoiced, Some(&how)).await;
        }
        let (first, last) = (batch.window_start.to_utc(), batch.window_end.to_utc());
        let charge = LateCharge {
            customer: subscription.customer_id.clone().unwrap_or_default(),
            subscription: subscription
                .external_id
                .clone()
                .filter(|_| subscription.cancel_at.is_none_or(|at| at > self.now())),
            identifier: batch.identifier.clone(),
            description: format!(
                "{} units used on {} UTC",
                batch.units,
                format_args!("{}–{}", first.format("%Y-%m-%d %H:%M"), last.format("%H:%M"))
            ),
            amount,
            currency,
            since: batch.window_start,
            until: batch.window_end,
        };
        let delivery = sink.charge(&charge).await;
        self.take_note(tenant, batch, BatchState::Invoiced, Some(&how), delivery).await
    }
}

/// The period that an instant before the present one belongs to: months before it.
fn period_around(subscription: &Subscription, at: Timestamp) -> (Timestamp, Timestamp) {
    let start = subscription.period_start.to_utc();
    let before =
        |months| start.checked_sub_months(Months::new(months)).map(|at| Timestamp::from_micros(at.timestamp_micros()));
    let mut until = subscription.period_end;
    for months in 0..120 {
        let Some(since) = before(months) else { break };
        if since <= at {
            return (since, until);
        }
        until = since;
    }
    (at, until)
}

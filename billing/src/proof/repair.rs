//! What would make an hour agree, and doing it where so little money may be moved without asking.

use turnpike_core::{TenantId, Timestamp};
use turnpike_metering::tiers;
use turnpike_store::{BatchState, Subscription, UsageBatch};

use crate::{
    Billing, BillingError,
    usage::{Delivery, UsageEvent, hours_after, may_be_missing_from_sums},
};

/// An hour of a tenant, as everybody has it.
#[derive(Debug, Default)]
pub(super) struct Hour {
    /// In the ledger.
    pub(super) used: i64,
    /// In batches.
    pub(super) batches: Vec<UsageBatch>,
    /// At the payment provider.
    pub(super) metered: i64,
}

impl Billing {
    /// The ledger and the batches do not agree.
    pub(super) async fn repair_sealing(
        &self,
        subscription: Option<&Subscription>,
        start: Timestamp,
        hour: &Hour,
    ) -> Result<(String, bool), BillingError> {
        let batched: i64 = hour.batches.iter().map(|batch| batch.units).sum();
        let missing = hour.used - batched;
        if missing < 0 {
            let words =
                "batches count calls that the ledger does not have: find out how they were lost, and restore them";
            return Ok((words.into(), false));
        }
        let may = self.may_repair(subscription, missing);
        if may {
            self.seal_since(start, self.now()).await?;
        }
        Ok((format!("`turnpike billing seal --since {}` seals {missing} units", start.to_utc().date_naive()), may))
    }

    /// The batches and the meter do not agree.
    pub(super) async fn repair_meter(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
        start: Timestamp,
        hour: &Hour,
    ) -> Result<(String, bool), BillingError> {
        let in_state = |states: &[BatchState]| {
            let of = |batch: &&UsageBatch| states.contains(&batch.state);
            hour.batches.iter().filter(of).collect::<Vec<_>>()
        };
        let waiting = in_state(&[BatchState::Sealed, BatchState::Sending]);
        if let Some(first) = waiting.first() {
            let why = first.reason.as_deref().map(|why| format!(" ({why})")).unwrap_or_default();
            return Ok((format!("nothing yet: {} of its batches are on their way{why}", waiting.len()), false));
        }
        if !in_state(&[BatchState::Uncertain]).is_empty() {
            return Ok(("nothing yet: the sums will say whether its uncertain batches arrived".into(), false));
        }
        let late = in_state(&[BatchState::Accepted]).into_iter();
        let counted_late = late.filter(|batch| may_be_missing_from_sums(batch, self.now())).count();
        if counted_late > 0 {
            let words =
                format!("nothing yet: {counted_late} of its batches arrived lately, and may not be in the sums");
            return Ok((words, false));
        }
        let sum = |batches: &[&UsageBatch]| batches.iter().map(|batch| batch.units).sum::<i64>();
        let missing = sum(&in_state(&[BatchState::Accepted])) - hour.metered;
        let rejected = in_state(&[BatchState::Rejected]);
        if !rejected.is_empty() && missing == 0 {
            let may = self.may_repair(Some(subscription), sum(&rejected));
            let mut words = vec![];
            for batch in rejected {
                let (identifier, why) = (&batch.identifier, batch.reason.as_deref().unwrap_or("no reason was given"));
                words.push(format!("`turnpike billing resend {identifier}`, which was refused: {why}"));
                if may {
                    self.resend_batch(identifier).await?;
                }
            }
            return Ok((words.join("; "), may));
        }
        let repaired = self.may_repair(Some(subscription), missing)
            && self.compensate(tenant, subscription, start, missing, hour.metered).await;
        let words = match missing {
            1.. => format!("a meter event of {missing} units in this hour"),
            _ => format!("a meter event of {missing} units in this hour takes back what was counted too much"),
        };
        Ok((words, repaired))
    }

    /// Corrects what is counted. The identifier is made of what was found, so that it is corrected once; when it was, the next
    /// proof finds another sum.
    async fn compensate(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
        start: Timestamp,
        units: i64,
        found: i64,
    ) -> bool {
        let (Some(sink), Some(customer)) = (self.usage_sink(), subscription.customer_id.clone()) else { return false };
        let seconds = start.micros().div_euclid(1_000_000);
        let identifier = format!("u1:{tenant}:{seconds}:fix:{found}:{units}");
        // In the hour's last second, unless a period ends within the hour: then in its first.
        let end = hours_after(start, 1);
        let split = [subscription.period_start, subscription.period_end].iter().any(|at| *at > start && *at < end);
        let at = if split { start } else { Timestamp::from_micros(end.micros() - 1_000_000) };
        let attempt = self.now().micros();
        let delivery = sink.send(&UsageEvent { customer, identifier, attempt, units, at }).await;
        tracing::warn!(%tenant, units, %start, ?delivery, "what is counted was corrected");
        matches!(delivery, Delivery::Accepted | Delivery::Duplicate)
    }

    /// Whether so many units are worth so little that nobody needs to be asked.
    fn may_repair(&self, subscription: Option<&Subscription>, units: i64) -> bool {
        let most = self.0.settings.repair_up_to;
        let Some(subscription) = subscription.filter(|_| most > 0) else { return false };
        let book = self.0.books.version(subscription.price_version);
        let dearest = book.plan(&subscription.plan).and_then(|plan| tiers(plan).iter().map(|(_, price)| price.0).max());
        dearest.is_some_and(|price| units.saturating_abs().saturating_mul(price) <= most)
    }
}

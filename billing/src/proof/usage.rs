//! Ledger, batches and meter of one tenant, hour by hour.

use std::collections::BTreeMap;

use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{BatchState, Subscription, UsageBatch};

use super::{Difference, Proof, repair::Hour};
use crate::{
    Billing, BillingError,
    usage::{counted_at, hour_of, hours_after},
};

impl Billing {
    pub(super) async fn compare_usage(&self, tenant: TenantId, proof: &mut Proof) -> Result<(), BillingError> {
        let rows = self.0.store.tenant(tenant);
        let subscription = rows.find_subscription().await?;
        let mut hours = BTreeMap::<Timestamp, Hour>::new();
        for used in rows.list_used_hours(proof.since, proof.until).await? {
            hours.entry(used.hour).or_default().used = used.units;
        }
        for batch in rows.list_usage_batches(proof.since, proof.until).await? {
            hours.entry(hour_of(counted_at(&batch))).or_default().batches.push(batch);
        }
        let metered = self.add_sums(subscription.as_ref(), proof, &mut hours).await;
        if hours.is_empty() {
            return metered.map(drop);
        }
        proof.customers += 1;
        proof.hours += hours.len();
        for (start, hour) in &hours {
            if hour.used != hour.batched() {
                let (repair, repaired) = self.repair_sealing(subscription.as_ref(), *start, hour).await?;
                let between = ("ledger", "batches");
                let found = (hour.used, hour.batched());
                proof.differences.push(difference(tenant, between, *start, found, repair, repaired));
            }
            if let (Ok(true), Some(subscription)) = (&metered, &subscription)
                && hour.due() != hour.metered
            {
                let (repair, repaired) = self.repair_meter(tenant, subscription, *start, hour).await?;
                let between = ("batches", "meter");
                let found = (hour.due(), hour.metered);
                proof.differences.push(difference(tenant, between, *start, found, repair, repaired));
            }
        }
        if let Err(error) = metered {
            // Whoever cannot be asked is not proven, and does not keep the others from it.
            let repair = format!("the meter could not be asked: {error}; run the proof again");
            let due = hours.values().map(Hour::due).sum();
            let mut unknown = difference(tenant, ("batches", "meter"), proof.since, (due, 0), repair, false);
            unknown.until = proof.until;
            proof.differences.push(unknown);
        }
        Ok(())
    }

    /// Adds what the meter has counted; whether it counts for this tenant at all.
    async fn add_sums(
        &self,
        subscription: Option<&Subscription>,
        proof: &Proof,
        hours: &mut BTreeMap<Timestamp, Hour>,
    ) -> Result<bool, BillingError> {
        let customer = subscription.and_then(|subscription| subscription.customer_id.as_deref());
        let (Some(sink), Some(customer)) = (self.usage_sink(), customer) else { return Ok(false) };
        for (hour, units) in sink.sums(customer, proof.since, proof.until).await? {
            if units != 0 {
                hours.entry(hour).or_default().metered = units;
            }
        }
        Ok(true)
    }
}

impl Hour {
    /// What is in batches.
    fn batched(&self) -> i64 {
        self.batches.iter().map(|batch| batch.units).sum()
    }

    /// What the meter should have: all that was not charged otherwise, or given up.
    fn due(&self) -> i64 {
        let elsewhere = |batch: &&UsageBatch| !matches!(batch.state, BatchState::Invoiced | BatchState::WrittenOff);
        self.batches.iter().filter(elsewhere).map(|batch| batch.units).sum()
    }
}

fn difference(
    tenant: TenantId,
    between: (&'static str, &'static str),
    since: Timestamp,
    (first, second): (i64, i64),
    repair: String,
    repaired: bool,
) -> Difference {
    Difference { tenant, between, since, until: hours_after(since, 1), first, second, repair, repaired }
}

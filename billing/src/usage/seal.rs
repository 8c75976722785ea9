//! Summing up the hours that are over, each within one period of its tenant's subscription.

use std::{collections::HashMap, sync::atomic::Ordering, time::Duration};

use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{StoreError, Subscription};

use super::{HOUR, hour_of, hours_after};
use crate::{Billing, BillingError};

/// How long after its end a window is sealed. A call is in the ledger before its answer leaves; what comes later all the same
/// is in the next batch of that hour.
const SETTLE: Duration = Duration::from_secs(300);

/// How many hours a round looks back; the first round after an hour is over, for calls that took long; and the first of a
/// process, for whatever was left behind. Stripe takes nothing that is older than 35 days.
const EACH_ROUND: i64 = 3;
const EACH_HOUR: i64 = 48;
const AT_FIRST: i64 = 40 * 24;

impl Billing {
    /// All hours were sealed at that time, by whichever process: the first round of this one need not look at all before.
    pub fn seal_from(&self, ended: Option<Timestamp>) {
        if let Some(ended) = ended {
            let hour = hour_of(ended).micros();
            self.0.usage.sealed_until.compare_exchange(0, hour, Ordering::SeqCst, Ordering::SeqCst).ok();
        }
    }

    /// Seals what was used in the hours that are over; how many batches. A tenant for which it fails stops no other: the first
    /// error is given out in the end.
    pub async fn seal_usage(&self, now: Timestamp) -> Result<usize, BillingError> {
        let over = hour_of(now.minus(SETTLE));
        // From where the last round stood: it may have been long ago, on a machine that was put to sleep.
        let since = match self.0.usage.sealed_until.load(Ordering::SeqCst) {
            0 => hours_after(over, -AT_FIRST),
            until if until < over.micros() => hours_after(Timestamp::from_micros(until), -EACH_HOUR),
            _ => hours_after(over, -EACH_ROUND),
        };
        let sealed = self.seal_since(since, now).await?;
        self.0.usage.sealed_until.store(over.micros(), Ordering::SeqCst);
        Ok(sealed)
    }

    /// The same, of the calls begun at `since` or later.
    pub async fn seal_since(&self, since: Timestamp, now: Timestamp) -> Result<usize, BillingError> {
        let system = self.0.store.system();
        let until = now.minus(SETTLE);
        let hours = system.list_unsealed_hours(hour_of(since), until).await?;
        if hours.is_empty() {
            return Ok(0);
        }
        let subscriptions: HashMap<_, _> = system.list_subscriptions().await?.into_iter().collect();
        let (mut sealed, mut result) = (0, Ok(()));
        for (tenant, hour) in hours {
            match self.seal_hour(tenant, subscriptions.get(&tenant), hour, until, now).await {
                Ok(count) => sealed += count,
                Err(error) => {
                    tracing::warn!(%tenant, %hour, %error, "an hour was not sealed");
                    result = result.and(Err(error));
                }
            }
        }
        result.map(|()| sealed)
    }

    /// Seals what a tenant has used in this hour and the one before, without waiting for their end: what comes later is another
    /// batch.
    pub(crate) async fn seal_present_hour(&self, tenant: TenantId, now: Timestamp) -> Result<(), BillingError> {
        let present = hour_of(now);
        let windows = [(Timestamp::from_micros(present.micros() - HOUR), present), (present, now)];
        for (start, end) in windows.into_iter().filter(|(start, end)| start < end) {
            let identify = |sequence| identifier(tenant, start, sequence);
            self.0.store.tenant(tenant).seal_usage((start, end), identify, now).await?;
        }
        Ok(())
    }

    async fn seal_hour(
        &self,
        tenant: TenantId,
        subscription: Option<&Subscription>,
        hour: Timestamp,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<usize, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let mut borders = subscription.map(borders_of).unwrap_or_default();
        if subscription.is_some_and(|subscription| hour < subscription.period_start) {
            // Of periods before the present one the invoices know.
            let invoices = rows.list_invoices().await?;
            borders.extend(invoices.iter().flat_map(|invoice| [invoice.period_start, invoice.period_end]));
        }
        let mut sealed = 0;
        for (start, end) in windows(hour, &borders).into_iter().filter(|(_, end)| *end <= until) {
            match rows.seal_usage((start, end), |sequence| identifier(tenant, start, sequence), now).await {
                Ok(batch) => sealed += usize::from(batch.is_some()),
                // Another worker has sealed it at the same moment.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(sealed)
    }
}

/// Where usage of one invoice ends and that of another begins.
fn borders_of(subscription: &Subscription) -> Vec<Timestamp> {
    let Subscription { period_start, period_end, trial_ends_at, cancel_at, .. } = subscription;
    [Some(*period_start), Some(*period_end), *trial_ends_at, *cancel_at].into_iter().flatten().collect()
}

/// An hour, cut where a period ends within it.
fn windows(hour: Timestamp, borders: &[Timestamp]) -> Vec<(Timestamp, Timestamp)> {
    let end = Timestamp::from_micros(hour.micros() + HOUR);
    let mut cuts: Vec<_> = borders.iter().copied().filter(|border| *border > hour && *border < end).collect();
    cuts.extend([hour, end]);
    cuts.sort_unstable();
    cuts.dedup();
    cuts.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The name of a batch at the payment provider: at most 100 characters, and the same whoever seals it.
fn identifier(tenant: TenantId, start: Timestamp, sequence: i64) -> String {
    let (seconds, rest) = (start.micros().div_euclid(1_000_000), start.micros().rem_euclid(1_000_000));
    match rest {
        0 => format!("u1:{tenant}:{seconds}:{sequence}"),
        rest => format!("u1:{tenant}:{seconds}.{rest:06}:{sequence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_8: Timestamp = Timestamp::from_micros(8 * HOUR);

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_micros(8 * HOUR + minutes * 60_000_000)
    }

    #[test]
    fn an_hour_is_cut_where_a_period_ends_and_nowhere_else() {
        assert_eq!(windows(HOUR_8, &[]), [(HOUR_8, at(60))]);
        assert_eq!(windows(HOUR_8, &[HOUR_8, at(60), at(-5), at(61)]), [(HOUR_8, at(60))]);
        let cut = windows(HOUR_8, &[at(30), at(10), at(30)]);
        assert_eq!(cut, [(HOUR_8, at(10)), (at(10), at(30)), (at(30), at(60))]);
    }

    #[test]
    fn an_identifier_is_short_and_tells_two_windows_apart() {
        let tenant = turnpike_core::Ambient::system().id();
        let whole = identifier(tenant, HOUR_8, 0);
        assert_eq!(whole, format!("u1:{tenant}:28800:0"));
        let part = identifier(tenant, HOUR_8.plus(Duration::from_micros(1)), i64::MAX);
        assert!(part != whole && part.len() <= 100, "{part}");
    }
}

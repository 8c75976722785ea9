//! Batches that were sent so long ago that their identifiers may be forgotten: the provider's sums tell whether they arrived.

use std::collections::BTreeMap;

use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{BatchState, UsageBatch};

use super::{UsageSink, counted_at, hour_of, hours_after, may_be_missing_from_sums};
use crate::{Billing, BillingError};

/// So many are looked into in one round.
const AT_MOST: i64 = 1_000;

/// Sums that cannot be explained are asked for again after so many hours: they may change, or somebody has looked into them.
const AGAIN_HOURS: i64 = 6;

/// What the sums say of the uncertain batches of an hour.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    /// All have arrived.
    All,
    /// None has.
    None,
    /// Some have, and that one may be missing.
    Missing(usize),
    /// The sums cannot be explained.
    Unclear,
}

impl Billing {
    /// Asks for the sums of the hours that have uncertain batches. A customer for which it fails stops no other.
    pub(super) async fn look_into_uncertain(&self, sink: &dyn UsageSink) -> Result<(), BillingError> {
        let all = self.0.store.system().list_usage_batches_in(BatchState::Uncertain, AT_MOST).await?;
        let mut hours: BTreeMap<(TenantId, Timestamp), Vec<UsageBatch>> = BTreeMap::new();
        for (tenant, batch) in all {
            hours.entry((tenant, hour_of(counted_at(&batch)))).or_default().push(batch);
        }
        let mut result = Ok(());
        for ((tenant, hour), uncertain) in hours {
            if let Err(error) = self.look_into_hour(sink, tenant, hour, &uncertain).await {
                tracing::warn!(%tenant, %hour, %error, "the sums of an hour were not found out");
                result = result.and(Err(error));
            }
        }
        result
    }

    async fn look_into_hour(
        &self,
        sink: &dyn UsageSink,
        tenant: TenantId,
        hour: Timestamp,
        uncertain: &[UsageBatch],
    ) -> Result<(), BillingError> {
        let now = self.now();
        let fresh = |batch: &UsageBatch| may_be_missing_from_sums(batch, now);
        if uncertain.iter().any(|batch| fresh(batch) || batch.next_attempt_at > now) {
            return Ok(());
        }
        let rows = self.0.store.tenant(tenant);
        let Some(customer) = rows.find_subscription().await?.and_then(|subscription| subscription.customer_id) else {
            return Ok(());
        };
        let end = hours_after(hour, 1);
        let before = rows.list_usage_batches(hour, end).await?;
        // One that is on its way may or may not be in the sums, and one that was counted lately not yet.
        let moving = |batch: &UsageBatch| match batch.state {
            BatchState::Sealed | BatchState::Sending => true,
            BatchState::Accepted => fresh(batch),
            _ => false,
        };
        if before.iter().any(moving) {
            return Ok(());
        }
        let sums = sink.sums(&customer, hour, end).await?;
        if rows.list_usage_batches(hour, end).await? != before {
            return Ok(());
        }
        let counted: i64 = sums.iter().map(|(_, units)| units).sum();
        let accepted = before.iter().filter(|batch| batch.state == BatchState::Accepted);
        let rest = counted - accepted.map(|batch| batch.units).sum::<i64>();
        let units: Vec<_> = uncertain.iter().map(|batch| batch.units).collect();
        let verdict = verdict(rest, &units);
        tracing::info!(%tenant, %hour, counted, rest, ?units, ?verdict, "the sums tell of uncertain batches");
        if verdict == Verdict::Unclear {
            tracing::error!(%tenant, %hour, rest, ?units, "the sums of an hour cannot be explained");
        }
        for (place, batch) in uncertain.iter().enumerate() {
            let key = (batch.window_start, batch.sequence);
            match verdict {
                Verdict::All => {
                    rows.settle_usage_batch(key, BatchState::Uncertain, BatchState::Accepted, None, now).await?;
                }
                Verdict::None => {
                    rows.reopen_usage_batch(key, BatchState::Uncertain, &batch.identifier, now).await?;
                }
                // One at a time: when it has been sent again, the sums say more.
                Verdict::Missing(missing) if missing == place => {
                    rows.reopen_usage_batch(key, BatchState::Uncertain, &batch.identifier, now).await?;
                }
                Verdict::Missing(_) => {}
                Verdict::Unclear => {
                    let reason = format!(
                        "the provider's sums leave {rest} units for this hour's uncertain batches of {units:?}"
                    );
                    let again = hours_after(now, AGAIN_HOURS);
                    rows.postpone_usage_batch(key, BatchState::Uncertain, again, &reason).await?;
                }
            }
        }
        Ok(())
    }
}

/// `rest` is what the provider has counted beside the batches that it surely has.
fn verdict(rest: i64, units: &[i64]) -> Verdict {
    if rest == units.iter().sum::<i64>() {
        return Verdict::All;
    }
    if rest == 0 {
        return Verdict::None;
    }
    let without = |place: usize| {
        let others = units.iter().enumerate().filter(|(other, _)| *other != place);
        others.map(|(_, units)| *units).collect::<Vec<_>>()
    };
    (0..units.len()).find(|place| can_sum_up_to(rest, &without(*place))).map_or(Verdict::Unclear, Verdict::Missing)
}

/// Whether some of the numbers, which are above nought, have that sum.
fn can_sum_up_to(sum: i64, numbers: &[i64]) -> bool {
    let mut sums = std::collections::BTreeSet::from([0]);
    for number in numbers {
        let more: Vec<_> = sums.iter().map(|known| known + number).filter(|more| *more <= sum).collect();
        sums.extend(more);
    }
    sums.contains(&sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_say_which_batches_have_arrived() {
        for (rest, units, expected) in [
            (5, &[5][..], Verdict::All),
            (0, &[5], Verdict::None),
            (3, &[5], Verdict::Unclear),
            (-5, &[5], Verdict::Unclear),
            (10, &[5], Verdict::Unclear),
            (5, &[5, 5], Verdict::Missing(0)),
            (7, &[7, 4], Verdict::Missing(1)),
            (4, &[7, 4], Verdict::Missing(0)),
            (10, &[5, 5, 10], Verdict::Missing(0)),
            (15, &[5, 5, 10], Verdict::Missing(0)),
            (3, &[5, 5, 10], Verdict::Unclear),
        ] {
            assert_eq!(verdict(rest, units), expected, "{rest} of {units:?}");
        }
    }
}

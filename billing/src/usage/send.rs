//! The outbox: each batch is sent until it is known what became of it, one of a tenant at a time.

use std::time::Duration;

use futures_util::{
    FutureExt as _,
    stream::{FuturesUnordered, StreamExt as _},
};
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{BatchState, UsageBatch};

use super::{Delivery, UsageEvent, UsageSink, counted_at};
use crate::{Billing, BillingError};

/// How long one worker has a batch for itself: longer than its requests take together.
const LEASE: Duration = Duration::from_secs(300);

/// To so many customers at once.
const AT_ONCE: usize = 8;

/// The provider remembers an identifier for a day; so long after the first attempt a batch may be sent again.
const REMEMBERED: Duration = Duration::from_secs(23 * 3600);

/// How long a batch waits after its first attempt, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(900);

impl Billing {
    /// Sends what is sealed, until nothing is due; how many batches were settled. Without a payment provider nothing is sent.
    /// What fails for one customer stops no other: the first error is given out in the end.
    pub async fn send_usage(&self) -> Result<usize, BillingError> {
        let Some(sink) = self.usage_sink() else { return Ok(0) };
        let mut result = self.look_into_uncertain(sink).await;
        let mut settled = 0;
        loop {
            let mut progress = 0;
            for outcome in self.send_due(sink).await {
                match outcome {
                    Ok(done) => progress += usize::from(done),
                    Err(error) => result = result.and(Err(error)),
                }
            }
            settled += progress;
            if progress == 0 {
                return result.map(|()| settled);
            }
        }
    }

    /// Sends the next batch of every customer that has one, of several at once.
    async fn send_due(&self, sink: &dyn UsageSink) -> Vec<Result<bool, BillingError>> {
        let (mut under_way, mut outcomes, mut more) = (FuturesUnordered::new(), vec![], true);
        loop {
            while more && under_way.len() < AT_ONCE {
                let now = self.now();
                match self.0.store.system().lease_usage_batch(now, now.plus(LEASE)).await {
                    Ok(Some((tenant, batch))) => under_way.push(self.settle(sink, tenant, batch).boxed()),
                    Ok(None) => more = false,
                    Err(error) => {
                        outcomes.push(Err(error.into()));
                        more = false;
                    }
                }
            }
            match under_way.next().await {
                Some(outcome) => outcomes.push(outcome),
                None => return outcomes,
            }
        }
    }

    /// Brings a leased batch on its way; whether something has become of it.
    async fn settle(&self, sink: &dyn UsageSink, tenant: TenantId, batch: UsageBatch) -> Result<bool, BillingError> {
        let batch = &batch;
        let now = self.now();
        if batch.first_attempt_at.is_some_and(|first| now >= first.plus(REMEMBERED)) {
            let reason = "sent too long ago to be sent again";
            return self.note(tenant, batch, BatchState::Uncertain, Some(reason)).await;
        }
        let rows = self.0.store.tenant(tenant);
        let Some(subscription) = rows.find_subscription().await? else { return Ok(false) };
        let Some(customer) = subscription.customer_id.clone() else { return Ok(false) };
        if let Some(late) = self.lateness(&rows, &subscription, batch, now).await? {
            // An attempt before this one may have been counted.
            if batch.attempts > 1 {
                return self.note(tenant, batch, BatchState::Uncertain, Some("became too late to be sent again")).await;
            }
            return self.settle_late(sink, &rows, &subscription, batch, &late).await;
        }
        let event = UsageEvent {
            customer,
            identifier: batch.identifier.clone(),
            attempt: batch.attempts,
            units: batch.units,
            at: counted_at(batch),
        };
        let delivery = sink.send(&event).await;
        self.take_note(tenant, batch, BatchState::Accepted, None, delivery).await
    }

    /// Notes an answer; `taken` is what becomes of the batch if it was a good one.
    pub(super) async fn take_note(
        &self,
        tenant: TenantId,
        batch: &UsageBatch,
        taken: BatchState,
        how: Option<&str>,
        delivery: Delivery,
    ) -> Result<bool, BillingError> {
        let identifier = batch.identifier.as_str();
        let (retry_at, reason) = match delivery {
            Delivery::Accepted | Delivery::Duplicate => {
                tracing::debug!(%tenant, identifier, units = batch.units, ?delivery, "a batch of usage was delivered");
                return self.note(tenant, batch, taken, how).await;
            }
            Delivery::Refused(reason) => {
                tracing::error!(%tenant, identifier, units = batch.units, reason, "a batch of usage is refused");
                return self.note(tenant, batch, BatchState::Rejected, Some(&reason)).await;
            }
            Delivery::Later { retry_at, reason } => (retry_at, reason),
            Delivery::Unknown(reason) => (None, reason),
        };
        let next = self.now().plus(pause(batch.attempts));
        let next = retry_at.map_or(next, |at| at.max(next));
        tracing::warn!(%tenant, identifier, attempts = batch.attempts, reason, %next, "a batch of usage was not delivered");
        let place = (batch.window_start, batch.sequence);
        self.0.store.system().release_usage_batch(tenant, place, next, &reason).await?;
        Ok(false)
    }

    pub(super) async fn note(
        &self,
        tenant: TenantId,
        batch: &UsageBatch,
        after: BatchState,
        reason: Option<&str>,
    ) -> Result<bool, BillingError> {
        let (place, now) = ((batch.window_start, batch.sequence), self.now());
        let rows = self.0.store.tenant(tenant);
        Ok(rows.settle_usage_batch(place, BatchState::Sending, after, reason, now).await?)
    }
}

/// What is waited after so many attempts.
fn pause(attempts: i64) -> Duration {
    let doubled = u32::try_from(attempts.clamp(1, 16) - 1).unwrap_or_default();
    (FIRST_PAUSE * 2_u32.pow(doubled)).min(LONGEST_PAUSE)
}

/// Whether that is so long ago that Stripe, which takes 35 days, might not take it any more.
pub(super) fn is_too_old(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) >= Duration::from_secs(34 * 24 * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_then_do_not() {
        let seconds = [1, 2, 3, 8, 9, 1_000].map(|attempts| pause(attempts).as_secs());
        assert_eq!(seconds, [5, 10, 20, 640, 900, 900]);
        assert_eq!(pause(0), FIRST_PAUSE);
    }
}

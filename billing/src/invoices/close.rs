//! Closes the periods that are over, each once.

use std::time::Duration;

use turnpike_config::PaymentProvider;
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{LineKind, Subscription, SubscriptionState};

use crate::{
    Billing, BillingError,
    invoices::{
        calendar::next_month,
        issue::{Bill, period_invoice},
    },
};

/// How long after its end a period is closed, so that calls that were under way then are in the ledger.
pub(super) const LATE: Duration = Duration::from_hours(2);

/// How often one that was changed in the meantime is looked at again.
const ATTEMPTS: usize = 5;

impl Billing {
    /// Closes the periods that are over: makes their invoices, and begins the next ones. How many. Nothing where Stripe invoices.
    ///
    /// An invoice, the credit that it takes and the next period are kept together or not at all, under an id that follows from
    /// tenant and period: whoever comes second, or comes again after a crash, changes nothing.
    pub async fn close_periods(&self, now: Timestamp) -> Result<usize, BillingError> {
        if self.provider() != PaymentProvider::Invoice {
            return Ok(0);
        }
        self.seal_usage(now).await?;
        let over = now.minus(LATE);
        let (mut closed, mut failed) = (0, None);
        let subscriptions = self.0.store.system().list_subscriptions().await?;
        for (tenant, subscription) in subscriptions.into_iter().filter(|(_, it)| is_running(it)) {
            let done = async {
                let closed = self.close_until(tenant, subscription, over, now).await?;
                self.follow_payments(tenant, now).await?;
                Ok::<_, BillingError>(closed)
            };
            match done.await {
                Ok(count) => closed += count,
                Err(error) => {
                    tracing::error!(%tenant, %error, "a period was not closed");
                    failed = failed.or(Some(error));
                }
            }
        }
        match self.close_months(over, now).await {
            Ok(count) => closed += count,
            Err(error) => failed = failed.or(Some(error)),
        }
        failed.map_or(Ok(closed), Err)
    }

    /// Closes a subscription's periods that ended at `over` or before.
    pub(crate) async fn close_until(
        &self,
        tenant: TenantId,
        mut seen: Subscription,
        over: Timestamp,
        now: Timestamp,
    ) -> Result<usize, BillingError> {
        let (mut closed, mut changed) = (0, 0);
        while is_running(&seen) && seen.period_end <= over {
            let next = rolled(&seen, now);
            if self.close(tenant, &seen, &next, now).await? {
                closed += 1;
                seen = next;
                continue;
            }
            changed += 1;
            match self.0.store.tenant(tenant).find_subscription().await? {
                Some(found) if changed < ATTEMPTS => seen = found,
                _ => break,
            }
        }
        Ok(closed)
    }

    async fn close(
        &self,
        tenant: TenantId,
        seen: &Subscription,
        next: &Subscription,
        now: Timestamp,
    ) -> Result<bool, BillingError> {
        let bill = self.bill(tenant, seen, seen.period_end).await?;
        self.issue(bill, Some((seen, next)), now).await
    }

    /// What the present period comes to until `until`.
    pub(crate) async fn bill(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
        until: Timestamp,
    ) -> Result<Bill, BillingError> {
        Ok(Bill {
            tenant,
            id: period_invoice(tenant, subscription.period_start),
            plan: Some(subscription.plan.clone()),
            price_version: subscription.price_version,
            currency: self.0.books.version(subscription.price_version).currency(),
            period: (subscription.period_start, until),
            lines: self.period_lines(tenant, subscription, until).await?,
        })
    }

    /// Keeps what the present period has come to by the terms that end now.
    pub(crate) async fn draft(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
        now: Timestamp,
    ) -> Result<Bill, BillingError> {
        let mut bill = self.bill(tenant, subscription, now).await?;
        bill.lines.retain(|line| line.kind != LineKind::Usage || line.quantity > 0);
        Ok(bill)
    }
}

/// Whether a subscription goes on being invoiced.
pub(crate) fn is_running(subscription: &Subscription) -> bool {
    use SubscriptionState as State;
    matches!(subscription.state, State::Trialing | State::Active | State::PastDue | State::Unpaid)
}

/// The subscription in its next period, or at its end.
fn rolled(seen: &Subscription, now: Timestamp) -> Subscription {
    let mut next = Subscription { updated_at: now, ..seen.clone() };
    if seen.cancel_at.is_some_and(|end| end <= seen.period_end) {
        next.state = SubscriptionState::Canceled;
        return next;
    }
    next.period_start = seen.period_end;
    next.period_end = period_end(seen.period_end, seen.cancel_at);
    if next.state == SubscriptionState::Trialing && next.trial_ends_at.is_none_or(|end| end <= now) {
        next.state = SubscriptionState::Active;
    }
    next
}

/// When a period ends that begins then: with the month, or with the subscription.
pub(crate) fn period_end(begin: Timestamp, cancel_at: Option<Timestamp>) -> Timestamp {
    cancel_at.map_or(next_month(begin), |end| end.min(next_month(begin)))
}

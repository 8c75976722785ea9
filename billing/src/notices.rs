//! What tenants are to be told about their money: each thing once.

use std::time::Duration;

use turnpike_config::{Cap, PaymentProvider};
use turnpike_core::{InvoiceId, TenantId, Timestamp};
use turnpike_store::{Invoice, InvoiceState, Subscription, SubscriptionState as State};

use crate::{Billing, BillingError, invoices::close::is_running};

/// Something to tell a tenant's owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whom.
    pub tenant: TenantId,
    /// As what it is noted, once they know.
    pub key: String,
    /// What.
    pub what: What,
}

/// What there is to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// So many percent of the included units, or of the tenant's own cap, are used.
    Budget {
        /// 50, 80 or 100.
        percent: u8,
        /// Units used.
        used: i64,
        /// Of so many.
        of: i64,
        /// Whether calls are refused beyond.
        hard: bool,
    },
    /// The trial ends then.
    TrialEnds(Timestamp),
    /// A payment failed; until then everything goes on, and after that tools only read.
    PaymentFailed {
        /// Until then everything goes on.
        until: Timestamp,
    },
    /// Tools only read now.
    ReadOnly {
        /// Until then; afterwards nothing is served.
        until: Timestamp,
    },
    /// Nothing is served any more.
    Stopped,
    /// An invoice was issued.
    Issued(InvoiceId),
    /// An invoice of ours is not paid in time.
    Overdue(InvoiceId),
    /// An invoice was paid: the receipt.
    Paid(InvoiceId),
    /// The subscription ends then.
    Ends(Timestamp),
}

/// How long before its end a trial is spoken of.
const AHEAD: Duration = Duration::from_hours(72);

/// What happened longer ago is not told any more.
const RECENT: Duration = Duration::from_hours(7 * 24);

/// So far back it is known what was told: longer than any period of which something is told.
const KNOWN: Duration = Duration::from_hours(100 * 24);

/// Of these percents each is told once in a period; of several at once the highest.
const PERCENTS: [u8; 3] = [100, 80, 50];

impl Billing {
    /// What is to be told now, and of which not everybody knows.
    pub async fn due_notices(&self, now: Timestamp) -> Result<Vec<Notice>, BillingError> {
        let system = self.0.store.system();
        let told = system.list_told_notices(now.minus(KNOWN)).await?;
        let mut due = vec![];
        for (tenant, subscription) in system.list_subscriptions().await? {
            due.extend(self.of_standing(&subscription, now).into_iter().map(|(key, what)| (tenant, key, Some(what))));
            due.extend(self.of_budget(tenant, &subscription).await?.into_iter().map(|(key, what)| (tenant, key, what)));
        }
        for (tenant, invoice) in system.list_invoices_between(now.minus(KNOWN), now.plus(KNOWN)).await? {
            due.extend(self.of_invoice(&invoice, now).into_iter().map(|(key, what)| (tenant, key, what)));
        }
        let mut notices = vec![];
        for (tenant, key, what) in due {
            if told.contains(&(tenant, key.clone())) {
                continue;
            }
            match what {
                Some(what) => notices.push(Notice { tenant, key, what }),
                // Something that goes further is told.
                None => drop(self.0.store.tenant(tenant).close_notice(&key, now).await?),
            }
        }
        Ok(notices)
    }

    /// Of a trial, an end, a missing payment.
    fn of_standing(&self, subscription: &Subscription, now: Timestamp) -> Vec<(String, What)> {
        let grace = Duration::from_hours(24 * u64::from(self.0.settings.grace_days));
        let mut due = vec![];
        if let (State::Trialing, Some(end), None) =
            (subscription.state, subscription.trial_ends_at, subscription.cancel_at)
            && end > now
            && end.minus(AHEAD) <= now
        {
            due.push((format!("trial_ends/{}", end.micros()), What::TrialEnds(end)));
        }
        if let Some(end) = subscription.cancel_at.filter(|end| is_running(subscription) && *end > now) {
            due.push((format!("ends/{}", end.micros()), What::Ends(end)));
        }
        let since = subscription.past_due_since;
        match (subscription.state, since) {
            (State::PastDue, Some(since)) => {
                let (until, end) = (since.plus(grace), since.plus(grace).plus(grace));
                let at = since.micros();
                if now >= end {
                    due.push((format!("stopped/{at}"), What::Stopped));
                } else if now >= until {
                    due.push((format!("read_only/{at}"), What::ReadOnly { until: end }));
                } else if self.provider() == PaymentProvider::Stripe {
                    // Of our own invoices the one that is overdue is told.
                    due.push((format!("payment_failed/{at}"), What::PaymentFailed { until }));
                }
            }
            (State::Unpaid | State::Paused, since) => {
                let at = since.unwrap_or(subscription.period_start).micros();
                due.push((format!("stopped/{at}"), What::Stopped));
            }
            _ => {}
        }
        due
    }

    /// Of the units used: the highest percent that is reached, and silently those below it.
    async fn of_budget(
        &self,
        tenant: TenantId,
        subscription: &Subscription,
    ) -> Result<Vec<(String, Option<What>)>, BillingError> {
        if !is_running(subscription) {
            return Ok(vec![]);
        }
        let plan = self.terms(subscription).map(|terms| terms.plan).ok();
        let included = plan.map(|plan| (plan.included_units, plan.cap == Cap::Hard));
        let budgets = included.into_iter().chain(subscription.cap_units.map(|cap| (cap, true)));
        let budgets: Vec<_> = budgets.filter(|(of, _)| *of > 0).collect();
        if budgets.is_empty() {
            return Ok(vec![]);
        }
        let start = subscription.period_start;
        let used = self.0.store.tenant(tenant).units_used(start).await?;
        let mut due = vec![];
        for (of, hard) in budgets {
            let reached = |percent: &&u8| i128::from(used) * 100 >= i128::from(of) * i128::from(**percent);
            for (place, percent) in PERCENTS.iter().filter(reached).enumerate() {
                let what = What::Budget { percent: *percent, used, of, hard };
                due.push((format!("budget/{}/{of}/{percent}", start.micros()), (place == 0).then_some(what)));
            }
        }
        Ok(due)
    }

    /// Of an invoice: that it was issued, and that it was paid or was not in time.
    fn of_invoice(&self, invoice: &Invoice, now: Timestamp) -> Vec<(String, Option<What>)> {
        let recent = |at: Option<Timestamp>| at.is_some_and(|at| at <= now && at >= now.minus(RECENT));
        let Invoice { id, state, .. } = *invoice;
        let mut due = vec![];
        if invoice.total.0 <= 0 {
            return due;
        }
        if state == InvoiceState::Paid && recent(invoice.paid_at) {
            // Who pays at once gets the receipt alone.
            due.push((format!("issued/{id}"), None));
            due.push((format!("paid/{id}"), Some(What::Paid(id))));
        }
        if state == InvoiceState::Open && recent(invoice.issued_at) {
            due.push((format!("issued/{id}"), Some(What::Issued(id))));
        }
        let ours = invoice.external_id.is_none();
        if state == InvoiceState::Open && ours && recent(invoice.due_at) {
            due.push((format!("overdue/{id}"), Some(What::Overdue(id))));
        }
        due
    }
}

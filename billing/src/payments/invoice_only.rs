//! The operator collects the money; subscriptions are rows of ours.

use std::time::Duration;

use turnpike_core::{TenantId, Timestamp};
use turnpike_metering::PriceBook;
use turnpike_store::{Credit, InvoiceLine, LineKind, Subscription, SubscriptionState};

use crate::{
    Billing, BillingError, Choice,
    invoices::{
        calendar::year_after,
        close::{is_running, period_end},
        lines::{covered, given_back},
    },
    payments::NewCredit,
};

/// How often one that was changed in the meantime is looked at again.
const ATTEMPTS: usize = 5;

impl Billing {
    pub(super) async fn subscribe_by_invoice(&self, tenant: TenantId, choice: &Choice) -> Result<(), BillingError> {
        let (rows, now) = (self.0.store.tenant(tenant), self.now());
        let before = self.present(tenant, now).await?;
        if before.as_ref().is_some_and(is_running) {
            return Err(BillingError::Subscribed);
        }
        let book = self.0.books.at(now);
        check(&book, choice, None)?;
        let days = book.plan(&choice.plan).map_or(0, |plan| plan.trial_days);
        let had_trial = before.as_ref().and_then(|before| before.trial_ends_at);
        let trial = (days > 0 && had_trial.is_none()).then(|| now.plus(Duration::from_hours(24 * u64::from(days))));
        let next = Subscription {
            plan: choice.plan.clone(),
            price_version: book.version,
            yearly: choice.yearly,
            integrations: choice.integrations,
            state: if trial.is_some() { SubscriptionState::Trialing } else { SubscriptionState::Active },
            period_start: now,
            period_end: period_end(now, None),
            trial_ends_at: trial.or(had_trial),
            cancel_at: None,
            past_due_since: None,
            cap_units: None,
            customer_id: None,
            external_id: None,
            created_at: now,
            updated_at: now,
        };
        match before {
            None => Ok(rows.set_subscription(&next).await?),
            Some(before) if rows.replace_subscription(&before, &next).await? => Ok(()),
            Some(_) => Err(BillingError::Changed),
        }
    }

    /// The terms change now: what the period has come to is kept in its draft, and a fee paid for longer is given back.
    pub(super) async fn change_plan_by_invoice(&self, tenant: TenantId, choice: &Choice) -> Result<(), BillingError> {
        let now = self.now();
        for _ in 0..ATTEMPTS {
            let seen = self.running(tenant, now).await?;
            let book = self.0.books.at(now);
            check(&book, choice, Some(&seen))?;
            let mut bill = self.draft(tenant, &seen, now).await?;
            bill.period.1 = period_end(seen.period_start, None);
            let fees = self.fees(tenant, &seen, &bill.lines).await?;
            bill.lines.extend(given_back(&self.terms(&seen)?, &fees, now));
            let next = Subscription {
                plan: choice.plan.clone(),
                price_version: book.version,
                yearly: choice.yearly,
                integrations: choice.integrations,
                period_end: bill.period.1,
                cancel_at: None,
                updated_at: now,
                ..seen.clone()
            };
            if self.keep_draft(bill, (&seen, &next), now).await? {
                return Ok(());
            }
        }
        Err(BillingError::Changed)
    }

    /// The fees that reach into the present period, with those that its draft is about to have.
    async fn fees(
        &self,
        tenant: TenantId,
        seen: &Subscription,
        draft: &[InvoiceLine],
    ) -> Result<Vec<InvoiceLine>, BillingError> {
        let mut fees: Vec<_> = draft.iter().filter(|line| line.kind == LineKind::Fee).cloned().collect();
        if fees.is_empty() {
            fees = self.0.store.tenant(tenant).list_fees(seen.period_start).await?;
        }
        Ok(fees)
    }

    /// A trial ends with itself, what is paid for a year with the year, and all else with its month.
    pub(super) async fn cancel_by_invoice(&self, tenant: TenantId) -> Result<(), BillingError> {
        let now = self.now();
        let seen = self.running(tenant, now).await?;
        let trial = seen.trial_ends_at.filter(|end| *end > now);
        let end = match trial {
            Some(end) => end,
            None if seen.yearly => self.paid_until(tenant, &seen).await?,
            None => period_end(seen.period_start, None),
        };
        self.set_end(tenant, &seen, Some(end), now).await
    }

    pub(crate) async fn end_now_by_invoice(&self, tenant: TenantId) -> Result<(), BillingError> {
        let now = self.now();
        let seen = self.running(tenant, now).await?;
        self.set_end(tenant, &seen, Some(now), now).await?;
        self.present(tenant, now).await.map(drop)
    }

    pub(super) async fn keep_on_by_invoice(&self, tenant: TenantId) -> Result<(), BillingError> {
        let now = self.now();
        let seen = self.running(tenant, now).await?;
        self.set_end(tenant, &seen, None, now).await
    }

    async fn set_end(
        &self,
        tenant: TenantId,
        seen: &Subscription,
        cancel_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), BillingError> {
        let period_end = period_end(seen.period_start, cancel_at);
        let next = Subscription { cancel_at, period_end, updated_at: now, ..seen.clone() };
        match self.0.store.tenant(tenant).replace_subscription(seen, &next).await? {
            true => Ok(()),
            false => Err(BillingError::Changed),
        }
    }

    /// Until when a fee for a year is paid, or will be with the present period's invoice.
    async fn paid_until(&self, tenant: TenantId, seen: &Subscription) -> Result<Timestamp, BillingError> {
        let begin = seen.trial_ends_at.map_or(seen.period_start, |end| end.max(seen.period_start));
        let paid = covered(&self.0.store.tenant(tenant).list_fees(seen.period_start).await?);
        let mut until = paid.map_or(begin, |paid| paid.max(begin));
        while until <= self.now() {
            until = year_after(until);
        }
        Ok(until)
    }

    /// The subscription as it is, with its periods that are over closed; those too that ended this moment, so that nothing that
    /// is done to it now reaches back into them.
    async fn present(&self, tenant: TenantId, now: Timestamp) -> Result<Option<Subscription>, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let found = rows.find_subscription().await?;
        match found {
            Some(seen) if is_running(&seen) && seen.period_end <= now => {
                self.close_until(tenant, seen, now, now).await?;
                Ok(rows.find_subscription().await?)
            }
            found => Ok(found),
        }
    }

    async fn running(&self, tenant: TenantId, now: Timestamp) -> Result<Subscription, BillingError> {
        self.present(tenant, now).await?.filter(is_running).ok_or(BillingError::NoSubscription)
    }

    pub(super) async fn note_credit(
        &self,
        tenant: TenantId,
        credit: &NewCredit,
        external_id: Option<String>,
    ) -> Result<(), BillingError> {
        let now = self.now();
        let row = Credit {
            id: self.0.ambient.id(),
            kind: credit.kind,
            amount: credit.amount,
            currency: self.0.books.at(now).currency(),
            note: credit.note.clone(),
            invoice_id: None,
            external_id,
            expires_at: credit.expires_at,
            made_by: credit.made_by.clone(),
            created_at: now,
        };
        Ok(self.0.store.tenant(tenant).insert_credit(&row).await?)
    }
}

/// Refuses what cannot be chosen. A plan that is not offered any more can be kept.
fn check(book: &PriceBook, choice: &Choice, present: Option<&Subscription>) -> Result<(), BillingError> {
    let kept = present.is_some_and(|present| present.plan == choice.plan);
    let plan = book.plan(&choice.plan).filter(|plan| plan.offered || kept);
    match plan {
        Some(plan) if choice.yearly && plan.yearly == 0 => Err(BillingError::UnknownPlan(choice.plan.clone())),
        Some(_) if choice.integrations < 1 => Err(BillingError::NoAmount),
        Some(_) => Ok(()),
        None => Err(BillingError::UnknownPlan(choice.plan.clone())),
    }
}

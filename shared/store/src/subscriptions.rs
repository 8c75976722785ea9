//! What tenants pay for.

use turnpike_core::{TenantId, Timestamp};

use crate::{StoreError, SystemStore, TenantStore, access::Together, row::table, value::words};

words! {
    /// Where a subscription stands, in the words of Stripe.
    SubscriptionState {
        /// Free until the trial's end.
        Trialing = "trialing",
        /// Paid.
        Active = "active",
        /// A payment failed and is tried again.
        PastDue = "past_due",
        /// Payments failed for good; invoices are still made.
        Unpaid = "unpaid",
        /// The first payment has not come yet.
        Incomplete = "incomplete",
        /// The first payment never came.
        IncompleteExpired = "incomplete_expired",
        /// Over.
        Canceled = "canceled",
        /// Stopped; no invoices are made.
        Paused = "paused",
    }
}

impl SubscriptionState {
    /// Whether it has ended for good.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::IncompleteExpired)
    }
}

/// A tenant's subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The plan, by its name in the price book.
    pub plan: String,
    /// The version of the price book whose terms it has.
    pub price_version: i64,
    /// Whether the fee is for a year.
    pub yearly: bool,
    /// How many integrations the fee is for.
    pub integrations: i64,
    /// Where it stands.
    pub state: SubscriptionState,
    /// When the present period of usage began: a month, also where the fee is for a year.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
    /// When the trial ends, or has ended.
    pub trial_ends_at: Option<Timestamp>,
    /// When it will end, or has ended.
    pub cancel_at: Option<Timestamp>,
    /// Since when a payment is missing.
    pub past_due_since: Option<Timestamp>,
    /// The tenant's own cap, in units of a period.
    pub cap_units: Option<i64>,
    /// The customer at the payment provider.
    pub customer_id: Option<String>,
    /// The subscription there.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

table!(Subscription {
    plan,
    price_version,
    yearly,
    integrations,
    state,
    period_start,
    period_end,
    trial_ends_at,
    cancel_at,
    past_due_since,
    cap_units,
    customer_id,
    external_id,
    created_at,
    updated_at,
});

impl TenantStore {
    /// What the tenant pays for, if it has ever chosen something.
    pub async fn find_subscription(&self) -> Result<Option<Subscription>, StoreError> {
        self.0.find(concat!("SELECT ", columns!(), " FROM subscriptions WHERE tenant_id = $1"), &[]).await
    }

    /// Sets all of it but the tenant's own cap and the day it was made, which stay.
    pub async fn set_subscription(&self, row: &Subscription) -> Result<(), StoreError> {
        let sql = concat!(
            "INSERT INTO subscriptions (tenant_id, ",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ",
            "ON CONFLICT (tenant_id) DO UPDATE SET plan = $2, price_version = $3, yearly = $4, integrations = $5, state = $6, ",
            "period_start = $7, period_end = $8, trial_ends_at = $9, cancel_at = $10, past_due_since = $11, ",
            "customer_id = $13, external_id = $14, updated_at = $16"
        );
        self.0.execute(sql, &columns!(row)).await.map(drop)
    }

    /// Sets the same, if the subscription is still as it was seen; whether it was.
    pub async fn replace_subscription(&self, seen: &Subscription, next: &Subscription) -> Result<bool, StoreError> {
        let mut all = self.0.begin().await?;
        let replaced = replace(&mut all, seen, next).await?;
        all.commit().await?;
        Ok(replaced)
    }

    /// Sets the tenant's own cap.
    pub async fn set_usage_cap(&self, units: Option<i64>, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE subscriptions SET cap_units = $2, updated_at = $3 WHERE tenant_id = $1";
        self.0.update("subscription", sql, &[&units, &now]).await
    }
}

/// Sets a subscription together with other rows, if it is still as it was seen; whether it was.
pub(crate) async fn replace(
    all: &mut Together<'_>,
    seen: &Subscription,
    next: &Subscription,
) -> Result<bool, StoreError> {
    let sql = "UPDATE subscriptions SET plan = $2, price_version = $3, yearly = $4, integrations = $5, state = $6, \
               period_start = $7, period_end = $8, trial_ends_at = $9, cancel_at = $10, past_due_since = $11, updated_at = $12 \
               WHERE tenant_id = $1 AND plan = $13 AND state = $14 AND period_start = $15 AND period_end = $16 \
               AND integrations = $17 AND updated_at = $18";
    let Subscription { plan, price_version, yearly, integrations, state, period_start, period_end, .. } = next;
    let Subscription { trial_ends_at, cancel_at, past_due_since, updated_at, .. } = next;
    let arguments: [&dyn crate::value::Argument; 17] = [
        plan,
        price_version,
        yearly,
        integrations,
        state,
        period_start,
        period_end,
        trial_ends_at,
        cancel_at,
        past_due_since,
        updated_at,
        &seen.plan,
        &seen.state,
        &seen.period_start,
        &seen.period_end,
        &seen.integrations,
        &seen.updated_at,
    ];
    all.changes(sql, &arguments).await
}

impl SystemStore {
    /// All subscriptions, those that are over as well.
    pub async fn list_subscriptions(&self) -> Result<Vec<(TenantId, Subscription)>, StoreError> {
        self.0.list(concat!("SELECT tenant_id, ", columns!(), " FROM subscriptions ORDER BY tenant_id"), &[]).await
    }

    /// The subscription of a customer at the payment provider.
    pub async fn find_subscription_of_customer(
        &self,
        customer: &str,
    ) -> Result<Option<(TenantId, Subscription)>, StoreError> {
        let sql = concat!("SELECT tenant_id, ", columns!(), " FROM subscriptions WHERE customer_id = $1");
        self.0.find(sql, &[&customer]).await
    }
}

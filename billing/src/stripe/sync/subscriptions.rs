//! A subscription of Stripe as a row of ours.

use stripe_billing::{invoice::ListInvoice, subscription::RetrieveSubscription};
use stripe_shared::{InvoiceStatus, Subscription as Found, SubscriptionItem};
use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{Subscription, SubscriptionState};

use super::ROUNDS;
use crate::{
    Billing, BillingError,
    stripe::{
        Failure, Stripe,
        amounts::at,
        terms::{Kind, Label},
    },
};

impl Stripe {
    /// Fetches a subscription and stores it as it stands; whose it is. None where there is no such subscription, or it is none of
    /// ours.
    pub(in crate::stripe) async fn take_over_subscription(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        for _ in 0..ROUNDS {
            let Some(found) = self.find_subscription(id).await? else { return Ok(None) };
            let customer = found.customer.id().as_str();
            let Some(tenant) = self.find_tenant(billing, Some(&found.metadata), Some(customer)).await? else {
                return Ok(None);
            };
            let rows = billing.0.store.tenant(tenant);
            if rows.get().await?.deleted_at.is_some() {
                // Its invoices stay, and this does not come back.
                return Ok(Some(tenant));
            }
            let before = rows.find_subscription().await?;
            let found = match before.as_ref().and_then(|row| row.external_id.as_deref()) {
                Some(other) if other != id => better(found, self.find_subscription(other).await?),
                _ => found,
            };
            let Some(row) = self.read_subscription(billing, &found, before.as_ref()).await? else { return Ok(None) };
            if before.is_some_and(|before| before == row) {
                return Ok(Some(tenant));
            }
            rows.set_subscription(&Subscription { updated_at: billing.now(), ..row }).await?;
        }
        // It changes quicker than it can be fetched: a later event, or the sweep, sees the rest.
        Err(BillingError::Unreachable)
    }

    async fn find_subscription(&self, id: &str) -> Result<Option<Found>, Failure> {
        match self.read_client().get(&RetrieveSubscription::new(id)).await {
            Ok(found) => Ok(Some(found)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Reads it; none where it has no price of ours. What is ours alone comes from the row before.
    async fn read_subscription(
        &self,
        billing: &Billing,
        found: &Found,
        before: Option<&Subscription>,
    ) -> Result<Option<Subscription>, BillingError> {
        let mut items = vec![];
        for item in &found.items.data {
            if let Some(label) = self.note_label(&item.price) {
                items.push((item, label));
            }
        }
        let usage = items.iter().find(|(_, label)| label.kind == Kind::Usage);
        let fee = items.iter().find(|(_, label)| label.kind != Kind::Usage);
        let Some((periodic, label)) = usage.or(fee) else { return Ok(None) };
        let state = read_state(found)?;
        let row = Subscription {
            plan: label.plan.clone(),
            price_version: read_version(found, label),
            yearly: fee.is_some_and(|(_, label)| label.kind == Kind::Year),
            integrations: fee
                .and_then(|(item, _)| item.quantity)
                .map_or(1, |count| i64::try_from(count).unwrap_or(i64::MAX)),
            state,
            period_start: at(periodic.current_period_start),
            period_end: at(periodic.current_period_end),
            trial_ends_at: found.trial_end.map(at),
            cancel_at: read_end(found, &items),
            past_due_since: match state {
                SubscriptionState::PastDue | SubscriptionState::Unpaid => {
                    Some(self.unpaid_since(billing, found, before).await?)
                }
                _ => None,
            },
            cap_units: before.and_then(|row| row.cap_units),
            customer_id: Some(found.customer.id().to_string()),
            external_id: Some(found.id.to_string()),
            created_at: before.map_or_else(|| at(found.created), |row| row.created_at),
            updated_at: before.map_or_else(|| billing.now(), |row| row.updated_at),
        };
        Ok(Some(row))
    }

    /// Since when a payment is missing: the day of the oldest invoice that is open. It is read from Stripe, so that it does not
    /// depend on when an event is worked on.
    async fn unpaid_since(
        &self,
        billing: &Billing,
        found: &Found,
        before: Option<&Subscription>,
    ) -> Result<Timestamp, Failure> {
        let list = ListInvoice::new().subscription(found.id.to_string()).status(InvoiceStatus::Open).limit(100);
        let open = self.read_client().get(&list).await?.data;
        let oldest = open.iter().filter_map(|invoice| invoice.status_transitions.finalized_at).min();
        let before = || before.and_then(|row| row.past_due_since).unwrap_or_else(|| billing.now());
        Ok(oldest.map_or_else(before, at))
    }
}

/// Of two subscriptions of one tenant the one that counts: that which runs, and of two alike the newer one.
fn better(one: Found, other: Option<Found>) -> Found {
    let Some(other) = other else { return one };
    let rank = |found: &Found| {
        let running = match read_state(found) {
            Ok(state) if state.is_over() => 0,
            Ok(SubscriptionState::Incomplete) | Err(_) => 1,
            Ok(_) => 2,
        };
        (running, found.created, found.id.to_string())
    };
    let (mine, others) = (rank(&one), rank(&other));
    if mine.0 == 2 && others.0 == 2 {
        tracing::error!(one = %one.id, other = %other.id, "a tenant has two subscriptions that run: end one of them at Stripe");
    }
    if mine > others { one } else { other }
}

fn read_state(found: &Found) -> Result<SubscriptionState, Failure> {
    found.status.as_str().parse().map_err(|_| Failure::Unreadable)
}

/// The version that the subscription was made with, which may be later than that of its price: a price whose terms stay is not
/// made again. Where the plan was changed at Stripe itself, only the price tells.
fn read_version(found: &Found, label: &Label) -> i64 {
    let same_plan = found.metadata.get("plan") == Some(&label.plan);
    let version = found.metadata.get("price_version").filter(|_| same_plan).and_then(|version| version.parse().ok());
    version.unwrap_or(label.price_version)
}

fn read_end(found: &Found, items: &[(&SubscriptionItem, Label)]) -> Option<Timestamp> {
    // What ends with its period ends with the shortest one.
    let period = || items.iter().map(|(item, _)| item.current_period_end).min().filter(|_| found.cancel_at_period_end);
    found.ended_at.or(found.cancel_at).or_else(period).map(at)
}

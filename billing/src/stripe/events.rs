//! Work on what Stripe has told us of: each event says only that something has changed, and which.

use std::time::Duration;

use serde_json::Value;
use turnpike_core::TenantId;
use turnpike_store::{PaymentEvent, PaymentEventState};

use super::{Stripe, thin};
use crate::{Billing, BillingError};

/// So long one worker has an event for itself.
const LEASE: Duration = Duration::from_secs(5 * 60);

/// What is waited after the first attempt; after each further one twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(6 * 60 * 60);

/// So long it is tried, as long as Stripe itself would.
const GIVEN_UP: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// What came of an event.
enum Worked {
    /// What it names is stored as it stands.
    Done,
    /// There was nothing to do, because of this.
    Nothing(&'static str),
    /// It is of a type, or of a form, that is not known.
    Unknown,
}

impl Billing {
    /// Works on the next events that Stripe has told us of; how many.
    pub async fn work_on_events(&self) -> Result<usize, BillingError> {
        let Some(stripe) = self.stripe() else { return Ok(0) };
        let mut count = 0;
        loop {
            let now = self.now();
            let Some(event) = self.0.store.system().take_payment_event(now, now.plus(LEASE)).await? else {
                return Ok(count);
            };
            let worked = stripe.work_on(self, &event).await;
            self.settle_event(&event, &worked).await?;
            // Where Stripe is not reached the rest would only fail too.
            if matches!(worked, Err(BillingError::Unreachable | BillingError::Store(_))) {
                return Ok(count);
            }
            count += 1;
        }
    }

    async fn settle_event(
        &self,
        event: &PaymentEvent,
        worked: &Result<Worked, BillingError>,
    ) -> Result<(), BillingError> {
        let (system, now) = (self.0.store.system(), self.now());
        let (state, reason) = match worked {
            Ok(Worked::Done) => (PaymentEventState::Done, None),
            Ok(Worked::Nothing(why)) => (PaymentEventState::Done, Some((*why).to_owned())),
            Ok(Worked::Unknown) => (PaymentEventState::Unknown, None),
            Err(error) if now.since(event.received_at) < GIVEN_UP => {
                let doublings = u32::try_from(event.attempts - 1).unwrap_or_default().min(16);
                let pause = FIRST.saturating_mul(1 << doublings).min(LONGEST);
                tracing::warn!(event = event.id, kind = event.kind, attempts = event.attempts, %error, "an event of Stripe is put off");
                return Ok(system.put_off_payment_event(&event.id, now.plus(pause), &error.to_string()).await?);
            }
            Err(error) => {
                tracing::error!(event = event.id, kind = event.kind, %error, "an event of Stripe is given up");
                (PaymentEventState::Failed, Some(error.to_string()))
            }
        };
        let (id, kind, attempts, reason) = (&event.id, &event.kind, event.attempts, reason.as_deref());
        tracing::info!(event = id, kind, attempts, state = state.as_str(), reason, "an event of Stripe was worked on");
        Ok(system.settle_payment_event(id, state, reason, now).await?)
    }
}

impl Stripe {
    async fn work_on(&self, billing: &Billing, event: &PaymentEvent) -> Result<Worked, BillingError> {
        let ours = &billing.0.settings.stripe_account;
        if event.kind == "account.application.deauthorized" {
            tracing::error!(
                account = event.account,
                "a connected account has taken our rights back: nothing is charged there"
            );
            return Ok(Worked::Nothing("noted in the log"));
        }
        if event.account.as_deref().unwrap_or_default() != ours.as_str() {
            return Ok(Worked::Nothing("it is about another account"));
        }
        let Ok(payload) = serde_json::from_str::<Value>(&event.payload_json) else { return Ok(Worked::Unknown) };
        let id = object_id(&payload);
        let tenant = match (event.kind.as_str(), id) {
            ("v1.billing.meter.error_report_triggered" | "v1.billing.meter.no_meter_found", _) => {
                return thin::work_on(billing, &self.thin, &event.id, &payload).await.map(|()| Worked::Done);
            }
            ("invoice.upcoming", _) => return Ok(Worked::Nothing("there is no such object yet")),
            (kind, _) if kind.starts_with("billing.") || kind == "account.updated" => {
                return Ok(Worked::Nothing("noted in the log"));
            }
            (_, None) => return Ok(Worked::Unknown),
            (kind, Some(id)) if kind.starts_with("checkout.session.") => self.take_over_checkout(billing, id).await?,
            (kind, Some(id)) if kind.starts_with("customer.subscription.") => {
                self.take_over_subscription(billing, id).await?
            }
            (kind, Some(id)) if kind.starts_with("invoice.") => self.take_over_invoiced(billing, id, &payload).await?,
            ("customer.created" | "customer.updated" | "customer.deleted", Some(id)) => {
                self.take_over_customer(billing, id).await?
            }
            ("charge.refunded", Some(id)) => self.take_over_refunds(billing, id).await?,
            ("charge.refund.updated" | "refund.created" | "refund.updated" | "refund.failed", Some(id)) => {
                self.take_over_refund(billing, id).await?
            }
            (kind, Some(id)) if kind.starts_with("charge.dispute.") => self.take_over_dispute(billing, id).await?,
            (kind, Some(id)) if kind.starts_with("credit_note.") => self.take_over_credit_note(billing, id).await?,
            _ => return Ok(Worked::Unknown),
        };
        Ok(tenant.map_or(Worked::Nothing("it is about nothing of ours"), |_| Worked::Done))
    }

    /// Where an invoice is paid, or is not, its subscription stands otherwise.
    async fn take_over_invoiced(
        &self,
        billing: &Billing,
        id: &str,
        payload: &Value,
    ) -> Result<Option<TenantId>, BillingError> {
        let tenant = self.take_over_invoice(billing, id).await?;
        let named = payload.pointer("/data/object/parent/subscription_details/subscription").and_then(Value::as_str);
        let row = match tenant {
            Some(tenant) => billing.0.store.tenant(tenant).find_subscription().await?,
            None => None,
        };
        match named.or(row.as_ref().and_then(|row| row.external_id.as_deref())) {
            Some(subscription) => self.take_over_subscription(billing, subscription).await,
            None => Ok(tenant),
        }
    }

    /// The subscription of a customer may have ended with it.
    async fn take_over_customer(&self, billing: &Billing, id: &str) -> Result<Option<TenantId>, BillingError> {
        let row = billing.0.store.system().find_subscription_of_customer(id).await?;
        match row.and_then(|(_, row)| row.external_id) {
            Some(subscription) => self.take_over_subscription(billing, &subscription).await,
            None => Ok(None),
        }
    }
}

/// The id of the object that an event is about: in a snapshot, or in a thin event.
fn object_id(payload: &Value) -> Option<&str> {
    let found = payload.pointer("/data/object/id").or_else(|| payload.pointer("/related_object/id"));
    found.and_then(Value::as_str)
}

//! A tenant subscribes on a page of Stripe.

use std::collections::HashMap;

use stripe_billing::subscription::ListSubscription;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionCustomerUpdate,
    CreateCheckoutSessionCustomerUpdateAddress, CreateCheckoutSessionCustomerUpdateName,
    CreateCheckoutSessionLineItems, CreateCheckoutSessionSubscriptionData,
    CreateCheckoutSessionSubscriptionDataBillingMode, CreateCheckoutSessionSubscriptionDataBillingModeType,
    CreateCheckoutSessionTaxIdCollection, ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_shared::{CheckoutSessionMode, CheckoutSessionStatus};
use turnpike_config::PlanSettings;
use turnpike_core::TenantId;
use turnpike_metering::PriceBook;

use super::{Stripe, customers::TENANT};
use crate::{Billing, BillingError, Choice, Customer, Next};

impl Stripe {
    pub(crate) async fn subscribe(
        &self,
        billing: &Billing,
        tenant: TenantId,
        choice: &Choice,
        customer: &Customer,
    ) -> Result<Next, BillingError> {
        let book = billing.books().at(billing.now());
        let plan = offered(&book, choice)?;
        let before = billing.0.store.tenant(tenant).find_subscription().await?;
        if before.as_ref().is_some_and(|row| !row.state.is_over()) {
            return Err(BillingError::Subscribed);
        }

        let known = before.as_ref().and_then(|row| row.customer_id.as_deref());
        let id = self.seed_customer(tenant, known, customer).await?;
        self.refuse_a_second(billing, &id).await?;

        let prices = self.seed_plan(&book, &choice.plan, plan).await?;
        let fee = prices.fee(choice.yearly).ok_or_else(|| BillingError::UnknownPlan(choice.plan.clone()))?;
        let mut data = CreateCheckoutSessionSubscriptionData::new();
        data.metadata = Some(metadata(tenant, &book, choice));
        data.billing_mode = Some(CreateCheckoutSessionSubscriptionDataBillingMode::new(
            CreateCheckoutSessionSubscriptionDataBillingModeType::Flexible,
        ));
        // A trial is for those that have never been here.
        data.trial_period_days = (before.is_none() && plan.trial_days > 0).then_some(plan.trial_days);

        let mut session = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Subscription)
            .customer(id)
            .client_reference_id(tenant.to_string())
            .line_items(vec![line(fee, Some(quantity(choice))), line(&prices.usage, None)])
            .subscription_data(data)
            .success_url(success(&customer.back))
            .cancel_url(customer.back.as_str());
        if billing.0.settings.stripe_promotion_codes {
            session = session.allow_promotion_codes(true);
        }
        if billing.0.settings.stripe_tax {
            // Tax needs an address, and a tax id a name: what is given on the page is kept with the customer.
            let mut update = CreateCheckoutSessionCustomerUpdate::new();
            update.address = Some(CreateCheckoutSessionCustomerUpdateAddress::Auto);
            update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
            session = session
                .automatic_tax(CreateCheckoutSessionAutomaticTax::new(true))
                .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
                .customer_update(update);
        }
        let made = self.client().write(&session, &format!("checkout:{}", billing.random())).await?;
        made.url.map(Next::Visit).ok_or(BillingError::Unreadable)
    }

    /// One subscription for each customer, and one page on which it can be made.
    async fn refuse_a_second(&self, billing: &Billing, customer: &str) -> Result<(), BillingError> {
        let present = self.client().get(&ListSubscription::new().customer(customer).limit(100)).await?.data;
        if let Some(present) = present.iter().find(|present| !present.status.as_str().starts_with("incomplete")) {
            self.take_over_subscription(billing, present.id.as_str()).await?;
            return Err(BillingError::Subscribed);
        }
        let open = ListCheckoutSession::new().customer(customer).status(CheckoutSessionStatus::Open).limit(100);
        for session in self.client().get(&open).await?.data {
            // It may have been completed in between: then it cannot end, and there is a subscription.
            self.client().set(&ExpireCheckoutSession::new(session.id)).await?;
        }
        Ok(())
    }

    /// Notes the subscription that a Checkout session has made, if it has.
    pub(super) async fn take_over_checkout(
        &self,
        billing: &Billing,
        id: &str,
    ) -> Result<Option<TenantId>, BillingError> {
        let session = match self.read_client().get(&RetrieveCheckoutSession::new(id)).await {
            Err(failure) if failure.is_missing() => return Ok(None),
            session => session?,
        };
        let Some(subscription) = session.subscription else { return Ok(None) };
        self.take_over_subscription(billing, subscription.id().as_str()).await
    }
}

impl Billing {
    /// Looks at once what has become of a tenant's Checkout session, so that the page that it leads back to need not wait for the
    /// event. Whether the tenant is subscribed by it.
    pub async fn note_checkout(&self, tenant: TenantId, session: &str) -> Result<bool, BillingError> {
        let Some(stripe) = self.stripe() else { return Ok(false) };
        Ok(stripe.take_over_checkout(self, session).await? == Some(tenant))
    }
}

/// The plan that is chosen, if it can be.
pub(super) fn offered<'a>(book: &'a PriceBook, choice: &Choice) -> Result<&'a PlanSettings, BillingError> {
    let plan = book.plan(&choice.plan).filter(|plan| plan.offered && (!choice.yearly || plan.yearly > 0));
    plan.ok_or_else(|| BillingError::UnknownPlan(choice.plan.clone()))
}

/// What a subscription says of itself.
pub(super) fn metadata(tenant: TenantId, book: &PriceBook, choice: &Choice) -> HashMap<String, String> {
    let words =
        [(TENANT, tenant.to_string()), ("plan", choice.plan.clone()), ("price_version", book.version.to_string())];
    words.into_iter().map(|(key, word)| (key.to_owned(), word)).collect()
}

/// For how many integrations: at least one.
pub(super) fn quantity(choice: &Choice) -> u64 {
    u64::try_from(choice.integrations).unwrap_or_default().max(1)
}

fn line(price: &str, quantity: Option<u64>) -> CreateCheckoutSessionLineItems {
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price = Some(price.to_owned());
    line.quantity = quantity;
    line
}

/// Stripe writes the session's id in the place of the braces.
fn success(back: &str) -> String {
    let sign = if back.contains('?') { '&' } else { '?' };
    format!("{back}{sign}session={{CHECKOUT_SESSION_ID}}")
}

//! A subscription is changed, ended or kept on; its customer gets credit, and a page of Stripe's own.

use std::collections::HashMap;

use stripe::StripeRequest;
use stripe_billing::{
    billing_credit_grant::{
        CreateBillingCreditGrant, CreateBillingCreditGrantAmount, CreateBillingCreditGrantAmountMonetary,
        CreateBillingCreditGrantAmountType, CreateBillingCreditGrantApplicabilityConfig,
        CreateBillingCreditGrantApplicabilityConfigScope, CreateBillingCreditGrantApplicabilityConfigScopePriceType,
        ListBillingCreditGrant,
    },
    billing_portal_session::CreateBillingPortalSession,
    subscription::{
        CancelSubscription, RetrieveSubscription, UpdateSubscription, UpdateSubscriptionCancelAt,
        UpdateSubscriptionItems, UpdateSubscriptionProrationBehavior,
    },
};
use stripe_client_core::{RequestBuilder, StripeMethod};
use stripe_shared::{BillingCreditGrantCategory, Subscription as Found};
use turnpike_core::TenantId;
use turnpike_store::{CreditKind, Subscription};

use super::{
    Failure, Stripe,
    amounts::{to_coins, to_currency},
    checkout::{metadata, offered, quantity},
    client::{ATTEMPTS, pause},
    terms::{Kind, Label},
};
use crate::{Billing, BillingError, Choice, payments::NewCredit};

/// Under this key a credit grant keeps the mark by which it is found again.
const GRANT: &str = "turnpike_grant";

impl Stripe {
    pub(crate) async fn change_plan(
        &self,
        billing: &Billing,
        tenant: TenantId,
        choice: &Choice,
    ) -> Result<(), BillingError> {
        let book = billing.books().at(billing.now());
        let plan = offered(&book, choice)?;
        let id = running(billing, tenant).await?.1;
        let found = self.client().get(&RetrieveSubscription::new(id.as_str())).await?;
        let prices = self.seed_plan(&book, &choice.plan, plan).await?;
        let fee = prices.fee(choice.yearly).ok_or_else(|| BillingError::UnknownPlan(choice.plan.clone()))?;

        // The same meter before and after: what was used in this month is rated by the new tiers.
        let items = found.items.data.iter().filter_map(|item| {
            let label = Label::of(&item.price.metadata)?;
            let mut change = UpdateSubscriptionItems::new();
            change.id = Some(item.id.to_string());
            if label.kind == Kind::Usage {
                change.price = Some(prices.usage.clone());
            } else {
                change.price = Some(fee.to_owned());
                change.quantity = Some(quantity(choice));
            }
            Some(change)
        });
        let update = UpdateSubscription::new(found.id.clone())
            .items(items.collect::<Vec<_>>())
            .metadata(metadata(tenant, &book, choice))
            .proration_behavior(UpdateSubscriptionProrationBehavior::CreateProrations);
        self.client().write(&update, &format!("change:{}", billing.random())).await?;
        self.take_over_subscription(billing, &id).await.map(drop)
    }

    pub(crate) async fn cancel(&self, billing: &Billing, tenant: TenantId, end: bool) -> Result<(), BillingError> {
        let id = running(billing, tenant).await?.1;
        let found = self.client().get(&RetrieveSubscription::new(id.as_str())).await?;
        let update = UpdateSubscription::new(id.as_str());
        match (end, is_mixed(&found)) {
            (true, false) => self.client().set(&update.cancel_at_period_end(true)).await?,
            // Fee by the year, usage by the month: the end of the period would be that of the month.
            (true, true) => self.client().set(&update.cancel_at(UpdateSubscriptionCancelAt::MaxPeriodEnd)).await?,
            (false, _) if found.cancel_at_period_end => self.client().set(&update.cancel_at_period_end(false)).await?,
            (false, _) if found.cancel_at.is_some() => self.client().set(&KeepOn(id.as_str())).await?,
            (false, _) => found,
        };
        self.take_over_subscription(billing, &id).await.map(drop)
    }

    /// Ends it this moment; Stripe invoices what was used.
    pub(crate) async fn end_now(&self, billing: &Billing, tenant: TenantId) -> Result<(), BillingError> {
        let id = running(billing, tenant).await?.1;
        let cancel = CancelSubscription::new(id.as_str()).invoice_now(true).prorate(true);
        let answered = self.client().set(&cancel).await;
        // Whatever was answered, or lost on the way: how it stands now is what counts.
        self.take_over_subscription(billing, &id).await?;
        match running(billing, tenant).await {
            Ok(_) => Ok(answered.map(drop)?),
            Err(_) => Ok(()),
        }
    }

    pub(crate) async fn manage(&self, billing: &Billing, tenant: TenantId, back: &str) -> Result<String, BillingError> {
        let customer = customer_of(billing, tenant).await?;
        let session = CreateBillingPortalSession::new().customer(customer).return_url(back);
        Ok(self.client().write(&session, &format!("portal:{}", billing.random())).await?.url)
    }

    /// The id of the grant. It is money: the request is sent again only with the same key, and after a failure the customer's
    /// grants are looked through first.
    pub(crate) async fn grant_credit(
        &self,
        billing: &Billing,
        tenant: TenantId,
        credit: &NewCredit,
    ) -> Result<String, BillingError> {
        let customer = customer_of(billing, tenant).await?;
        let mark = billing.random();
        let grant = grant(billing, credit, &customer, &mark)?;
        let mut failures = 0;
        for attempt in 1..=ATTEMPTS {
            match self.client().once(&grant, &format!("grant:{mark}:{failures}")).await {
                Ok(grant) => return Ok(grant.id.to_string()),
                Err(Failure::Broken(_)) => {
                    if let Some(id) = self.find_grant(&customer, &mark).await? {
                        return Ok(id);
                    }
                    failures += 1;
                }
                Err(Failure::Busy | Failure::Unreachable) => {}
                Err(failure) => return Err(failure.into()),
            }
            pause(attempt).await;
        }
        self.find_grant(&customer, &mark).await?.ok_or(BillingError::Unreachable)
    }

    async fn find_grant(&self, customer: &str, mark: &str) -> Result<Option<String>, Failure> {
        let grants = self.client().all(ListBillingCreditGrant::new().customer(customer).limit(100).paginate()).await?;
        let found = grants.into_iter().find(|grant| grant.metadata.get(GRANT).is_some_and(|found| found == mark));
        Ok(found.map(|grant| grant.id.to_string()))
    }
}

fn grant(
    billing: &Billing,
    credit: &NewCredit,
    customer: &str,
    mark: &str,
) -> Result<CreateBillingCreditGrant, BillingError> {
    let currency = billing.books().at(billing.now()).currency();
    let refused = || BillingError::Refused { message: "the amount has a part of a coin".into() };
    let coins = to_coins(credit.amount, currency).ok_or_else(refused)?;
    let mut amount = CreateBillingCreditGrantAmount::new(CreateBillingCreditGrantAmountType::Monetary);
    amount.monetary = Some(CreateBillingCreditGrantAmountMonetary::new(to_currency(currency), coins));
    let mut scope = CreateBillingCreditGrantApplicabilityConfigScope::new();
    scope.price_type = Some(CreateBillingCreditGrantApplicabilityConfigScopePriceType::Metered);
    let grant = CreateBillingCreditGrant::new(amount, CreateBillingCreditGrantApplicabilityConfig::new(scope))
        .customer(customer)
        .name(credit.note.chars().take(100).collect::<String>())
        .metadata(HashMap::from([(GRANT.to_owned(), mark.to_owned())]))
        .category(match credit.kind {
            CreditKind::Paid => BillingCreditGrantCategory::Paid,
            CreditKind::Promotional | CreditKind::Applied | CreditKind::Expired => {
                BillingCreditGrantCategory::Promotional
            }
        });
    Ok(match credit.expires_at {
        Some(end) => grant.expires_at(end.micros() / 1_000_000),
        None => grant,
    })
}

/// The tenant's subscription that is not over, and its id at Stripe.
async fn running(billing: &Billing, tenant: TenantId) -> Result<(Subscription, String), BillingError> {
    let row = billing.0.store.tenant(tenant).find_subscription().await?;
    let row = row.filter(|row| !row.state.is_over()).ok_or(BillingError::NoSubscription)?;
    let id = row.external_id.clone().ok_or(BillingError::NoSubscription)?;
    Ok((row, id))
}

async fn customer_of(billing: &Billing, tenant: TenantId) -> Result<String, BillingError> {
    let row = billing.0.store.tenant(tenant).find_subscription().await?;
    row.and_then(|row| row.customer_id).ok_or(BillingError::NoSubscription)
}

/// Whether its items have periods of different lengths.
fn is_mixed(found: &Found) -> bool {
    let mut intervals = found.items.data.iter().filter_map(|item| Some(&item.price.recurring.as_ref()?.interval));
    intervals.next().is_some_and(|first| intervals.any(|other| other != first))
}

/// Takes away the day on which a subscription is to end: the library has no word for it.
struct KeepOn<'a>(&'a str);

impl StripeRequest for KeepOn<'_> {
    type Output = Found;

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, format!("/subscriptions/{}", self.0))
            .form(&HashMap::from([("cancel_at", "")]))
    }
}

//! What the portal, the console and the commands do with money.

use std::sync::Arc;

use turnpike_config::{CostSettings, IntegrationSettings, PaymentProvider, PaymentSettings, PlanSettings};
use turnpike_core::{Ambient, Micros, TenantId, Timestamp};
use turnpike_metering::{Books, PriceBook};
use turnpike_store::{Store, StoreError, Subscription};

use crate::{payments::Payments, usage::Usage, worker::Work};

/// What the binary puts billing together from.
pub struct Parts {
    /// Database.
    pub store: Store,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// Versions of the price book.
    pub books: Books,
    /// Section `[payments]`.
    pub settings: PaymentSettings,
    /// Section `[costs]`.
    pub costs: CostSettings,
    /// Sections `[integrations.…]`: what vendors charge.
    pub integrations: Vec<(String, IntegrationSettings)>,
}

/// Why something about money was not done.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BillingError {
    #[error("there is no plan `{0}` that can be chosen")]
    UnknownPlan(String),
    #[error("this organisation has no subscription")]
    NoSubscription,
    #[error("this organisation has a subscription already")]
    Subscribed,
    #[error("{0} is not offered where money is collected by the operator")]
    NotOffered(&'static str),
    #[error("the amount must be above nought")]
    NoAmount,
    #[error("the payment provider refused: {message}")]
    Refused { message: String },
    #[error("the payment provider cannot be reached; try again in a minute")]
    Unreachable,
    #[error("the payment provider answered something that was not understood")]
    Unreadable,
    #[error("what was used is still on its way to the payment provider; try again in a few minutes")]
    UsageUnderWay,
    #[error("this is the payment provider's business: do it there")]
    Elsewhere,
    #[error("the invoice is not open any more")]
    Settled,
    #[error("the price book cannot be right: `{key}`: {reason}")]
    BadBook { key: &'static str, reason: String },
    #[error("a price book must be set a minute or more before it is in force")]
    TooSoon,
    #[error("the currency cannot change while there are subscriptions")]
    CurrencyInUse,
    #[error("the price book cannot be written: {0}")]
    Unwritable(#[from] serde_json::Error),
    #[error("somebody else changed the same at the same time; try again")]
    Changed,
    #[error("the PDF cannot be made: {0}")]
    Pdf(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a tenant chooses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The plan's name.
    pub plan: String,
    /// Whether the fee is for a year.
    pub yearly: bool,
    /// For how many integrations.
    pub integrations: i64,
}

/// Who pays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The tenant's name.
    pub name: String,
    /// Where the payment provider writes to.
    pub email: String,
    /// Where its pages lead back to: an address of the portal.
    pub back: String,
}

/// What has to happen for it to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing.
    Done,
    /// The person goes on at this address of the payment provider.
    Visit(String),
}

/// How a tenant stands: what it pays for, and what it has used.
#[derive(Debug, Clone)]
pub struct Account {
    /// What it pays for.
    pub subscription: Subscription,
    /// Whose terms are these.
    pub book: Arc<PriceBook>,
    /// The plan; none where the book does not know it any more.
    pub plan: Option<PlanSettings>,
    /// Units used in the present period.
    pub used: i64,
    /// The credit that is left.
    pub credit: Micros,
}

/// The handle. Cheap to clone.
#[derive(Clone)]
pub struct Billing(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Store,
    pub(crate) ambient: Ambient,
    pub(crate) books: Books,
    pub(crate) settings: PaymentSettings,
    pub(crate) costs: CostSettings,
    pub(crate) integrations: Vec<(String, IntegrationSettings)>,
    pub(crate) payments: Payments,
    pub(crate) usage: Usage,
    pub(crate) work: Work,
}

impl Billing {
    /// Puts it together.
    pub fn new(parts: Parts) -> Result<Self, BillingError> {
        let Parts { store, ambient, books, settings, costs, integrations } = parts;
        let payments = Payments::new(&settings)?;
        let (usage, work) = (Usage::default(), Work::default());
        Ok(Self(Arc::new(Inner { store, ambient, books, settings, costs, integrations, payments, usage, work })))
    }

    /// Who collects the money.
    pub fn provider(&self) -> PaymentProvider {
        self.0.settings.provider
    }

    /// The versions of the price book.
    pub fn books(&self) -> &Books {
        &self.0.books
    }

    /// How a tenant stands; none if it has never subscribed.
    pub async fn find_account(&self, tenant: TenantId) -> Result<Option<Account>, BillingError> {
        let rows = self.0.store.tenant(tenant);
        let Some(subscription) = rows.find_subscription().await? else { return Ok(None) };
        let book = self.0.books.version(subscription.price_version);
        let plan = book.plan(&subscription.plan).cloned();
        let used = rows.units_used(subscription.period_start).await?;
        let credit = crate::invoices::credit_left(&rows.list_credits().await?, self.now());
        Ok(Some(Account { subscription, book, plan, used, credit }))
    }

    /// Sets the tenant's own cap on the units of a period; none takes it away.
    pub async fn set_cap(&self, tenant: TenantId, units: Option<i64>) -> Result<(), BillingError> {
        Ok(self.0.store.tenant(tenant).set_usage_cap(units, self.now()).await?)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.ambient.now()
    }
}

//! A deployment with a Stripe of its own, and a clock that both follow.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use stripe::ClientBuilder;
use stripe_billing::billing_meter::{
    CreateBillingMeter, CreateBillingMeterDefaultAggregation, CreateBillingMeterDefaultAggregationFormula,
};
use stripe_core::customer::CreateCustomer;
use tempfile::TempDir;
use turnpike_billing::{Billing, Parts};
use turnpike_config::{Layers, PaymentProvider, PaymentSettings, Settings};
use turnpike_core::{Ambient, Entropy, ManualClock, TenantId, Timestamp};
use turnpike_fake_stripe::FakeStripe;
use turnpike_metering::{Books, PriceBook};
use turnpike_store::{BatchState, NewTenant, Store, Subscription, SubscriptionState, TenantStore, UsageBatch};
use turnpike_testkit::Postgres;

use crate::ledger::call;

/// A whole hour.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_789_999_200_000_000);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// Those that the product ships with; reading them takes longer than most of what the tests do.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Layers::default().load().unwrap());

/// Writes each test once and runs it on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($world:ident: World) $body:block)*) => {
        $(async fn $name($world: crate::world::World) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::world::World::new(crate::world::Place::sqlite().await).await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::world::World::new(crate::world::Place::postgres().await).await).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// A migrated database.
pub(crate) struct Place {
    pub(crate) url: String,
    _keep: Keep,
}

#[expect(dead_code, reason = "what is kept is removed when it is dropped")]
enum Keep {
    Folder(TempDir),
    Server(Box<Postgres>),
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("turnpike.db").display());
        Store::open(&url, 1).await.unwrap().migrate().await.unwrap();
        Self { url, _keep: Keep::Folder(folder) }
    }

    pub(crate) async fn postgres() -> Self {
        let server = Postgres::shared().await.unwrap();
        let urls = server.database().await.unwrap();
        let owner = Store::open(&urls.owner_url, 1).await.unwrap();
        owner.migrate().await.unwrap();
        owner.grant_application_role("turnpike_app").await.unwrap();
        Self { url: urls.app_url, _keep: Keep::Server(Box::new(server)) }
    }

    /// In a folder that has a migrated file already.
    pub(crate) fn folder(folder: TempDir) -> Self {
        let url = format!("sqlite:{}", folder.path().join("turnpike.db").display());
        Self { url, _keep: Keep::Folder(folder) }
    }
}

pub(crate) struct World {
    pub(crate) fake: FakeStripe,
    pub(crate) store: Store,
    pub(crate) billing: Billing,
    pub(crate) settings: PaymentSettings,
    client: stripe::Client,
    clock: Arc<ManualClock>,
    ambient: Ambient,
    place: Place,
}

impl World {
    pub(crate) async fn new(place: Place) -> Self {
        Self::seeded(place, 1).await
    }

    pub(crate) async fn seeded(place: Place, seed: u64) -> Self {
        let fake = FakeStripe::start(START.micros() / 1_000_000).await;
        let clock = Arc::new(ManualClock::at(START));
        let ambient = Ambient::new(clock.clone(), Entropy::seeded(seed));
        let mut settings = SETTINGS.payments.clone();
        settings.provider = PaymentProvider::Stripe;
        settings.stripe_url = fake.url();
        settings.stripe_key = FakeStripe::KEY.into();
        settings.stripe_meter_key = FakeStripe::METER_KEY.into();
        settings.stripe_read_key = FakeStripe::READ_KEY.into();
        let client = ClientBuilder::new(FakeStripe::KEY).url(fake.url()).build().unwrap();
        let sum = CreateBillingMeterDefaultAggregation::new(CreateBillingMeterDefaultAggregationFormula::Sum);
        CreateBillingMeter::new(sum, "Units", "turnpike_units").send(&client).await.unwrap();
        let store = Store::open(&place.url, 4).await.unwrap();
        let billing = billing(&store, &ambient, &settings).await;
        Self { fake, store, billing, settings, client, clock, ambient, place }
    }

    /// Another process over the same database.
    pub(crate) async fn another(&self) -> Billing {
        self.another_with(|_| {}).await
    }

    pub(crate) async fn another_with(&self, change: impl FnOnce(&mut PaymentSettings)) -> Billing {
        let mut settings = self.settings.clone();
        change(&mut settings);
        billing(&Store::open(&self.place.url, 4).await.unwrap(), &self.ambient, &settings).await
    }

    /// Another worker of this process.
    pub(crate) async fn beside(&self) -> Billing {
        billing(&self.store, &self.ambient, &self.settings).await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    pub(crate) fn id(&self) -> turnpike_core::InvoiceId {
        self.ambient.id()
    }

    pub(crate) fn random(&self) -> u64 {
        u64::from_le_bytes(self.ambient.bytes())
    }

    pub(crate) fn rows(&self, tenant: TenantId) -> TenantStore {
        self.store.tenant(tenant)
    }

    pub(crate) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.fake.advance(self.now().micros() / 1_000_000).await;
    }

    /// A tenant that pays nobody.
    pub(crate) async fn guest(&self) -> TenantId {
        let id = self.ambient.id();
        let tenant = NewTenant { id, name: "a tenant".into(), created_at: self.now() };
        self.store.system().insert_tenant(&tenant).await.unwrap();
        id
    }

    /// A tenant with a subscription at Stripe, and its customer there.
    pub(crate) async fn tenant(&self) -> (TenantId, String) {
        let (id, customer) = (self.guest().await, self.customer().await);
        self.rows(id).set_subscription(&self.subscription(Some(&customer))).await.unwrap();
        (id, customer)
    }

    pub(crate) async fn customer(&self) -> String {
        CreateCustomer::new().send(&self.client).await.unwrap().id.to_string()
    }

    pub(crate) fn subscription(&self, customer: Option<&str>) -> Subscription {
        let now = self.now();
        Subscription {
            plan: "starter".into(),
            price_version: 0,
            yearly: false,
            integrations: 1,
            state: SubscriptionState::Active,
            period_start: now.minus(DAY * 10),
            period_end: now.plus(DAY * 20),
            trial_ends_at: None,
            cancel_at: None,
            past_due_since: None,
            cap_units: None,
            customer_id: customer.map(Into::into),
            external_id: customer.map(|customer| format!("sub_of_{customer}")),
            created_at: now.minus(DAY * 100),
            updated_at: now,
        }
    }

    /// A call of so many units, begun then.
    pub(crate) async fn call(&self, tenant: TenantId, at: Timestamp, units: i64) {
        let row = call(&self.ambient, tenant, ("google-ads", "run_gaql"), units, at);
        self.store.system().insert_calls(&[row]).await.unwrap();
    }

    pub(crate) async fn seal(&self) -> usize {
        self.billing.seal_usage(self.now()).await.unwrap()
    }

    pub(crate) async fn send(&self) -> usize {
        self.billing.send_usage().await.unwrap()
    }

    pub(crate) async fn batches(&self, tenant: TenantId) -> Vec<UsageBatch> {
        let (first, last) = (START.minus(DAY * 100), START.plus(DAY * 1_000));
        self.rows(tenant).list_usage_batches(first, last).await.unwrap()
    }

    pub(crate) async fn states(&self, tenant: TenantId) -> Vec<BatchState> {
        self.batches(tenant).await.iter().map(|batch| batch.state).collect()
    }

    /// All that is counted of a customer.
    pub(crate) fn counted(&self, customer: &str) -> i64 {
        self.fake.meter_total(customer, 0, i64::MAX)
    }

    /// How often a meter event was asked for.
    pub(crate) fn asked(&self) -> usize {
        self.fake.requests().iter().filter(|request| request.path.ends_with("/meter_events")).count()
    }

    pub(crate) async fn prove(&self) -> turnpike_billing::proof::Proof {
        self.billing.prove(START.minus(DAY * 30), self.now()).await.unwrap()
    }
}

async fn billing(store: &Store, ambient: &Ambient, payments: &PaymentSettings) -> Billing {
    let book = PriceBook::of_settings(SETTINGS.prices.clone(), SETTINGS.plans.clone());
    let books = Books::start(store.clone(), book, ambient.now()).await.unwrap();
    let (store, ambient, costs) = (store.clone(), ambient.clone(), SETTINGS.costs.clone());
    Billing::new(Parts { store, ambient, books, settings: payments.clone(), costs, integrations: vec![] }).unwrap()
}

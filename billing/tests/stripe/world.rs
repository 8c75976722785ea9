//! A deployment with a Stripe of its own, and a clock that both follow.

use std::{collections::HashMap, sync::Arc, time::Duration};

use axum::http::StatusCode;
use serde_json::Value;
use stripe::{Client, ClientBuilder};
use stripe_billing::billing_meter_event::CreateBillingMeterEvent;
use tempfile::TempDir;
use tokio::net::TcpListener;
use turnpike_billing::{Billing, Choice, Customer, Parts, stripe::router};
use turnpike_config::{BookText, Layers, PaymentProvider, PaymentSettings, Settings};
use turnpike_core::{Ambient, Entropy, ManualClock, TenantId, Timestamp};
use turnpike_fake_stripe::{Delivery, FakeStripe, RequestLog};
use turnpike_metering::{Books, PriceBook};
use turnpike_store::{NewTenant, PaymentEvent, PriceVersion, Store, Subscription};

/// A whole hour.
pub(crate) const START: Timestamp = Timestamp::from_micros(1_789_999_200_000_000);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);
pub(crate) const SECRET: &str = "whsec_new";
pub(crate) const SECRET_BEFORE: &str = "whsec_old";
pub(crate) const BACK: &str = "https://portal.example.com/billing";

pub(crate) struct World {
    pub(crate) fake: FakeStripe,
    pub(crate) store: Store,
    pub(crate) billing: Billing,
    pub(crate) settings: Settings,
    pub(crate) ambient: Ambient,
    pub(crate) clock: Arc<ManualClock>,
    _folder: TempDir,
}

/// How what waits is delivered.
#[derive(Default)]
pub(crate) struct Delivered {
    pub(crate) twice: bool,
    pub(crate) seed: Option<u64>,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut PaymentSettings)) -> Self {
        let fake = FakeStripe::start(START.micros() / 1_000_000).await;
        let clock = Arc::new(ManualClock::at(START));
        let mut settings = Layers::default().load().unwrap();
        let payments = &mut settings.payments;
        payments.provider = PaymentProvider::Stripe;
        payments.stripe_url = fake.url();
        payments.stripe_key = FakeStripe::KEY.into();
        payments.stripe_meter_key = FakeStripe::METER_KEY.into();
        payments.stripe_read_key = FakeStripe::READ_KEY.into();
        payments.stripe_webhook_secret = SECRET.into();
        payments.stripe_webhook_secret_before = SECRET_BEFORE.into();
        change(payments);
        let world = Self::over(fake, settings, clock).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/payments/stripe", listener.local_addr().unwrap());
        world.fake.send_webhooks_to(&url, SECRET, "2026-09-30.endive");
        tokio::spawn(axum::serve(listener, router(&world.billing)).into_future());
        world
    }

    /// Another deployment that has nothing yet, over the same Stripe, with the same tenant.
    pub(crate) async fn elsewhere(&self, tenant: TenantId) -> Self {
        let other = Self::over(self.fake.clone(), self.settings.clone(), self.clock.clone()).await;
        let tenant = NewTenant { id: tenant, name: "a tenant".into(), created_at: self.now() };
        other.store.system().insert_tenant(&tenant).await.unwrap();
        other
    }

    async fn over(fake: FakeStripe, settings: Settings, clock: Arc<ManualClock>) -> Self {
        let ambient = Ambient::new(clock.clone(), Entropy::seeded(1));
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("turnpike.db").display()), 4).await.unwrap();
        store.migrate().await.unwrap();
        let book = PriceBook::of_settings(settings.prices.clone(), settings.plans.clone());
        let billing = billing(&store, &ambient, &settings, book).await;
        Self { fake, store, billing, settings, ambient, clock, _folder: folder }
    }

    /// Another process with the same settings.
    pub(crate) async fn another(&self) -> Billing {
        let book = PriceBook::of_settings(self.settings.prices.clone(), self.settings.plans.clone());
        billing(&self.store, &self.ambient, &self.settings, book).await
    }

    /// Another process, after the next version of the price book has come into force.
    pub(crate) async fn another_with(&self, change: impl FnOnce(&mut BookText)) -> Billing {
        let mut book = BookText { prices: self.settings.prices.clone(), plans: self.settings.plans.clone() };
        change(&mut book);
        let (system, now) = (self.store.system(), self.now());
        let row = PriceVersion {
            version: system.list_price_versions().await.unwrap().last().unwrap().version + 1,
            book_json: serde_json::to_string(&book).unwrap(),
            effective_at: now,
            note: String::new(),
            set_by: "operator".into(),
            set_at: now,
        };
        system.insert_price_version(&row).await.unwrap();
        self.another().await
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.ambient.now()
    }

    pub(crate) async fn advance(&self, by: Duration) {
        self.clock.advance(by);
        self.fake.advance(self.now().micros() / 1_000_000).await;
    }

    pub(crate) async fn tenant(&self) -> TenantId {
        let id = self.ambient.id();
        let tenant = NewTenant { id, name: "a tenant".into(), created_at: self.now() };
        self.store.system().insert_tenant(&tenant).await.unwrap();
        id
    }

    pub(crate) async fn row(&self, tenant: TenantId) -> Option<Subscription> {
        self.store.tenant(tenant).find_subscription().await.unwrap()
    }

    pub(crate) async fn stored(&self) -> Vec<PaymentEvent> {
        self.store.system().list_payment_events(10_000).await.unwrap()
    }

    /// Delivers what waits, and works on it.
    pub(crate) async fn follow(&self) {
        self.deliver().await;
        self.billing.work_on_events().await.unwrap();
    }

    pub(crate) async fn deliver(&self) {
        self.deliver_as(Delivered::default()).await;
    }

    pub(crate) async fn deliver_as(&self, how: Delivered) {
        let how = Delivery { duplicate: how.twice, shuffle_seed: how.seed, ..Delivery::default() };
        self.fake.deliver(how).await;
    }

    /// Delivers one event.
    pub(crate) async fn hear(&self, event: &Value) {
        assert_eq!(self.tell(&event.to_string()).await, StatusCode::OK);
    }

    /// Tells the meter of units used now.
    pub(crate) async fn use_units(&self, customer: &str, units: i64) {
        let payload = [("stripe_customer_id".to_owned(), customer.to_owned()), ("value".to_owned(), units.to_string())];
        let event = CreateBillingMeterEvent::new("turnpike_units", HashMap::from(payload));
        let event = event.timestamp(self.now().micros() / 1_000_000);
        event.send(&self.client()).await.unwrap();
    }

    /// The operator's own, in Stripe's dashboard.
    pub(crate) fn client(&self) -> Client {
        let mut client = ClientBuilder::new(FakeStripe::KEY).url(self.fake.url());
        if !self.settings.payments.stripe_account.is_empty() {
            client = client.account_id(self.settings.payments.stripe_account.as_str().into());
        }
        client.build().unwrap()
    }

    /// The requests to a path that have come.
    pub(crate) fn requests(&self, method: &str, path: &str) -> Vec<RequestLog> {
        let of_path = |request: &RequestLog| request.method == method && request.path.starts_with(path);
        self.fake.requests().into_iter().filter(of_path).collect()
    }
}

async fn billing(store: &Store, ambient: &Ambient, settings: &Settings, book: PriceBook) -> Billing {
    let parts = Parts {
        store: store.clone(),
        ambient: ambient.clone(),
        books: Books::start(store.clone(), book, ambient.now()).await.unwrap(),
        settings: settings.payments.clone(),
        costs: settings.costs.clone(),
        integrations: vec![],
    };
    Billing::new(parts).unwrap()
}

pub(crate) fn choice(plan: &str, yearly: bool, integrations: i64) -> Choice {
    Choice { plan: plan.into(), yearly, integrations }
}

pub(crate) fn customer() -> Customer {
    Customer { name: "a tenant".into(), email: "owner@example.com".into(), back: BACK.into() }
}

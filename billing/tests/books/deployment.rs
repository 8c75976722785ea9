//! A migrated database, a clock that stands, and somebody who uses up units.

use std::sync::Arc;

use tempfile::TempDir;
use turnpike_billing::{Billing, Choice, Customer, Parts};
use turnpike_config::{Layers, Settings};
use turnpike_core::{Ambient, Clock as _, Entropy, ManualClock, TenantId, Timestamp};
use turnpike_metering::{Books, PriceBook};
use turnpike_store::{CallRow, Invoice, InvoiceLine, LineKind, NewTenant, Store, Subscription};
use turnpike_testkit::Postgres;

use crate::ledger;

/// Writes each test once and runs it on both databases.
macro_rules! on_both {
    ($(async fn $name:ident($deployment:ident: Deployment) $body:block)*) => {
        $(async fn $name($deployment: crate::deployment::Deployment) $body)*

        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::deployment::Deployment::sqlite().await).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::deployment::Deployment::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;

pub(crate) fn at(text: &str) -> Timestamp {
    let text = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    Timestamp::from_micros(text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp_micros())
}

pub(crate) fn plan(name: &str) -> Choice {
    Choice { plan: name.into(), yearly: false, integrations: 1 }
}

pub(crate) struct Deployment {
    pub(crate) store: Store,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) billing: Billing,
    pub(crate) tenant: TenantId,
    settings: Settings,
    ambient: Ambient,
    pub(crate) books: Books,
    _place: Place,
}

enum Place {
    Sqlite { _folder: TempDir },
    Postgres { _server: Box<Postgres> },
}

impl Deployment {
    pub(crate) async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&format!("sqlite:{}", folder.path().join("turnpike.db").display()), 10).await.unwrap();
        store.migrate().await.unwrap();
        Self::with(store, Place::Sqlite { _folder: folder }).await
    }

    pub(crate) async fn postgres() -> Self {
        let server = Postgres::shared().await.unwrap();
        let urls = server.database().await.unwrap();
        let owner = Store::open(&urls.owner_url, 1).await.unwrap();
        owner.migrate().await.unwrap();
        owner.grant_application_role("turnpike_app").await.unwrap();
        let store = Store::open(&urls.app_url, 10).await.unwrap();
        Self::with(store, Place::Postgres { _server: Box::new(server) }).await
    }

    async fn with(store: Store, place: Place) -> Self {
        let mut settings = Layers::default().load().unwrap();
        settings.payments.issuer = "Example Ltd\n1 Example Street".into();
        for plan in settings.plans.values_mut() {
            plan.trial_days = 0;
        }
        let clock = Arc::new(ManualClock::at(at("2026-10-01")));
        let ambient = Ambient::new(clock.clone(), Entropy::System);
        let book = PriceBook::of_settings(settings.prices.clone(), settings.plans.clone());
        let books = Books::start(store.clone(), book, ambient.now()).await.unwrap();
        let tenant = ambient.id();
        let parts = parts(&store, &ambient, &books, &settings);
        let billing = Billing::new(parts).unwrap();
        let it = Self { store, clock, billing, tenant, settings, ambient, books, _place: place };
        it.add_tenant(tenant, "Παράδειγμα GmbH, Пример").await;
        it
    }

    /// The same with other settings.
    pub(crate) async fn set(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        let book = PriceBook::of_settings(self.settings.prices.clone(), self.settings.plans.clone());
        self.books = Books::start(self.store.clone(), book, self.ambient.now()).await.unwrap();
        self.billing = self.worker();
    }

    /// The same with a price book for those who come from now on.
    pub(crate) async fn set_book(&mut self) {
        let book = PriceBook::of_settings(self.settings.prices.clone(), self.settings.plans.clone());
        self.books = Books::start(self.store.clone(), book, self.ambient.now()).await.unwrap();
        self.billing = self.worker();
    }

    /// Another process.
    pub(crate) fn worker(&self) -> Billing {
        Billing::new(parts(&self.store, &self.ambient, &self.books, &self.settings)).unwrap()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) async fn add_tenant(&self, id: TenantId, name: &str) {
        let new = NewTenant { id, name: name.into(), created_at: self.clock.now() };
        self.store.system().insert_tenant(&new).await.unwrap();
    }

    pub(crate) async fn another(&self) -> TenantId {
        let id = self.ambient.id();
        self.add_tenant(id, "another").await;
        id
    }

    /// Lets it be that time.
    pub(crate) fn go_to(&self, time: &str) {
        self.clock.advance(at(time).since(self.clock.now()));
        assert_eq!(self.clock.now(), at(time), "time goes forward");
    }

    pub(crate) async fn subscribe(&self, choice: &Choice) {
        let customer = Customer { name: String::new(), email: String::new(), back: String::new() };
        self.billing.subscribe(self.tenant, choice, &customer).await.unwrap();
    }

    pub(crate) async fn subscription(&self) -> Subscription {
        self.store.tenant(self.tenant).find_subscription().await.unwrap().unwrap()
    }

    /// Goes to a time and closes what is over then; how many.
    pub(crate) async fn close_at(&self, time: &str) -> usize {
        self.go_to(time);
        self.billing.close_periods(self.clock.now()).await.unwrap()
    }

    pub(crate) async fn uses(&self, units: i64, time: &str) {
        self.used_by(self.tenant, ("google-ads", "run_report"), units, at(time)).await;
    }

    /// One call that used so many units.
    pub(crate) async fn used_by(&self, tenant: TenantId, tool: (&str, &str), units: i64, time: Timestamp) {
        let row = self.call(tenant, tool, units, time);
        self.store.system().insert_calls(&[row]).await.unwrap();
    }

    pub(crate) fn call(&self, tenant_id: TenantId, tool: (&str, &str), units: i64, started_at: Timestamp) -> CallRow {
        ledger::call(&self.ambient, tenant_id, tool, units, started_at)
    }

    /// The tenant's invoices that are no drafts, oldest first, with their lines.
    pub(crate) async fn invoices(&self) -> Vec<(Invoice, Vec<InvoiceLine>)> {
        let rows = self.store.tenant(self.tenant);
        let mut all = vec![];
        for invoice in rows.list_invoices().await.unwrap().into_iter().rev().filter(|it| it.number.is_some()) {
            let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
            let sum: i64 = lines.iter().map(|line| line.amount.0).sum();
            assert_eq!(sum, invoice.subtotal.0, "the lines add up");
            assert_eq!(invoice.subtotal.0 + invoice.tax.0, invoice.total.0);
            assert!(lines.iter().zip(0..).all(|(line, place)| line.position == place));
            all.push((invoice, lines));
        }
        all
    }

    pub(crate) async fn last_invoice(&self) -> (Invoice, Vec<InvoiceLine>) {
        self.invoices().await.pop().unwrap()
    }
}

fn parts(store: &Store, ambient: &Ambient, books: &Books, settings: &Settings) -> Parts {
    Parts {
        store: store.clone(),
        ambient: ambient.clone(),
        books: books.clone(),
        settings: settings.payments.clone(),
        costs: settings.costs.clone(),
        integrations: settings.integrations.clone().into_iter().collect(),
    }
}

/// The amounts of the lines of a kind, with their quantities.
pub(crate) fn amounts(lines: &[InvoiceLine], kind: LineKind) -> Vec<(i64, i64)> {
    lines.iter().filter(|line| line.kind == kind).map(|line| (line.quantity, line.amount.0)).collect()
}

pub(crate) fn units(lines: &[InvoiceLine]) -> i64 {
    amounts(lines, LineKind::Usage).iter().map(|(units, _)| units).sum()
}

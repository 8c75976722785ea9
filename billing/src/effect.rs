//! What a change of the price book would have changed.

use std::collections::BTreeMap;

use turnpike_config::{BookText, PlanSettings, check_book};
use turnpike_core::{Currency, Micros, TenantId, Timestamp};
use turnpike_metering::{NOTICE, PriceBook, payable, rate};
use turnpike_store::{PriceLine, PriceVersion, StoreError, Subscription};

use crate::{
    Billing, BillingError,
    invoices::{calendar::prorated, close::is_running},
};

/// What a tenant would have paid for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// Whose.
    pub tenant: TenantId,
    /// Its plan, if it has one.
    pub plan: Option<String>,
    /// Units by the book in force.
    pub units_before: i64,
    /// Units by the other.
    pub units_after: i64,
    /// Fee and usage by its present terms.
    pub before: Micros,
    /// By the other book.
    pub after: Micros,
}

/// All of them, those that change most first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effects {
    /// The currency of all amounts.
    pub currency: Currency,
    /// By tenant.
    pub tenants: Vec<Effect>,
}

/// How often another version may be set at the same time.
const ATTEMPTS: usize = 2;

impl Billing {
    /// What the ledger of a time, a month as a rule, would have come to by another book: for each tenant by the plan of the same
    /// name, or by its present terms where there is none.
    pub async fn effects(&self, book: &BookText, since: Timestamp, until: Timestamp) -> Result<Effects, BillingError> {
        let system = self.0.store.system();
        let other = PriceBook::of_settings(book.prices.clone(), book.plans.clone());
        let mut used = BTreeMap::<TenantId, (i64, i64)>::new();
        for (tenant, line) in system.usage_by_price(since, until).await? {
            let (before, after) = used.entry(tenant).or_default();
            *before += line.units;
            *after += self.units_after(&line, &other);
        }
        let subscriptions: BTreeMap<_, _> =
            system.list_subscriptions().await?.into_iter().filter(|(_, it)| is_running(it)).collect();
        for tenant in subscriptions.keys() {
            used.entry(*tenant).or_default();
        }
        let effect = |(tenant, units): (TenantId, (i64, i64))| {
            self.effect(tenant, units, subscriptions.get(&tenant), &other, (since, until))
        };
        let mut tenants: Vec<_> = used.into_iter().map(effect).collect();
        tenants.sort_by_key(|effect| std::cmp::Reverse((effect.after.0 - effect.before.0).abs()));
        Ok(Effects { currency: other.currency(), tenants })
    }

    /// Units by the other book. The cost class stands in no row: it is the one whose list price the calls had.
    fn units_after(&self, line: &PriceLine, other: &PriceBook) -> i64 {
        let theirs = self.0.books.version(line.price_version);
        let list_price = |class: &&&str| theirs.units(class).saturating_mul(theirs.prices.unit) == line.list_price.0;
        // Where units have no list price, or two classes the same, the middle one comes first.
        let class = ["standard", "light", "heavy"].iter().find(list_price).copied().unwrap_or("standard");
        other.price(class, line.outcome).units.saturating_mul(line.calls)
    }

    fn effect(
        &self,
        tenant: TenantId,
        (units_before, units_after): (i64, i64),
        subscription: Option<&Subscription>,
        other: &PriceBook,
        time: (Timestamp, Timestamp),
    ) -> Effect {
        let present = subscription.map_or_else(
            || self.0.books.at(self.now()),
            |subscription| self.0.books.version(subscription.price_version),
        );
        let cost = |book: &PriceBook, plan: Option<&PlanSettings>, units| match (subscription, plan) {
            (Some(subscription), Some(plan)) => plan_cost(subscription, plan, units, book.currency(), time),
            _ => payable(Micros(book.prices.unit.saturating_mul(units)), book.currency()),
        };
        let plan = subscription.and_then(|subscription| present.plan(&subscription.plan));
        let next = subscription.and_then(|subscription| other.plan(&subscription.plan)).or(plan);
        Effect {
            tenant,
            plan: subscription.map(|subscription| subscription.plan.clone()),
            units_before,
            units_after,
            before: cost(&present, plan, units_before),
            after: cost(other, next, units_after),
        }
    }

    /// Sets the next version of the price book, in force from `effective_at` on; its number.
    pub async fn set_book(
        &self,
        book: &BookText,
        effective_at: Timestamp,
        note: &str,
        set_by: &str,
    ) -> Result<i64, BillingError> {
        let (system, now) = (self.0.store.system(), self.now());
        check_book(&book.prices, &book.plans).map_err(|(key, reason)| BillingError::BadBook { key, reason })?;
        if effective_at < now.plus(NOTICE) {
            return Err(BillingError::TooSoon);
        }
        let present = self.0.books.all().last().map(|book| book.currency());
        let subscribed = system.list_subscriptions().await?.iter().any(|(_, subscription)| is_running(subscription));
        if present.is_some_and(|present| present != book.prices.currency) && subscribed {
            return Err(BillingError::CurrencyInUse);
        }
        let book_json = serde_json::to_string(book)?;
        let (note, set_by) = (note.to_owned(), set_by.to_owned());
        let mut row = PriceVersion { version: 0, book_json, effective_at, note, set_by, set_at: now };
        for _ in 0..ATTEMPTS {
            row.version = system.list_price_versions().await?.last().map_or(1, |last| last.version + 1);
            match system.insert_price_version(&row).await {
                Ok(()) => return Ok(row.version),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(BillingError::Changed)
    }
}

/// The fee for a time and the units of a month by a plan; a fee for a year by its months.
fn plan_cost(
    subscription: &Subscription,
    plan: &PlanSettings,
    units: i64,
    currency: Currency,
    (since, until): (Timestamp, Timestamp),
) -> Micros {
    let fee = match subscription.yearly {
        true => plan.yearly / 12,
        false => plan.monthly,
    };
    let fee = payable(prorated(fee.saturating_mul(subscription.integrations), since, until), currency);
    let usage: i64 = rate(plan, units, currency).iter().map(|charge| charge.amount.0).sum();
    Micros(fee.0 + usage)
}

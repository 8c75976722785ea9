//! What a price of ours says: whose plan, which version of the price book, and how much.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use stripe_product::price::{
    CreatePrice, CreatePriceRecurring, CreatePriceRecurringInterval, CreatePriceRecurringUsageType, CreatePriceTiers,
    CreatePriceTiersUpTo,
};
use stripe_shared::{
    Price, PriceBillingScheme, PriceTaxBehavior, PriceTiersMode, RecurringInterval, RecurringUsageType,
};
use turnpike_config::PlanSettings;
use turnpike_core::{Currency, Micros};
use turnpike_metering::{PriceBook, tiers};

use super::amounts::{of_currency, of_decimal, to_currency, to_decimal};

/// What of a plan a price is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The fee by the month.
    Month,
    /// The fee by the year.
    Year,
    /// Units.
    Usage,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Year => "year",
            Self::Usage => "usage",
        }
    }
}

/// What is written on a price of ours: by it a subscription of Stripe is read as one of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) plan: String,
    pub(super) price_version: i64,
    pub(super) kind: Kind,
}

impl Label {
    /// Reads it; none where the price is not one of ours.
    pub(super) fn of(metadata: &HashMap<String, String>) -> Option<Self> {
        let kind = match metadata.get("kind")?.as_str() {
            "month" => Kind::Month,
            "year" => Kind::Year,
            "usage" => Kind::Usage,
            _ => return None,
        };
        Some(Self {
            plan: metadata.get("plan")?.clone(),
            price_version: metadata.get("price_version")?.parse().ok()?,
            kind,
        })
    }

    fn write(&self) -> HashMap<String, String> {
        let words = [("plan", self.plan.clone()), ("price_version", self.price_version.to_string())];
        words
            .into_iter()
            .chain([("kind", self.kind.word().to_owned())])
            .map(|(key, word)| (key.to_owned(), word))
            .collect()
    }
}

/// A price as the book wants it.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) label: Label,
    product: String,
    meter: Option<String>,
    currency: Currency,
    /// One without an end for a fee.
    tiers: Vec<(Option<i64>, Micros)>,
}

impl Terms {
    /// The terms of a plan by that book.
    pub(super) fn of(book: &PriceBook, name: &str, plan: &PlanSettings, kind: Kind, meter: &str) -> Self {
        let label = Label { plan: name.to_owned(), price_version: book.version, kind };
        let tiers = match kind {
            Kind::Month => vec![(None, Micros(plan.monthly))],
            Kind::Year => vec![(None, Micros(plan.yearly))],
            Kind::Usage => tiers(plan),
        };
        let meter = (kind == Kind::Usage).then(|| meter.to_owned());
        Self { label, product: product_id(name), meter, currency: book.currency(), tiers }
    }

    /// By which it is found again.
    pub(super) fn lookup_key(&self) -> String {
        format!("turnpike_{}_{}", self.label.plan, self.label.kind.word())
    }

    /// The same for the same terms, on every replica.
    pub(super) fn digest(&self) -> String {
        let all = format!("{self:?}");
        digest(&SHA256, all.as_bytes()).as_ref().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The request that makes it, and takes the lookup key from the one that has it.
    pub(super) fn create(&self) -> CreatePrice {
        let interval = match self.label.kind {
            Kind::Year => CreatePriceRecurringInterval::Year,
            Kind::Month | Kind::Usage => CreatePriceRecurringInterval::Month,
        };
        let mut recurring = CreatePriceRecurring::new(interval);
        recurring.usage_type = Some(match &self.meter {
            Some(_) => CreatePriceRecurringUsageType::Metered,
            None => CreatePriceRecurringUsageType::Licensed,
        });
        recurring.meter.clone_from(&self.meter);
        let price = CreatePrice::new(to_currency(self.currency))
            .product(self.product.as_str())
            .lookup_key(self.lookup_key())
            .metadata(self.label.write())
            .tax_behavior(PriceTaxBehavior::Exclusive)
            .recurring(recurring);
        match (self.label.kind, self.tiers.as_slice()) {
            (Kind::Usage, tiers) => price
                .billing_scheme(PriceBillingScheme::Tiered)
                .tiers_mode(PriceTiersMode::Graduated)
                .tiers(tiers.iter().map(|tier| self.tier(*tier)).collect::<Vec<_>>()),
            (_, fee) => {
                let fee = fee.first().map_or(Micros(0), |(_, fee)| *fee);
                price.billing_scheme(PriceBillingScheme::PerUnit).unit_amount_decimal(to_decimal(fee, self.currency))
            }
        }
    }

    fn tier(&self, (up_to, price): (Option<i64>, Micros)) -> CreatePriceTiers {
        let mut tier = CreatePriceTiers::new(up_to.map_or(CreatePriceTiersUpTo::Inf, CreatePriceTiersUpTo::I64));
        tier.unit_amount_decimal = Some(to_decimal(price, self.currency));
        tier
    }

    /// Whether a price says the same; its version may be another.
    pub(super) fn agree(&self, price: &Price) -> bool {
        let Some(recurring) = &price.recurring else { return false };
        let interval = match self.label.kind {
            Kind::Year => RecurringInterval::Year,
            Kind::Month | Kind::Usage => RecurringInterval::Month,
        };
        let metered = recurring.usage_type == RecurringUsageType::Metered;
        let amount = |decimal: &Option<String>, whole: Option<i64>| {
            let text = decimal.clone().or_else(|| whole.map(|coins| coins.to_string()));
            text.and_then(|text| of_decimal(&text, self.currency))
        };
        let found: Option<Vec<_>> = match &price.tiers {
            Some(tiers) => tiers
                .iter()
                .map(|tier| Some((tier.up_to, amount(&tier.unit_amount_decimal, tier.unit_amount)?)))
                .collect(),
            None => amount(&price.unit_amount_decimal, price.unit_amount).map(|amount| vec![(None, amount)]),
        };
        price.active
            && Label::of(&price.metadata)
                .is_some_and(|label| label.plan == self.label.plan && label.kind == self.label.kind)
            && of_currency(&price.currency) == Ok(self.currency)
            && price.product.id().as_str() == self.product
            && recurring.interval == interval
            && recurring.interval_count == 1
            && metered == self.meter.is_some()
            && recurring.meter == self.meter
            && found.as_ref() == Some(&self.tiers)
    }
}

/// The product that stands for a plan.
pub(super) fn product_id(plan: &str) -> String {
    format!("turnpike_{plan}")
}

//! Products, prices and the meter at Stripe, as the price book in force wants them.
//!
//! Each is looked for first, and made only where it is missing, in one attempt; whatever that attempt comes to, it is looked for
//! again. So two replicas at once, or an answer that is lost, make no second object.

use stripe_billing::billing_meter::{
    CreateBillingMeter, CreateBillingMeterCustomerMapping, CreateBillingMeterCustomerMappingType,
    CreateBillingMeterDefaultAggregation, CreateBillingMeterDefaultAggregationFormula, CreateBillingMeterValueSettings,
};
use stripe_product::{
    price::ListPrice,
    product::{CreateProduct, RetrieveProduct, UpdateProduct},
};
use stripe_shared::{Price, Product};
use turnpike_config::PlanSettings;
use turnpike_metering::PriceBook;

use super::{
    Failure, METER_EVENT, Stripe,
    client::{ATTEMPTS, pause},
    terms::{Kind, Terms, product_id},
};
use crate::{Billing, BillingError};

/// The prices of a plan.
pub(super) struct PlanPrices {
    month: String,
    year: Option<String>,
    pub(super) usage: String,
}

impl PlanPrices {
    /// The fee's; none where there is no fee for a year.
    pub(super) fn fee(&self, yearly: bool) -> Option<&str> {
        if yearly { self.year.as_deref() } else { Some(&self.month) }
    }
}

impl Billing {
    /// Makes products, prices and the meter at Stripe that the present price book asks for; what is there stays. Done before
    /// anybody subscribes, and by the worker when a version of the book begins.
    pub async fn seed_catalog(&self) -> Result<(), BillingError> {
        let Some(stripe) = self.stripe() else { return Ok(()) };
        let book = self.books().at(self.now());
        stripe.seed_meter().await?;
        for (name, plan) in book.plans.iter().filter(|(_, plan)| plan.offered) {
            stripe.seed_plan(&book, name, plan).await?;
        }
        Ok(())
    }
}

impl Stripe {
    /// The prices of a plan as the book says; made where they are missing.
    pub(super) async fn seed_plan(
        &self,
        book: &PriceBook,
        name: &str,
        plan: &PlanSettings,
    ) -> Result<PlanPrices, Failure> {
        let meter = self.seed_meter().await?;
        self.seed_product(name, plan).await?;
        let terms = |kind| Terms::of(book, name, plan, kind, &meter);
        let year = match plan.yearly {
            0 => None,
            _ => Some(self.seed_price(&terms(Kind::Year)).await?),
        };
        Ok(PlanPrices {
            month: self.seed_price(&terms(Kind::Month)).await?,
            year,
            usage: self.seed_price(&terms(Kind::Usage)).await?,
        })
    }

    async fn seed_meter(&self) -> Result<String, Failure> {
        let formula = CreateBillingMeterDefaultAggregationFormula::Sum;
        let create =
            CreateBillingMeter::new(CreateBillingMeterDefaultAggregation::new(formula), "Turnpike units", METER_EVENT)
                .customer_mapping(CreateBillingMeterCustomerMapping::new(
                    "stripe_customer_id",
                    CreateBillingMeterCustomerMappingType::ById,
                ))
                .value_settings(CreateBillingMeterValueSettings::new("value"));
        let mut attempt = 1;
        loop {
            if let Some(id) = self.find_meter().await? {
                return Ok(id);
            }
            match self.client().once(&create, &format!("seed:{METER_EVENT}:{attempt}")).await {
                Ok(meter) => return Ok(meter.id.to_string()),
                Err(failure) => again(&mut attempt, failure).await?,
            }
        }
    }

    async fn seed_product(&self, name: &str, plan: &PlanSettings) -> Result<(), Failure> {
        let id = product_id(name);
        let mut attempt = 1;
        loop {
            let result = match self.find_product(&id).await? {
                Some(product) if product.name == plan.title && product.active => return Ok(()),
                Some(_) => {
                    let update = UpdateProduct::new(id.as_str()).name(plan.title.as_str()).active(true);
                    self.client().set(&update).await
                }
                None => {
                    let create = CreateProduct::new(plan.title.as_str()).id(id.as_str());
                    self.client().once(&create, &format!("seed:{id}:{attempt}")).await
                }
            };
            match result {
                Ok(_) => return Ok(()),
                Err(failure) => again(&mut attempt, failure).await?,
            }
        }
    }

    async fn find_product(&self, id: &str) -> Result<Option<Product>, Failure> {
        match self.client().get(&RetrieveProduct::new(id)).await {
            Ok(product) => Ok(Some(product)),
            Err(failure) if failure.is_missing() => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    async fn seed_price(&self, terms: &Terms) -> Result<String, Failure> {
        let lookup_key = terms.lookup_key();
        let mut attempt = 1;
        loop {
            let found = self.find_price(&lookup_key).await?;
            if let Some(price) = found.as_ref().filter(|price| terms.agree(price)) {
                return Ok(price.id.to_string());
            }
            // The present price is part of the key: a return to the terms of before is a price of its own.
            let before = found.as_ref().map_or("none", |price| price.id.as_str());
            let key = format!("seed:{lookup_key}:{before}:{}:{attempt}", terms.digest());
            match self.client().once(&terms.create().transfer_lookup_key(found.is_some()), &key).await {
                Ok(price) => return Ok(price.id.to_string()),
                Err(failure) => again(&mut attempt, failure).await?,
            }
        }
    }

    async fn find_price(&self, lookup_key: &str) -> Result<Option<Price>, Failure> {
        let list = ListPrice::new().lookup_keys(vec![lookup_key.to_owned()]).expand(vec!["data.tiers".to_owned()]);
        Ok(self.client().get(&list).await?.data.into_iter().next())
    }
}

/// Whether it is worth another look: somebody may have been quicker, or the answer was lost.
async fn again(attempt: &mut u32, failure: Failure) -> Result<(), Failure> {
    if *attempt == ATTEMPTS {
        return Err(failure);
    }
    pause(*attempt).await;
    *attempt += 1;
    Ok(())
}

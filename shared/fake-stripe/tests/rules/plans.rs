//! A plan as the product sells it: a fee for each integration, and units with tiers.

use serde_json::Value;

use crate::ask::{Ask, Form};

pub(crate) struct Plan {
    pub(crate) fee: String,
    pub(crate) usage: String,
    pub(crate) customer: String,
    pub(crate) product: String,
}

impl Plan {
    /// 99.00 a month, 10,000 units included, then 0.4 and 0.25 cents; a customer with a card.
    pub(crate) async fn new(ask: &Ask) -> Self {
        let meter = ask.meter().await;
        let product = ask.make("/v1/products", &[("name", "Managed integration")]).await;
        let fee = fee(ask, &product, "9900", "month").await;
        let usage = ask
            .make(
                "/v1/prices",
                &[
                    ("currency", "usd"),
                    ("product", &product),
                    ("recurring[interval]", "month"),
                    ("recurring[usage_type]", "metered"),
                    ("recurring[meter]", &meter),
                    ("billing_scheme", "tiered"),
                    ("tiers_mode", "graduated"),
                    ("tiers[0][up_to]", "10000"),
                    ("tiers[0][unit_amount]", "0"),
                    ("tiers[1][up_to]", "50000"),
                    ("tiers[1][unit_amount_decimal]", "0.4"),
                    ("tiers[2][up_to]", "inf"),
                    ("tiers[2][unit_amount_decimal]", "0.25"),
                ],
            )
            .await;
        let customer = ask.customer().await;
        let path = format!("/v1/customers/{customer}");
        ask.post(&path, &[("invoice_settings[default_payment_method]", "pm_card_visa")]).await.ok();
        Self { fee, usage, customer, product }
    }

    /// Both prices, with more parameters.
    pub(crate) async fn subscribe(&self, ask: &Ask, more: Form<'_>) -> Value {
        let form = [("customer", &*self.customer), ("items[0][price]", &self.fee), ("items[1][price]", &self.usage)];
        ask.post("/v1/subscriptions", &[&form[..], more].concat()).await.ok()
    }
}

/// A licensed price.
pub(crate) async fn fee(ask: &Ask, product: &str, coins: &str, interval: &str) -> String {
    let form = [("currency", "usd"), ("product", product), ("unit_amount", coins), ("recurring[interval]", interval)];
    ask.make("/v1/prices", &form).await
}

pub(crate) fn id(object: &Value) -> &str {
    object["id"].as_str().expect("an id")
}

/// What each line of an invoice is for: quantity and amount.
pub(crate) fn lines(invoice: &Value) -> Vec<(i64, i64)> {
    let lines = invoice["lines"]["data"].as_array().expect("lines");
    lines
        .iter()
        .map(|line| (line["quantity"].as_i64().unwrap_or(-1), line["amount"].as_i64().expect("an amount")))
        .collect()
}

/// The kinds of the events there were, without those of the catalogue.
pub(crate) fn kinds(ask: &Ask) -> Vec<String> {
    let kinds = ask.fake.events().into_iter().map(|event| event["type"].as_str().expect("a type").to_owned());
    let wanted =
        |kind: &String| ["invoice.", "customer.subscription.", "checkout."].iter().any(|start| kind.starts_with(start));
    kinds.filter(wanted).collect()
}

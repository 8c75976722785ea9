//! Parts that several answers share.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::{Micros, Timestamp};
use turnpike_sdk::{Account, Page, Period};

use crate::{api::Metrics, arguments::Day};

/// The account that an answer is about.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountLine {
    customer_id: String,
    name: String,
    /// Of every amount in this answer.
    currency: String,
    /// IANA zone of every day in this answer.
    time_zone: String,
}

impl From<&Account> for AccountLine {
    fn from(account: &Account) -> Self {
        Self {
            customer_id: account.id.to_string(),
            name: account.name.clone(),
            currency: account.currency.clone(),
            time_zone: account.time_zone.clone(),
        }
    }
}

/// Figures of a row, or of all rows together.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Figures {
    impressions: i64,
    clicks: i64,
    /// In units of the account's currency.
    cost: f64,
    /// The same in millionths, for exact sums.
    cost_micros: i64,
    conversions: f64,
    conversions_value: f64,
}

impl Figures {
    /// What a query must select for them.
    pub(crate) const FIELDS: [&str; 5] = [
        "metrics.impressions",
        "metrics.clicks",
        "metrics.cost_micros",
        "metrics.conversions",
        "metrics.conversions_value",
    ];
}

impl From<Metrics> for Figures {
    fn from(metrics: Metrics) -> Self {
        Self {
            impressions: metrics.impressions,
            clicks: metrics.clicks,
            cost: Micros(metrics.cost_micros).to_units(),
            cost_micros: metrics.cost_micros,
            conversions: metrics.conversions,
            conversions_value: metrics.conversions_value,
        }
    }
}

/// Figures of a period.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Report<Row> {
    account: AccountLine,
    period: Period,
    /// How fresh the figures are.
    data_as_of: String,
    /// Of all rows, also those on further pages; only on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Figures>,
    rows: Vec<Row>,
    page: Page,
}

impl<Row> Report<Row> {
    pub(crate) fn new(
        account: &Account,
        (start, end): (Day, Day),
        now: Timestamp,
        totals: Option<Metrics>,
        rows: Vec<Row>,
        page: Page,
    ) -> Self {
        Self {
            account: account.into(),
            period: Period { start: start.into(), end: end.into(), time_zone: account.time_zone.clone() },
            // https://support.google.com/google-ads/answer/2544985
            data_as_of: format!(
                "{now}; Google adds clicks and cost within about 3 hours, conversions up to days later"
            ),
            totals: totals.map(Figures::from),
            rows,
            page,
        }
    }
}

//! Parts that several answers share.

use schemars::JsonSchema;
use serde::Serialize;
use turnpike_core::{Micros, Timestamp};
use turnpike_sdk::{Account, Page, Period};

use crate::{
    api::{Date, Row},
    arguments::Day,
};

/// The account that an answer is about.
#[derive(Serialize, JsonSchema)]
pub(crate) struct AccountLine {
    account_id: String,
    name: String,
    /// Of every amount in this answer.
    currency: String,
    /// Zone of every day in this answer.
    time_zone: String,
}

impl From<&Account> for AccountLine {
    fn from(account: &Account) -> Self {
        Self {
            account_id: account.id.to_string(),
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
    /// Conversions on the advertiser's website.
    conversions: i64,
    conversions_value: f64,
    /// Leads from LinkedIn's own forms.
    leads: i64,
}

impl Figures {
    /// Of all these rows together.
    pub(crate) fn total(rows: &[Row]) -> Self {
        let sum = |figure: fn(&Row) -> i64| rows.iter().map(figure).sum::<i64>();
        Self::from(&Row {
            impressions: sum(|row| row.impressions),
            clicks: sum(|row| row.clicks),
            cost_in_local_currency: sum(|row| row.cost_in_local_currency),
            external_website_conversions: sum(|row| row.external_website_conversions),
            conversion_value_in_local_currency: sum(|row| row.conversion_value_in_local_currency),
            one_click_leads: sum(|row| row.one_click_leads),
            ..Row::default()
        })
    }
}

impl From<&Row> for Figures {
    fn from(row: &Row) -> Self {
        Self {
            impressions: row.impressions,
            clicks: row.clicks,
            cost: Micros(row.cost_in_local_currency).to_units(),
            cost_micros: row.cost_in_local_currency,
            conversions: row.external_website_conversions,
            conversions_value: Micros(row.conversion_value_in_local_currency).to_units(),
            leads: row.one_click_leads,
        }
    }
}

impl Row {
    /// What the row is about.
    pub(crate) fn about(&self) -> &str {
        self.pivot_values.first().map_or("", String::as_str)
    }

    /// The row's day.
    pub(crate) fn day(&self) -> String {
        let Date { year, month, day } = self.date_range.start;
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// The id within a URN: `1` of `urn:li:sponsoredCampaign:1`.
pub(crate) fn id_of(urn: &str) -> &str {
    urn.rsplit(':').next().unwrap_or_default()
}

/// Figures of a period.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Report<Line> {
    account: AccountLine,
    period: Period,
    /// How fresh the figures are.
    data_as_of: String,
    /// Why there are no figures, when there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Of all rows, also those on further pages; only on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    totals: Option<Figures>,
    rows: Vec<Line>,
    page: Page,
}

/// What every report says of itself.
pub(crate) struct Heading<'a> {
    pub(crate) account: &'a Account,
    pub(crate) days: (Day, Day),
    pub(crate) now: Timestamp,
    pub(crate) freshness: &'static str,
    pub(crate) note: Option<String>,
    pub(crate) totals: Option<Figures>,
}

impl<Line> Report<Line> {
    pub(crate) fn new(heading: Heading<'_>, rows: Vec<Line>, page: Page) -> Self {
        let Heading { account, days: (start, end), now, freshness, note, totals } = heading;
        Self {
            account: account.into(),
            period: Period { start: start.into(), end: end.into(), time_zone: account.time_zone.clone() },
            data_as_of: format!("{now}; {freshness}"),
            note,
            totals,
            rows,
            page,
        }
    }
}

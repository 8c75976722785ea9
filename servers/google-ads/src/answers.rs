//! Figures as Google counts them.

use turnpike_core::Micros;
use turnpike_sdk::{
    Account, Cx, Page,
    answers::{Figures, Heading, Report},
    arguments::Day,
};

use crate::api::Metrics;

/// What a query must select for [`Figures`].
pub(crate) const FIELDS: [&str; 5] = [
    "metrics.impressions",
    "metrics.clicks",
    "metrics.cost_micros",
    "metrics.conversions",
    "metrics.conversions_value",
];

impl From<Metrics> for Figures {
    fn from(metrics: Metrics) -> Self {
        let Metrics { impressions, clicks, cost_micros, conversions, conversions_value } = metrics;
        Self::new(impressions, clicks, Micros(cost_micros), conversions, conversions_value)
    }
}

/// A report of these rows.
pub(crate) fn report<Line>(
    cx: &Cx,
    account: &Account,
    days: (Day, Day),
    totals: Option<Metrics>,
    rows: Vec<Line>,
    page: Page,
) -> Report<Line> {
    // https://support.google.com/google-ads/answer/2544985
    let freshness = "Google adds clicks and cost within about 3 hours, conversions up to days later";
    let totals = totals.map(Figures::from);
    Report::new(Heading { account, days, now: cx.now(), freshness, note: None, totals }, rows, page)
}

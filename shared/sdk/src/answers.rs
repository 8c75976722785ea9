//! Parts of answers that all integrations share, so that an agent learns them once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{Micros, Timestamp};

use crate::{
    Account, Cursor, Cx, Page, Period, Spending, ToolError,
    arguments::{Day, EntityId, MaxRows},
};

/// The account that an answer is about: all its amounts are in this currency, all its days in this IANA zone.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every answer's schema too")]
pub struct AccountLine {
    pub account_id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub currency: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub time_zone: String,
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

/// The figures that every ad platform counts, of a row or of all rows together.
///
/// Amounts are in units of the account's currency.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every report's schema too")]
pub struct Figures {
    pub impressions: i64,
    pub clicks: i64,
    pub cost: f64,
    pub conversions: f64,
    pub conversions_value: f64,
}

impl Figures {
    /// Figures of a row. Money comes in micros, so that sums are exact.
    pub fn new(impressions: i64, clicks: i64, cost: Micros, conversions: f64, value: f64) -> Self {
        Self { impressions, clicks, cost: cost.to_units(), conversions, conversions_value: value }
    }
}

/// Figures of a period.
#[derive(Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it; where they do not, agents read the same words")]
pub struct Report<Line, Totals = Figures> {
    pub account: AccountLine,
    pub period: Period,
    /// How fresh the figures are.
    pub data_as_of: String,
    /// Why there are no figures, or how to read them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Of all rows on all pages; with the first page only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    pub rows: Vec<Line>,
    pub page: Page,
}

/// What every report says of itself.
pub struct Heading<'a, Totals> {
    /// The account.
    pub account: &'a Account,
    /// First and last day.
    pub days: (Day, Day),
    /// When the figures were asked for.
    pub now: Timestamp,
    /// How late the vendor's figures come, in words.
    pub freshness: &'static str,
    /// What must be known to read them.
    pub note: Option<String>,
    /// Sums over all rows; on the first page only.
    pub totals: Option<Totals>,
}

impl<Line, Totals> Report<Line, Totals> {
    /// A report of these rows.
    pub fn new(heading: Heading<'_, Totals>, rows: Vec<Line>, page: Page) -> Self {
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

/// The row with which a page begins, of rows that are always read whole. The cursor opens only for the same `args`: ask
/// before the upstream is asked.
pub fn first_row(cx: &Cx, args: &impl Serialize, cursor: Option<&Cursor>) -> Result<usize, ToolError> {
    Ok(cursor.map(|cursor| cx.open_cursor(args, cursor)).transpose()?.unwrap_or(0))
}

/// One page of rows that were all read, from the row that [`first_row`] told.
pub fn cut<Row>(cx: &Cx, rows: Vec<Row>, args: &impl Serialize, max_rows: MaxRows, start: usize) -> (Vec<Row>, Page) {
    cut_at(cx, rows, args, max_rows, start, |end| end)
}

/// The same where a cursor must hold more than the row with which the next page begins.
pub fn cut_at<Row, Place: Serialize>(
    cx: &Cx,
    rows: Vec<Row>,
    args: &impl Serialize,
    max_rows: MaxRows,
    start: usize,
    place: impl FnOnce(usize) -> Place,
) -> (Vec<Row>, Page) {
    let total = rows.len();
    let shown: Vec<Row> = rows.into_iter().skip(start).take(max_rows.get()).collect();
    let end = start.saturating_add(shown.len());
    let next_cursor = (end < total && !shown.is_empty()).then(|| cx.cursor(args, &place(end)));
    let page = Page::new(shown.len(), Some(total as u64), next_cursor);
    (shown, page)
}

/// The statuses of several things: what a tool that sets them observes, in the order of the ids.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every schema too")]
pub struct Statuses {
    pub items: Vec<StatusItem>,
}

/// The status of one thing, in the vendor's words.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every schema too")]
pub struct StatusItem {
    pub id: String,
    pub name: String,
    pub status: String,
}

impl Statuses {
    /// The same things, all of this status.
    #[must_use]
    pub fn all(&self, status: &str) -> Self {
        Self { items: self.items.iter().map(|item| StatusItem { status: status.into(), ..item.clone() }).collect() }
    }

    /// The first of these ids that is not among them.
    pub fn find_missing<'a>(&self, ids: impl IntoIterator<Item = &'a EntityId>) -> Option<&'a EntityId> {
        ids.into_iter().find(|id| !self.items.iter().any(|item| item.id == id.to_string()))
    }

    /// How many have another status in `other`.
    pub fn count_changes(&self, other: &Self) -> usize {
        self.items.iter().zip(&other.items).filter(|(one, other)| one.status != other.status).count()
    }

    /// What changing to `to` does: whatever becomes `running` may begin to spend.
    pub fn spending(&self, to: &Self, running: &str) -> Spending {
        let starts = |(from, to): (&StatusItem, &StatusItem)| to.status == running && from.status != running;
        if self.items.iter().zip(&to.items).any(starts) { Spending::Starts } else { Spending::NoMore }
    }
}

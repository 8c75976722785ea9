//! The wire types, as far as we use them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::money::decimal_text;

/// What a finder answers. Some count with `metadata`, some with `paging`, and analytics does neither.
#[derive(Deserialize)]
pub(crate) struct Found<T> {
    pub(crate) elements: Vec<T>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metadata {
    pub(crate) next_page_token: Option<String>,
}

/// What a batch answers: each entity on its own.
#[derive(Deserialize)]
pub(crate) struct Batch<T> {
    #[serde(default = "BTreeMap::new")]
    pub(crate) results: BTreeMap<String, T>,
    #[serde(default)]
    pub(crate) errors: BTreeMap<String, ItemError>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct ItemError {
    pub(crate) status: u16,
    pub(crate) message: String,
}

/// What became of one entity of a batch of updates.
#[derive(Deserialize)]
pub(crate) struct ItemStatus {
    pub(crate) status: u16,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AdAccount {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) status: String,
}

/// What the connected member is to an account.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AccountUser {
    pub(crate) account: String,
    pub(crate) role: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct CampaignGroup {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) total_budget: Option<Money>,
    pub(crate) run_schedule: RunSchedule,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Campaign {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) campaign_group: String,
    pub(crate) objective_type: String,
    pub(crate) cost_type: String,
    pub(crate) daily_budget: Option<Money>,
    pub(crate) total_budget: Option<Money>,
    pub(crate) serving_statuses: Vec<String>,
}

/// Milliseconds since 1970.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RunSchedule {
    pub(crate) start: Option<i64>,
    pub(crate) end: Option<i64>,
}

/// The id of a creative is a URN.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Creative {
    pub(crate) id: String,
    pub(crate) campaign: String,
    pub(crate) intended_status: String,
    pub(crate) is_serving: bool,
    pub(crate) review: Review,
    pub(crate) content: Content,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Review {
    pub(crate) status: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Content {
    pub(crate) reference: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Money {
    /// A decimal.
    pub(crate) amount: String,
    pub(crate) currency_code: String,
}

/// A row of `adAnalytics`. What was not asked for, and what is nought, is left out.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Row {
    pub(crate) pivot_values: Vec<String>,
    pub(crate) date_range: DateRange,
    pub(crate) impressions: i64,
    pub(crate) clicks: i64,
    /// In micros.
    #[serde(deserialize_with = "decimal_text")]
    pub(crate) cost_in_local_currency: i64,
    pub(crate) external_website_conversions: i64,
    /// In micros.
    #[serde(deserialize_with = "decimal_text")]
    pub(crate) conversion_value_in_local_currency: i64,
    pub(crate) one_click_leads: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DateRange {
    pub(crate) start: Date,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[serde(default)]
pub(crate) struct Date {
    pub(crate) year: u16,
    pub(crate) month: u8,
    pub(crate) day: u8,
}

/// What a URN of the targeting catalogue means.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct TargetingEntity {
    pub(crate) urn: String,
    pub(crate) name: String,
}

/// A partial update: only what is named changes.
#[derive(Serialize)]
pub(crate) struct Update<T> {
    patch: Patch<T>,
}

#[derive(Serialize)]
struct Patch<T> {
    #[serde(rename = "$set")]
    set: T,
}

impl<T> Update<T> {
    pub(crate) fn set(set: T) -> Self {
        Self { patch: Patch { set } }
    }
}

/// Partial updates of several entities, by id.
#[derive(Serialize)]
pub(crate) struct Updates<T> {
    pub(crate) entities: BTreeMap<String, Update<T>>,
}

#[derive(Serialize)]
pub(crate) struct StatusFields {
    pub(crate) status: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetFields {
    pub(crate) daily_budget: Money,
}

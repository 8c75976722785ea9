//! The wire types, as far as we use them.
//!
//! Google writes 64-bit integers as strings and leaves out what is nought or empty, hence the defaults.

use serde::{Deserialize, Deserializer, Serialize};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchRequest<'a> {
    pub(crate) query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) page_token: Option<&'a str>,
    pub(crate) search_settings: SearchSettings,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchSettings {
    pub(crate) return_total_results_count: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchResponse<Row> {
    #[serde(default = "Vec::new")]
    pub(crate) results: Vec<Row>,
    pub(crate) next_page_token: Option<String>,
    #[serde(default, deserialize_with = "int64")]
    pub(crate) total_results_count: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamRequest {
    pub(crate) query: String,
    pub(crate) summary_row_setting: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StreamBatch {
    pub(crate) summary_row: Option<Row>,
}

#[derive(Serialize)]
pub(crate) struct FieldsRequest {
    pub(crate) query: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccessibleCustomers {
    #[serde(default)]
    pub(crate) resource_names: Vec<String>,
}

/// One transaction: `partialFailure` is never asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MutateRequest<Update> {
    pub(crate) operations: Vec<Operation<Update>>,
    pub(crate) validate_only: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Operation<Update> {
    pub(crate) update_mask: &'static str,
    pub(crate) update: Update,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusUpdate<'a> {
    pub(crate) resource_name: String,
    pub(crate) status: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetUpdate {
    pub(crate) resource_name: String,
    pub(crate) amount_micros: String,
}

/// A row of a search: what was selected, by resource.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Row {
    pub(crate) customer: Customer,
    pub(crate) customer_client: Customer,
    pub(crate) campaign: Campaign,
    pub(crate) campaign_budget: Budget,
    pub(crate) ad_group: AdGroup,
    pub(crate) search_term_view: SearchTerm,
    pub(crate) segments: Segments,
    pub(crate) metrics: Metrics,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) descriptive_name: String,
    pub(crate) currency_code: String,
    pub(crate) time_zone: String,
    pub(crate) manager: bool,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Campaign {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) advertising_channel_type: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Budget {
    pub(crate) id: String,
    #[serde(deserialize_with = "int64")]
    pub(crate) amount_micros: i64,
    pub(crate) period: String,
    pub(crate) explicitly_shared: bool,
    #[serde(deserialize_with = "int64")]
    pub(crate) reference_count: i64,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AdGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SearchTerm {
    pub(crate) search_term: String,
    pub(crate) status: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Segments {
    pub(crate) date: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Metrics {
    #[serde(deserialize_with = "int64")]
    pub(crate) impressions: i64,
    #[serde(deserialize_with = "int64")]
    pub(crate) clicks: i64,
    #[serde(deserialize_with = "int64")]
    pub(crate) cost_micros: i64,
    pub(crate) conversions: f64,
    pub(crate) conversions_value: f64,
}

/// A field of the query language, as `googleAdsFields` describes it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct FieldInfo {
    pub(crate) name: String,
    pub(crate) category: String,
    pub(crate) data_type: String,
    pub(crate) selectable: bool,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) is_repeated: bool,
    pub(crate) enum_values: Vec<String>,
    pub(crate) attribute_resources: Vec<String>,
    pub(crate) metrics: Vec<String>,
    pub(crate) segments: Vec<String>,
}

/// A 64-bit integer, which Google writes as a string.
fn int64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(serde::de::Error::custom)
}

//! The wire types, as far as we use them.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use turnpike_sdk::Link;

pub(crate) use crate::id::Id;
use crate::money::Decimal;

/// One advertiser in one marketplace.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    pub(crate) profile_id: Id,
    #[serde(default)]
    pub(crate) country_code: String,
    #[serde(default)]
    pub(crate) currency_code: String,
    #[serde(default)]
    pub(crate) timezone: String,
    #[serde(default)]
    pub(crate) account_info: AccountInfo,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct AccountInfo {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// One page of a listing. Each collection has its own name for its items.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listed<T> {
    #[serde(alias = "campaigns", alias = "adGroups", alias = "keywords", default = "Vec::new")]
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next_token: Option<String>,
    #[serde(default)]
    pub(crate) total_results: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Campaign {
    pub(crate) campaign_id: Id,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) targeting_type: String,
    #[serde(default)]
    pub(crate) start_date: Option<String>,
    #[serde(default)]
    pub(crate) end_date: Option<String>,
    #[serde(default)]
    pub(crate) budget: Option<Budget>,
}

/// In units of the profile's currency.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Budget {
    pub(crate) budget: Decimal,
    #[serde(default)]
    pub(crate) budget_type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AdGroup {
    pub(crate) ad_group_id: Id,
    pub(crate) campaign_id: Id,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) default_bid: Option<Decimal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Keyword {
    pub(crate) keyword_id: Id,
    pub(crate) campaign_id: Id,
    pub(crate) ad_group_id: Id,
    #[serde(default)]
    pub(crate) keyword_text: String,
    #[serde(default)]
    pub(crate) match_type: String,
    #[serde(default)]
    pub(crate) state: String,
    /// Without one, that of the ad group is used.
    #[serde(default)]
    pub(crate) bid: Option<Decimal>,
}

/// What a listing is narrowed to.
#[derive(Clone, Serialize, Default)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Search {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) state_filter: Option<Include>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) campaign_id_filter: Option<Include>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ad_group_id_filter: Option<Include>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name_filter: Option<NameFilter>,
    pub(crate) max_results: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_token: Option<String>,
}

#[derive(Clone, Serialize)]
pub(crate) struct Include {
    include: Vec<String>,
}

impl Include {
    pub(crate) fn of(values: impl IntoIterator<Item = impl ToString>) -> Self {
        Self { include: values.into_iter().map(|value| value.to_string()).collect() }
    }
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NameFilter {
    pub(crate) include: Vec<String>,
    pub(crate) query_term_match_type: &'static str,
}

/// What became of each item of an update: HTTP 207 whatever it was.
#[derive(Deserialize)]
pub(crate) struct Updated {
    #[serde(alias = "campaigns", alias = "adGroups")]
    pub(crate) items: Outcomes,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Outcomes {
    pub(crate) success: Vec<serde::de::IgnoredAny>,
    pub(crate) error: Vec<Refused>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Refused {
    /// Place in the request.
    pub(crate) index: Option<usize>,
    /// Each type of error has a shape of its own: what all have is looked for.
    pub(crate) errors: Vec<Value>,
}

/// A report that is to be made.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewReport {
    pub(crate) name: String,
    pub(crate) start_date: String,
    pub(crate) end_date: String,
    pub(crate) configuration: Configuration,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Configuration {
    pub(crate) ad_product: &'static str,
    pub(crate) group_by: [&'static str; 1],
    pub(crate) columns: Vec<&'static str>,
    pub(crate) report_type_id: &'static str,
    pub(crate) time_unit: &'static str,
    pub(crate) format: &'static str,
}

/// How far a report has come.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReportState {
    pub(crate) report_id: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) url: Option<Link>,
    #[serde(default)]
    pub(crate) failure_reason: Option<String>,
}

/// A row of a report. What was not asked for is left out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Row {
    #[serde(default)]
    pub(crate) date: Option<String>,
    pub(crate) campaign_id: Id,
    #[serde(default)]
    pub(crate) campaign_name: Option<String>,
    #[serde(default)]
    pub(crate) campaign_status: Option<String>,
    #[serde(default)]
    pub(crate) ad_group_id: Option<Id>,
    #[serde(default)]
    pub(crate) ad_group_name: Option<String>,
    #[serde(default)]
    pub(crate) search_term: Option<String>,
    /// The keyword, or the expression that stands for one.
    #[serde(default)]
    pub(crate) targeting: Option<String>,
    #[serde(default)]
    pub(crate) match_type: Option<String>,
    #[serde(default, deserialize_with = "or_nought")]
    pub(crate) impressions: i64,
    #[serde(default, deserialize_with = "or_nought")]
    pub(crate) clicks: i64,
    #[serde(default)]
    pub(crate) cost: Decimal,
    #[serde(default, deserialize_with = "or_nought")]
    pub(crate) purchases7d: i64,
    #[serde(default)]
    pub(crate) sales7d: Decimal,
}

/// What was not counted may be absent or null.
fn or_nought<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_keeps_every_digit() {
        let row: Row = serde_json::from_str(
            r#"{"campaignId":9007199254740993,"cost":12.100000000000001,"sales7d":1.5E3,"clicks":null}"#,
        )
        .unwrap();
        assert_eq!(
            (row.campaign_id, row.cost.0.0, row.sales7d.0.0),
            (Id(9_007_199_254_740_993), 12_100_000, 1_500_000_000)
        );
    }
}

//! `googleAds:search` and `googleAds:searchStream`.

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    answer,
    catalogue::Row,
    figures::{Figures, mix},
    query::Checked,
    refusal::{REQUEST_ID, Refusal},
    world::{Customer, World},
};

/// Rows in a page. Nobody may choose another size.
const PAGE: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Search {
    query: String,
    page_token: Option<String>,
    page_size: Option<Value>,
    #[serde(default)]
    validate_only: bool,
    #[serde(default)]
    search_settings: Settings,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Settings {
    return_total_results_count: bool,
    return_summary_row: bool,
    omit_results: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Stream {
    query: String,
    #[serde(default)]
    summary_row_setting: Summary,
}

#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
enum Summary {
    #[default]
    #[serde(rename = "NO_SUMMARY_ROW")]
    None,
    #[serde(rename = "SUMMARY_ROW_WITH_RESULTS")]
    WithResults,
    #[serde(rename = "SUMMARY_ROW_ONLY")]
    Only,
}

pub(super) fn page(request: &Search, customer: &Customer, world: &World, today: NaiveDate) -> Result<Value, Refusal> {
    if request.page_size.is_some() {
        let message = "Setting the page size is not supported. Search responses have a fixed page size of 10000 rows.";
        return Err(Refusal::bad("requestError", "PAGE_SIZE_NOT_SUPPORTED", message));
    }
    let query = Checked::new(&request.query, customer, today)?;
    let start = request.page_token.as_deref().map_or(Ok(0), |token| place(token, &request.query))?;
    if request.validate_only {
        return Ok(json!({}));
    }
    let mut rows = query.run(customer, world);
    // Counts without regard to LIMIT, as Google's own reference says.
    let matching = rows.len();
    rows.truncate(query.limit());
    let mut body =
        json!({ "fieldMask": answer::mask(&query.select), "queryResourceConsumption": rows.len().to_string() });
    if request.search_settings.return_total_results_count {
        body["totalResultsCount"] = matching.to_string().into();
    }
    if request.search_settings.return_summary_row {
        body["summaryRow"] = summary(&rows, &query);
    }
    if !request.search_settings.omit_results && start < rows.len() {
        body["results"] = rows.iter().skip(start).take(PAGE).map(|row| answer::row(row, &query.select)).collect();
        if start + PAGE < rows.len() {
            body["nextPageToken"] = token(&request.query, start + PAGE).into();
        }
    }
    Ok(body)
}

pub(super) fn stream(request: &Stream, customer: &Customer, world: &World, today: NaiveDate) -> Result<Value, Refusal> {
    let query = Checked::new(&request.query, customer, today)?;
    let mut rows = query.run(customer, world);
    rows.truncate(query.limit());
    let mask = answer::mask(&query.select);
    let batch = |part: &str, value: Value| json!({ part: value, "fieldMask": mask, "requestId": REQUEST_ID });
    let mut batches = vec![];
    if request.summary_row_setting != Summary::Only {
        let results = |rows: &[Row<'_>]| rows.iter().map(|row| answer::row(row, &query.select)).collect();
        batches.extend(rows.chunks(PAGE).map(|page| batch("results", results(page))));
    }
    if request.summary_row_setting != Summary::None {
        batches.push(batch("summaryRow", summary(&rows, &query)));
    }
    Ok(Value::Array(batches))
}

/// The metrics of all rows together.
fn summary(rows: &[Row<'_>], query: &Checked) -> Value {
    let figures = rows.iter().map(|row| row.figures).fold(Figures::default(), Figures::plus);
    let metrics: Vec<_> = query.select.iter().copied().filter(|field| field.category() == "METRIC").collect();
    rows.first().map_or(json!({}), |row| answer::row(&Row { figures, ..*row }, &metrics))
}

/// A token says where to go on, and holds for its query only.
fn token(query: &str, start: usize) -> String {
    format!("{:016x}{start:08x}", query.bytes().fold(0, |hash, byte| mix(hash ^ u64::from(byte))))
}

fn place(given: &str, query: &str) -> Result<usize, Refusal> {
    let start = given.get(16..).and_then(|hex| usize::from_str_radix(hex, 16).ok());
    start
        .filter(|start| token(query, *start) == given)
        .ok_or_else(|| Refusal::bad("requestError", "INVALID_PAGE_TOKEN", "Page token is invalid."))
}

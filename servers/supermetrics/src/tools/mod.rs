//! The tools, in the order in which an agent meets them.

mod get_job;
mod get_performance;
mod list_accounts;
mod list_data_sources;
mod list_fields;
mod run_query;
mod standard;

use serde::Serialize;
use turnpike_sdk::{Cursor, Cx, Page, Tool, ToolError};

use crate::arguments::MaxRows;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::read::<list_data_sources::ListDataSources>(),
        Tool::read::<list_accounts::ListAccounts>(),
        Tool::read::<list_fields::ListFields>(),
        Tool::read::<get_performance::GetPerformance>(),
        Tool::read::<run_query::RunQuery>(),
        Tool::read::<get_job::GetJob>(),
    ]
}

/// One page of a listing that is here as a whole.
fn page<T>(
    cx: &Cx,
    args: &impl Serialize,
    cursor: Option<&Cursor>,
    max_rows: MaxRows,
    all: Vec<T>,
) -> Result<(Vec<T>, Page), ToolError> {
    let start: usize = cursor.map(|cursor| cx.open_cursor(args, cursor)).transpose()?.unwrap_or(0);
    let total = all.len();
    let shown: Vec<T> = all.into_iter().skip(start).take(max_rows.get()).collect();
    let end = start.saturating_add(shown.len());
    let next_cursor = (end < total && !shown.is_empty()).then(|| cx.cursor(args, &end));
    let page = Page { shown: shown.len(), total: Some(total as u64), truncated: next_cursor.is_some(), next_cursor };
    Ok((shown, page))
}

/// Whether one of the texts contains `part`, in any case.
fn matches(part: Option<&str>, texts: &[&str]) -> bool {
    part.is_none_or(|part| texts.iter().any(|text| text.to_lowercase().contains(&part.to_lowercase())))
}

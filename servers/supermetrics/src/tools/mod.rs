//! The tools, in the order in which an agent meets them.

mod get_performance;
mod list_accounts;
mod list_data_sources;
mod list_fields;
mod run_query;
mod standard;

use turnpike_sdk::Tool;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::read::<list_data_sources::ListDataSources>(),
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_fields::ListFields>(),
        Tool::long::<get_performance::GetPerformance>(),
        Tool::long::<run_query::RunQuery>(),
    ]
}

/// Whether one of the texts contains `part`, in any case.
fn matches(part: Option<&str>, texts: &[&str]) -> bool {
    part.is_none_or(|part| texts.iter().any(|text| text.to_lowercase().contains(&part.to_lowercase())))
}

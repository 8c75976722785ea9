//! The tools, in the order in which an agent meets them.

mod describe_resource;
mod get_performance;
mod list_accounts;
mod list_campaigns;
mod run_gaql;
mod search_terms;
mod set_budget;
mod set_status;

use turnpike_sdk::Tool;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_campaigns::ListCampaigns>(),
        Tool::read::<get_performance::GetPerformance>(),
        Tool::read::<search_terms::SearchTerms>(),
        Tool::read::<run_gaql::RunGaql>(),
        Tool::read::<describe_resource::DescribeResource>(),
        Tool::write::<set_status::SetStatus>(),
        Tool::write::<set_budget::SetBudget>(),
    ]
}

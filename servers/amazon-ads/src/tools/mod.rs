//! The tools, in the order in which an agent meets them.

mod accounts;
mod figures;
mod get_performance;
mod list_ad_groups;
mod list_campaigns;
mod list_keywords;
mod search_terms;
mod set_budget;
mod set_status;
mod statuses;

use turnpike_sdk::Tool;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<accounts::Accounts>(),
        Tool::read::<list_campaigns::ListCampaigns>(),
        Tool::read::<list_ad_groups::ListAdGroups>(),
        Tool::read::<list_keywords::ListKeywords>(),
        Tool::long::<get_performance::GetPerformance>(),
        Tool::long::<search_terms::SearchTerms>(),
        Tool::write::<set_status::SetStatus>(),
        Tool::write::<set_budget::SetBudget>(),
    ]
}

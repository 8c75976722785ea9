//! The tools, in the order in which an agent meets them.

mod get_demographics;
mod get_performance;
mod list_accounts;
mod list_campaign_groups;
mod list_campaigns;
mod list_creatives;
mod set_budget;
mod set_status;
mod statuses;

use turnpike_sdk::Tool;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_campaign_groups::ListCampaignGroups>(),
        Tool::read::<list_campaigns::ListCampaigns>(),
        Tool::read::<list_creatives::ListCreatives>(),
        Tool::read::<get_performance::GetPerformance>(),
        Tool::read::<get_demographics::GetDemographics>(),
        Tool::write::<set_status::SetStatus>(),
        Tool::write::<set_budget::SetBudget>(),
    ]
}

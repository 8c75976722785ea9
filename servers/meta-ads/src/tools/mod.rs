//! The tools, in the order in which an agent meets them.

mod get_performance;
mod list_accounts;
mod list_activities;
mod list_ad_sets;
mod list_ads;
mod list_campaigns;
mod set_budget;
mod set_status;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::Tool;

use crate::money;

pub(crate) fn all() -> Vec<Tool> {
    vec![
        Tool::list_accounts::<list_accounts::Accounts>(),
        Tool::read::<list_campaigns::ListCampaigns>(),
        Tool::read::<list_ad_sets::ListAdSets>(),
        Tool::read::<list_ads::ListAds>(),
        Tool::long::<get_performance::GetPerformance>(),
        Tool::read::<list_activities::ListActivities>(),
        Tool::write::<set_status::SetStatus>(),
        Tool::write::<set_budget::SetBudget>(),
    ]
}

/// What a listing can be narrowed to: how things really stand, with what is above them taken into account.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Shown {
    Active,
    Paused,
    WithIssues,
    Archived,
}

impl Shown {
    /// As a parameter of an edge. Without it Meta leaves out what is archived or deleted.
    fn param(self) -> (&'static str, String) {
        let word = match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::WithIssues => "WITH_ISSUES",
            Self::Archived => "ARCHIVED",
        };
        ("effective_status", format!("[\"{word}\"]"))
    }
}

/// A budget in units of the account's currency. Meta writes nought where there is none.
fn budget(text: Option<&String>, currency: &str) -> Option<Micros> {
    money::budget(text?, currency).filter(|Micros(micros)| *micros > 0)
}

//! The list of integrations: one line each, nothing else.

use turnpike_sdk::Integration;

/// Every integration of this deployment.
pub fn integrations() -> Vec<Integration> {
    vec![
        turnpike_google_ads::integration(),
        turnpike_amazon_ads::integration(),
        turnpike_linkedin_ads::integration(),
        turnpike_meta_ads::integration(),
        turnpike_supermetrics::integration(),
        turnpike_slack::integration(),
        turnpike_notion::integration(),
    ]
}

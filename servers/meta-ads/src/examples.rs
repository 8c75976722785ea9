//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let (account, campaign) = ("710000000000001", "2301001000");
    let days = json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let mut by_age = days.clone();
    by_age["breakdown"] = "age".into();
    let status = |status| json!({ "account_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "account_id": account, "level": "campaign", "id": campaign, "daily_amount": amount });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_campaigns", json!({ "account_id": account })),
        Example::of("list_ad_sets", json!({ "account_id": account, "campaign_id": campaign })),
        Example::of("list_ads", json!({ "account_id": account, "campaign_id": campaign })),
        Example::of("get_performance", days.clone()),
        Example::of("get_performance", by_age),
        Example::of("list_activities", days),
        Example::of("set_status", status("PAUSED")),
        Example::of("set_status", status("ACTIVE")),
        Example::of("set_budget", budget(71.5)),
        Example::of("set_budget", budget(72.5)),
    ]
}

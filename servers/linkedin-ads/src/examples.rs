//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let (account, campaign) = ("511000001", "1000001");
    let days = json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let mut members = days.clone();
    members["dimension"] = "job_title".into();
    let status = |status| json!({ "account_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "account_id": account, "campaign_id": campaign, "daily_amount": amount });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_campaign_groups", json!({ "account_id": account })),
        Example::of("list_campaigns", json!({ "account_id": account })),
        Example::of("list_creatives", json!({ "account_id": account, "campaign_ids": [campaign] })),
        Example::of("get_performance", days),
        Example::of("get_demographics", members),
        Example::of("set_status", status("PAUSED")),
        Example::of("set_status", status("ACTIVE")),
        Example::of("set_budget", budget(71.5)),
        Example::of("set_budget", budget(72.5)),
    ]
}

//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let (account, campaign) = ("1000000002", "2000001");
    let days = json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let status = |status| json!({ "account_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "account_id": account, "campaign_id": campaign, "daily_amount": amount });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_campaigns", json!({ "account_id": account })),
        Example::of("get_performance", days.clone()),
        Example::of("search_terms", days),
        Example::of("run_gaql", json!({ "account_id": account, "query": "SELECT campaign.id FROM campaign LIMIT 3" })),
        Example::of("describe_resource", json!({ "resource": "campaign" })),
        Example::of("set_status", status("PAUSED")),
        Example::of("set_status", status("ENABLED")),
        Example::of("set_budget", budget(35.0)),
        Example::of("set_budget", budget(35.5)),
    ]
}

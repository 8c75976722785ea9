//! Calls that show every tool at work against the sandbox.

use chrono::TimeDelta;
use serde_json::json;
use turnpike_core::Ambient;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let (account, campaign) = ("18446744073709551557", "1000001");
    // Of older days Amazon makes no report, so that an example cannot name some once and for all.
    let yesterday = Ambient::system().now().to_utc().date_naive() - TimeDelta::days(1);
    let week_ago = yesterday - TimeDelta::days(6);
    let days = json!({ "account_id": account, "start_date": week_ago, "end_date": yesterday });
    let mut in_the_background = days.clone();
    in_the_background["background"] = true.into();
    let status = |status| json!({ "account_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "account_id": account, "campaign_id": campaign, "daily_amount": amount });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_campaigns", json!({ "account_id": account })),
        Example::of("list_ad_groups", json!({ "account_id": account, "campaign_ids": [campaign] })),
        Example::of("list_keywords", json!({ "account_id": account, "campaign_ids": [campaign] })),
        Example::of("get_performance", days.clone()),
        Example::of("search_terms", days),
        Example::of("get_performance", in_the_background),
        Example { takes: Some("job_id"), ..Example::of("get_job", json!({})) },
        Example::of("set_status", status("PAUSED")),
        Example::of("set_status", status("ENABLED")),
        Example::of("set_budget", budget(71.5)),
        Example::of("set_budget", budget(72.5)),
    ]
}

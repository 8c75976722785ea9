//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let days = json!({ "account_id": "AW:1000000002", "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let query = |background: bool| {
        let mut query = days.clone();
        query["fields"] = json!(["Campaignname", "Clicks", "Cost"]);
        query["background"] = background.into();
        query
    };
    vec![
        Example::of("list_data_sources", json!({})),
        Example::of("list_accounts", json!({})),
        Example::of("list_fields", json!({ "data_source": "AW" })),
        Example::of("get_performance", days.clone()),
        Example::of("run_query", query(false)),
        Example::of("run_query", query(true)),
        Example { takes: Some("job_id"), ..Example::of("get_job", json!({})) },
        Example::of("estimate_cost", json!({ "tool": "run_query", "arguments": query(false) })),
    ]
}

//! What the real clients are to call: a plan for each server, which must name every tool that the server lists.

use std::{fs, path::Path};

use serde_json::{Value, json};
use turnpike_tests::app::TestApp;

fn google_ads() -> Vec<(&'static str, Value)> {
    let client = "1000000002";
    let days = json!({ "customer_id": client, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    vec![
        ("list_accounts", json!({})),
        ("list_campaigns", json!({ "customer_id": client })),
        ("get_performance", days.clone()),
        ("search_terms", days),
        ("run_gaql", json!({ "customer_id": client, "query": "SELECT campaign.id FROM campaign LIMIT 3" })),
        ("describe_resource", json!({ "resource": "campaign" })),
    ]
}

#[tokio::test]
async fn every_tool_of_the_plan_answers() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (tool, arguments) in google_ads() {
        tenant.agent.ok("google-ads", tool, arguments).await;
    }
    let campaigns = tenant.agent.ok("google-ads", "list_campaigns", json!({ "customer_id": "1000000002" })).await;
    let id = campaigns["campaigns"][0]["campaign_id"].as_str().unwrap_or_else(|| panic!("{campaigns}")).to_owned();
    // Every client runs the whole plan: what is set is set back.
    let status = |status| json!({ "customer_id": "1000000002", "level": "campaign", "ids": [id], "status": status });
    let budget = |amount| json!({ "customer_id": "1000000002", "campaign_id": id, "daily_amount": amount });
    let writes = [
        ("set_status", status("PAUSED")),
        ("set_status", status("ENABLED")),
        ("set_budget", budget(71.5)),
        ("set_budget", budget(72.5)),
    ];
    let reads = google_ads().into_iter().map(|(tool, arguments)| json!({ "tool": tool, "arguments": arguments }));
    let writes = writes.map(|(tool, arguments)| json!({ "tool": tool, "arguments": arguments, "write": true }));
    let plan: Vec<Value> = reads.chain(writes).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/plans");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("google-ads.json"), json!(plan).to_string()).unwrap();
}

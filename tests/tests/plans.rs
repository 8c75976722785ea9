//! What the real clients are to call: a plan for each server, which must name every tool that the server lists.

use std::{fs, path::Path};

use serde_json::{Value, json};
use turnpike_tests::app::TestApp;

fn google_ads() -> Vec<(&'static str, Value, bool)> {
    let client = "1000000002";
    let days = json!({ "customer_id": client, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    vec![
        ("list_accounts", json!({}), false),
        ("list_campaigns", json!({ "customer_id": client }), false),
        ("get_performance", days.clone(), false),
        ("search_terms", days, false),
        ("run_gaql", json!({ "customer_id": client, "query": "SELECT campaign.id FROM campaign LIMIT 3" }), false),
        ("describe_resource", json!({ "resource": "campaign" }), false),
    ]
}

#[tokio::test]
async fn every_read_of_the_plan_answers() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (tool, arguments, _) in google_ads() {
        tenant.agent.ok("google-ads", tool, arguments).await;
    }
    let plan: Vec<_> =
        google_ads().into_iter().map(|(tool, arguments, _)| json!({ "tool": tool, "arguments": arguments })).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/plans");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("google-ads.json"), json!(plan).to_string()).unwrap();
}

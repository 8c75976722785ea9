//! What to call of each integration so that every tool is called once, and whatever is set is set back.

use serde_json::{Value, json};

/// One call of a plan. A write is previewed with these arguments, then confirmed.
pub struct Step {
    /// The tool.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Value,
    /// One more argument: the field of this name in the answer before, such as the `job_id` of a pending one.
    pub takes: Option<&'static str>,
}

impl Step {
    /// The arguments, with what the step takes from the answer before.
    pub fn arguments_after(&self, answer: &Value) -> Value {
        let mut arguments = self.arguments.clone();
        if let Some(name) = self.takes {
            arguments[name] = answer[name].clone();
        }
        arguments
    }
}

/// The plan of an integration.
pub fn plan(integration: &str) -> Vec<Step> {
    match integration {
        "google-ads" => google_ads(),
        "linkedin-ads" => linkedin_ads(),
        "supermetrics" => supermetrics(),
        other => panic!("there is no plan for {other} yet: add one here"),
    }
}

fn google_ads() -> Vec<Step> {
    let (account, campaign) = ("1000000002", "2000001");
    let days = json!({ "customer_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let status = |status| json!({ "customer_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "customer_id": account, "campaign_id": campaign, "daily_amount": amount });
    let steps = [
        ("list_accounts", json!({})),
        ("list_campaigns", json!({ "customer_id": account })),
        ("get_performance", days.clone()),
        ("search_terms", days),
        ("run_gaql", json!({ "customer_id": account, "query": "SELECT campaign.id FROM campaign LIMIT 3" })),
        ("describe_resource", json!({ "resource": "campaign" })),
        ("set_status", status("PAUSED")),
        ("set_status", status("ENABLED")),
        ("set_budget", budget(71.5)),
        ("set_budget", budget(72.5)),
    ];
    steps.map(|(tool, arguments)| Step { tool, arguments, takes: None }).into()
}

fn supermetrics() -> Vec<Step> {
    let days = json!({ "account_id": "AW:1000000002", "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let query = |background: bool| {
        let mut query = days.clone();
        query["fields"] = json!(["Campaignname", "Clicks", "Cost"]);
        query["background"] = background.into();
        query
    };
    let steps = [
        ("list_data_sources", json!({})),
        ("list_accounts", json!({})),
        ("list_fields", json!({ "data_source": "AW" })),
        ("get_performance", days.clone()),
        ("run_query", query(false)),
        ("run_query", query(true)),
    ];
    let mut steps: Vec<_> = steps.map(|(tool, arguments)| Step { tool, arguments, takes: None }).into();
    steps.push(Step { tool: "get_job", arguments: json!({}), takes: Some("job_id") });
    steps
}

fn linkedin_ads() -> Vec<Step> {
    let (account, campaign) = ("511000001", "1000001");
    let days = json!({ "account_id": account, "start_date": "2026-11-01", "end_date": "2026-11-07" });
    let mut members = days.clone();
    members["dimension"] = "job_title".into();
    let status = |status| json!({ "account_id": account, "level": "campaign", "ids": [campaign], "status": status });
    let budget = |amount| json!({ "account_id": account, "campaign_id": campaign, "daily_amount": amount });
    let steps = [
        ("list_accounts", json!({})),
        ("list_campaign_groups", json!({ "account_id": account })),
        ("list_campaigns", json!({ "account_id": account })),
        ("list_creatives", json!({ "account_id": account, "campaign_ids": [campaign] })),
        ("get_performance", days),
        ("get_demographics", members),
        ("set_status", status("PAUSED")),
        ("set_status", status("ACTIVE")),
        ("set_budget", budget(71.5)),
        ("set_budget", budget(72.5)),
    ];
    steps.map(|(tool, arguments)| Step { tool, arguments, takes: None }).into()
}

//! Figures, plots and tables agree with the ledger.

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::Role;
use turnpike_store::SubscriptionState;
use turnpike_tests::{
    app::{TestApp, subscription},
    probe,
};

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_month_are_those_of_the_ledger() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (visitor, _) = app.member(tenant.id, Role::Auditor).await;
    assert!(visitor.look("/usage").await.words().contains("There is no call in these days"));
    let own = subscription(app.operator.ambient.now(), SubscriptionState::Active);
    app.store().tenant(tenant.id).set_subscription(&own).await.unwrap();
    for number in 0..3 {
        tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": number.to_string() })).await;
    }
    tenant.agent.refused("probe", "echo", json!({ "account": "two" })).await;
    let month = app.operator.ambient.now().to_utc().format("%Y-%m").to_string();
    for query in ["".to_owned(), format!("?month={month}")] {
        let seen = visitor.look(&format!("/usage{query}")).await;
        for part in [
            "<p class=\"figure\">4</p>",
            "<p class=\"figure\">12</p>",
            "0.012 USD without a plan",
            "<p class=\"figure\">1</p>",
            "success 3",
            "caller_fault 1",
            "12 <span class=\"quiet small\">of 8,000</span>",
            "role=\"img\"",
            "4 calls, 1 failed</title>",
        ] {
            assert!(seen.text.contains(part), "{part} is not in {}", seen.text);
        }
        assert!(!seen.text.contains("style="), "no style of its own");
    }
    let last = visitor.look("/usage?month=2020-01").await;
    assert!(last.words().contains("There is no call in these days"));
    for month in ["2999-01", "nonsense"] {
        let seen = visitor.get(&format!("/usage?month={month}")).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(seen.text.contains("id=\"month-problem\""));
        assert_eq!(visitor.get(&format!("/usage.csv?month={month}")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let by_tool = visitor.look("/usage.csv?by=tool").await.text;
    let lines: Vec<_> = by_tool.split("\r\n").collect();
    assert_eq!(lines[1], "probe,echo,caller_fault,1,0,0.000000,0.004000,USD,0");
    assert_eq!(lines[2], "probe,echo,success,3,0,0.012000,0.012000,USD,12");
    let by_day = visitor.look("/usage.csv").await.text;
    assert!(by_day.contains(",probe,4,1,0,0.012000,USD\r\n"), "{by_day}");
    assert_eq!(visitor.get("/usage.csv?by=year").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

//! Our own limits, on each tool.

use turnpike_tests::tour::writes;

use crate::scene::{certified, start_with};

#[tokio::test]
async fn every_tool_has_a_limit_of_its_own_that_says_whose_it_is_and_when_it_frees() {
    let app = start_with(|settings| {
        for integration in settings.integrations.values_mut() {
            (integration.read_burst, integration.read_per_minute) = (2, 1);
            (integration.write_burst, integration.write_per_minute) = (2, 1);
        }
    })
    .await;
    let mut tried = 0;
    for integration in certified() {
        let tenant = app.tenant(integration.manifest.name).await;
        for tool in &integration.tools {
            // What is refused for its arguments has drawn from the limit all the same.
            let call =
                || tenant.agent.refused(integration.manifest.name, tool.spec.name, serde_json::json!({ "no": 1 }));
            assert_eq!(
                (call().await["class"].as_str(), call().await["class"].as_str()),
                (Some("invalid_argument"), Some("invalid_argument"))
            );
            let before = app.vendor(integration.manifest.name).script.received();
            let error = call().await;
            assert_eq!(error["class"], "rate_limited", "{} {}: {error}", integration.manifest.name, tool.spec.name);
            assert!(error["whose_limit"].as_str().is_some_and(|whose| whose.contains("tool")), "{error}");
            assert!(error["retry_at"].is_string() && error["next_step"].is_string(), "{error}");
            assert_eq!(app.vendor(integration.manifest.name).script.received(), before);
            tried += 1;
        }
        assert!(integration.tools.iter().any(|tool| !writes(&integration, tool.spec.name)));
    }
    println!("{tried} tools have a limit of their own");
}

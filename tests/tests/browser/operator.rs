//! The operator's journey: from the link that the command line prints to a client that is looked after.

use turnpike_store::TenantState;
use turnpike_tests::{app::TestApp, browser::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_finds_a_client_helps_it_and_stops_what_fails() {
    let app = TestApp::start_unlimited().await;
    let ours = app.furnish("Acme", "ann@example.com").await;
    let browser = Browser::start(&app.url, "operator").await;
    browser.sign_in_as_staff(&app).await;
    browser.accept_questions().await;

    browser.open("/console").await;
    browser.click("Acme").await;
    browser.wait_for("console/client").await;
    browser.fill("reason", "A question about calls").await;
    browser.click("Open as auditor").await;
    browser.wait_for("pages/home").await;
    browser.open("/calls").await;
    assert!(browser.text().await.contains("list_accounts"));
    browser.click("Leave").await;
    browser.wait_for("console/clients").await;
    browser.open(&format!("/console/clients/{}", ours.tenant)).await;
    browser.click("Suspend").await;
    browser.find("[role=status]").await;
    assert_eq!(app.store().tenant(ours.tenant).get().await.unwrap().state, TenantState::Suspended);
    browser.click("Let it call again").await;
    browser.find("[role=status]").await;

    browser.open("/console/switches").await;
    assert!(browser.text().await.contains("unpaid"));
    browser.open("/console/brand/*").await;
    browser.fill("name", "Northlight").await;
    browser.click("Save").await;
    browser.find("[role=status]").await;
    browser.open("/sign-in").await;
    assert!(browser.text().await.contains("Northlight"), "{}", browser.text().await);
    browser.close().await;
}

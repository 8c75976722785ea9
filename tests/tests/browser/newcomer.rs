//! Somebody who has never heard of MCP, from the address of the demo to the first call, by the browser alone.

use std::time::Instant;

use serde_json::json;
use turnpike_tests::{agent::Agent, browser::Browser, process::Demo, visitor::PASSWORD};

/// From the first page until a plan is to be chosen, as the owner of a new organisation.
pub(crate) async fn sign_up(browser: &Browser) {
    browser.click("Sign up").await;
    browser.wait_for("people/sign_up").await;
    browser.fill("organisation", "Acme").await;
    browser.fill("name", "Ann").await;
    browser.fill("email", "ann@example.com").await;
    browser.fill("password", PASSWORD).await;
    browser.click_on("main form button").await;
    browser.wait_for("people/check_mail").await;
    browser.click("Open the outbox").await;
    browser.wait_for("mail/outbox").await;
    browser.click("Confirm your address").await;
    browser.wait_for("mail/mail").await;
    browser.click_on("pre a").await;
    browser.wait_for("people/link").await;
    browser.click("Go on").await;
    browser.wait_for("start/plan").await;
}

/// The same until a sandbox is connected and its accounts are chosen.
pub(crate) async fn connect(browser: &Browser) {
    sign_up(browser).await;
    browser.click("Google Ads").await;
    browser.click_on("main form button").await;
    browser.wait_for("start/connect").await;
    browser.click("Connect Google Ads").await;
    browser.wait_for("pages/connect").await;
    browser.click("Try the sandbox").await;
    browser.find("form").await;
    browser.click("Allow").await;
    browser.wait_for("start/accounts").await;
    browser.click_on("input[name=account]").await;
    browser.click("Use these accounts").await;
    browser.wait_for("start/agent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_reaches_the_first_call_by_the_browser_alone() {
    let folder = tempfile::tempdir().unwrap();
    let demo = Demo::start(&folder.path().join("data"));
    let url = demo.url();
    let browser = Browser::start(&url, "newcomer").await;
    let began = Instant::now();
    browser.open("/").await;
    connect(&browser).await;
    browser.click("Make a test call").await;
    browser.find("[data-tested=sandbox]").await;
    let tested = began.elapsed();
    browser.click("Make a key").await;
    let key = browser.find("#api-key").await.text().await.unwrap();
    let faults = browser.examine("start-agent").await;

    let called = Agent::new(&url, &key).call("google-ads", "list_accounts", json!({})).await;
    assert_eq!(called["isError"], false, "{called}");
    browser.find("[data-settled]").await;
    println!(
        "a newcomer's first call after {} clicks and {:.1} s, the agent's after {:.1} s",
        browser.clicks(),
        tested.as_secs_f64(),
        began.elapsed().as_secs_f64()
    );
    assert_eq!(faults, Vec::<String>::new());
    browser.close().await;
}

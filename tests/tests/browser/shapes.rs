//! Each integration of the catalogue is connected in the browser, by its sandbox's own pages.

use turnpike_core::Role;
use turnpike_sdk::AuthShape;
use turnpike_tests::{app::TestApp, browser::Browser};

#[tokio::test(flavor = "multi_thread")]
async fn every_integration_is_connected_chosen_called_and_disconnected_by_its_own_pages() {
    let app = TestApp::start_unlimited().await;
    let (_, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let browser = Browser::start(&app.url, "shapes").await;
    let (mut faults, mut connected) = (vec![], vec![]);
    browser.sign_in(&app, tenant, Role::Owner).await;
    for integration in turnpike_catalog::integrations() {
        let manifest = &integration.manifest;
        let (name, title) = (manifest.name, manifest.title);
        browser.open(&format!("/connections/new/{name}")).await;
        faults.extend(browser.examine(&format!("connect-{name}")).await);
        match &manifest.auth {
            AuthShape::OAuthRefresh(_) | AuthShape::LoginWithAmazon(_) | AuthShape::RestliOAuth(_) => {
                browser.click("Try the sandbox").await;
                browser.find("button[value=deny]").await;
                faults.extend(browser.examine(&format!("consent-{name}")).await);
                // Who says no comes back to words that say so.
                browser.click("Deny").await;
                browser.wait_for("trouble").await;
                assert!(browser.text().await.contains(title), "{name}: {}", browser.text().await);
                // The console repeats the status of what was refused.
                browser.complaints().await;
                browser.open(&format!("/connections/new/{name}")).await;
                browser.click("Try the sandbox").await;
                browser.click("Allow").await;
            }
            AuthShape::SystemUserToken(_) | AuthShape::ApiKey { .. } => {
                browser.open(&format!("/sandbox/{name}/credential")).await;
                browser.click("Generate token").await;
                browser.find("input[readonly]").await;
                faults.extend(browser.examine(&format!("credential-{name}")).await);
                let mut values = vec![];
                for field in manifest.connect_form {
                    let shown = browser.find(&format!("input[name={}], input[id={}]", field.name, field.name)).await;
                    values.push((field.name, shown.prop("value").await.unwrap().unwrap()));
                }
                browser.open(&format!("/connections/new/{name}")).await;
                if browser.count("details:not([open]) #f-".to_owned() + values[0].0).await > 0 {
                    browser.click("credential of my own").await;
                }
                // What the vendor refuses is told, and nothing is lost but the secret.
                for (field, _) in &values {
                    browser.fill(&format!("f-{field}"), "wrong").await;
                }
                browser.click_on("form[action$='/form'] button").await;
                browser.find("[role=alert]").await;
                browser.complaints().await;
                for (field, value) in &values {
                    browser.fill(&format!("f-{field}"), value).await;
                }
                browser.click_on("form[action$='/form'] button").await;
            }
        }
        let rows = app.store().tenant(tenant);
        browser
            .find("main[data-page='start/plan'], main[data-page='start/accounts'], main[data-page='pages/connection']")
            .await;
        let row = rows.find_connection(name).await.unwrap().unwrap();
        assert!(row.sandbox, "{name}");
        browser.open(&format!("/connections/{}", row.id)).await;
        for account in browser.all("input[name=account]:not(:checked)").await {
            account.click().await.unwrap();
        }
        browser.click("Use these accounts").await;
        browser.find("[role=status]").await;
        faults.extend(browser.examine(&format!("connection-{name}")).await);
        let row = rows.find_connection(name).await.unwrap().unwrap();
        assert_eq!(row.accounts_json, row.offered_json, "{name}");
        connected.push((name, row.id));
    }
    browser.open("/start/agent").await;
    browser.click("Make a test call").await;
    browser.find("[data-tested=sandbox]").await;
    for (name, id) in &connected {
        browser.open(&format!("/connections/{id}")).await;
        browser.accept_questions().await;
        browser.click_on("button.danger").await;
        browser.find("[role=status]").await;
        let row = app.store().tenant(tenant).find_connection(name).await.unwrap().unwrap();
        assert_eq!(row.state.as_str(), "disabled", "{name}");
    }
    println!("{} integrations were connected, called and disconnected in the browser", connected.len());
    assert_eq!(faults, Vec::<String>::new());
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_else_connects_by_a_mailed_link_and_sees_nothing_of_the_tenant() {
    let app = TestApp::start_unlimited().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    owner.submit("/connections/new/google-ads/link", &[("email", "ben@example.com")]).await;
    let link = app.mail_to("ben@example.com", 1).await.link(&app.url);
    let browser = Browser::start(&app.url, "mailed").await;
    browser.open(&link).await;
    let mut faults = browser.examine("connect-for").await;
    browser.click("Try the sandbox").await;
    browser.click("Allow").await;
    browser.wait_for("pages/connected").await;
    faults.extend(browser.examine("connected").await);
    let row = app.store().tenant(tenant).find_connection("google-ads").await.unwrap().unwrap();
    assert_eq!(row.accounts_json, "[]", "what may be used is for the tenant to choose");
    assert_eq!(app.visitor().get(&link).await.status, 410);
    browser.open("/home").await;
    browser.wait_for("people/sign_in").await;
    assert_eq!(faults, Vec::<String>::new());
    browser.close().await;
}

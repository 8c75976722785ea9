//! Whether the vendor's account answers: told apart from the way in, and each reason from the others.

use turnpike_core::{Role, TenantId};
use turnpike_sdk::Behaviour;
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tests::{app::TestApp, visitor::Visitor};

use super::{Examined, examine, start};

const ADS: &str = "google-ads";

async fn scene() -> (TestApp, TenantId, Visitor) {
    let app = start(|_| {}).await;
    let tenant = app.unconnected("Acme").await.id;
    app.connect(tenant, ADS).await;
    let (member, _) = app.member(tenant, Role::Member).await;
    (app, tenant, member)
}

async fn row(app: &TestApp, tenant: TenantId) -> ConnectionRow {
    app.store().tenant(tenant).find_connection(ADS).await.unwrap().unwrap()
}

/// The way in is open, and the last step failed for this reason, with this page to go to.
fn assert_only_upstream_fails(seen: &Examined, reason: &str, link: Option<&str>) {
    let mut expected = vec!["passed"; 7];
    expected.push("failed");
    assert_eq!(seen.results(), expected, "{}", seen.text);
    assert!(seen.text.contains(reason), "{reason}: {}", seen.text);
    if let Some(link) = link {
        assert!(seen.text.contains(&format!("class=\"button\" href=\"{link}\"")), "{}", seen.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_connected_is_told_with_the_page_to_connect_it() {
    let (app, _, member) = scene().await;
    let seen = examine(&member, &format!("{}/supermetrics/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "Supermetrics is not connected", Some("/connections/new/supermetrics"));

    let nothing = app.unconnected("Other").await.id;
    let (member, _) = app.member(nothing, Role::Member).await;
    let seen = examine(&member, &format!("{}/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "Nothing is connected", Some("/connections"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_a_person_must_renew_is_told() {
    let (app, tenant, member) = scene().await;
    let (id, now) = (row(&app, tenant).await.id, app.operator.ambient.now());
    let state = ConnectionState::ReconnectNeeded;
    app.store().tenant(tenant).set_connection_state(id, state, Some("the grant was taken back"), now).await.unwrap();
    let seen = examine(&member, &format!("{}/{ADS}/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "the grant was taken back", Some("/connections/new/google-ads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_the_vendor_has_ended_meanwhile_is_told() {
    let (app, _, member) = scene().await;
    app.vendor(ADS).script.next(20, Behaviour::Revoked);
    let seen = examine(&member, &format!("{}/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "does not accept the connection any more", Some("/connections/new/google-ads"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_down_is_told_and_nothing_of_the_connection_is_changed() {
    let (app, tenant, member) = scene().await;
    let before = row(&app, tenant).await;
    app.vendor(ADS).script.next(20, Behaviour::Html500);
    let seen = examine(&member, &format!("{}/{ADS}/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "cannot be used at the moment", None);
    assert_eq!(row(&app, tenant).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_chosen_account_is_told() {
    let (app, tenant, member) = scene().await;
    let ConnectionRow { id, offered_json, .. } = row(&app, tenant).await;
    let now = app.operator.ambient.now();
    app.store().tenant(tenant).set_connection_offer(id, &offered_json, "[]", now).await.unwrap();
    let seen = examine(&member, &format!("{}/{ADS}/mcp", app.url)).await;
    assert_only_upstream_fails(&seen, "no account is chosen", Some(&format!("/connections/{id}")));
}

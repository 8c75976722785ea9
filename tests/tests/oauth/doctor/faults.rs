//! Each step of the way in, failing for a real reason.

use axum::{Router, response::Html};
use http::{StatusCode, header};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use turnpike_tests::{
    agent::{Agent, send},
    app::TestApp,
    oauth::Program,
};

use super::{
    Examined, examine, member_at,
    proxy::{Change, Proxy},
    start,
};

/// A deployment whose public address is this one, examined by a member.
async fn examined_at(public_url: &str) -> (TestApp, Examined) {
    let url = public_url.to_owned();
    let app = start(|settings| settings.server.public_url = url).await;
    let tenant = app.tenant("Acme").await.id;
    let member = member_at(&app, public_url, tenant).await;
    let seen = examine(&member, &format!("{public_url}/google-ads/mcp")).await;
    (app, seen)
}

/// The same behind a proxy.
async fn examined_behind(change: Change) -> (TestApp, Proxy, Examined) {
    let proxy = Proxy::start(change).await;
    let url = proxy.url.clone();
    let app = start(|settings| settings.server.public_url = url).await;
    proxy.lead_to(&app.url);
    let tenant = app.tenant("Acme").await.id;
    let member = member_at(&app, &proxy.url, tenant).await;
    let seen = examine(&member, &format!("{}/google-ads/mcp", proxy.url)).await;
    for grant in app.store().tenant(tenant).list_grants().await.unwrap() {
        assert_eq!(grant.revoked_for.as_deref(), Some("doctor"), "{grant:?}");
    }
    (app, proxy, seen)
}

/// A document with one member changed.
fn with(body: &str, name: &str, value: Value) -> (Option<StatusCode>, String) {
    let mut document: Value = serde_json::from_str(body).unwrap();
    document[name] = value;
    (None, document.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_where_nobody_listens_is_told_and_the_vendor_is_looked_at_all_the_same() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let (_app, seen) = examined_at(&url).await;
    seen.assert_ends_at(1);
    assert!(seen.text.contains("Nobody could be reached at the public address"), "{}", seen.text);
    assert_eq!(seen.results()[7], "passed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_address_that_leads_to_another_site_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let site = Router::new().fallback(|| async { Html("<h1>Welcome</h1>") });
    tokio::spawn(async move { axum::serve(listener, site).await });
    let (_app, seen) = examined_at(&url).await;
    seen.assert_ends_at(1);
    assert!(seen.text.contains("the answer was 200 (text/html)"), "{}", seen.text);
    assert!(seen.text.contains("probably leads to another site"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_drops_the_challenge_is_told() {
    let drop = |_: &str, headers: &mut http::HeaderMap, body| {
        headers.remove(header::WWW_AUTHENTICATE);
        (None, body)
    };
    let (_app, _, seen) = examined_behind(Change { answer: drop, ..Change::NONE }).await;
    seen.assert_ends_at(1);
    assert!(seen.text.contains("WWW-Authenticate"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn spoiled_metadata_of_the_server_is_told() {
    let other = |path: &str, _: &mut http::HeaderMap, body: String| match path {
        "/.well-known/oauth-protected-resource/google-ads/mcp" => {
            with(&body, "resource", json!("http://example.com/google-ads/mcp"))
        }
        _ => (None, body),
    };
    let (_app, _, seen) = examined_behind(Change { answer: other, ..Change::NONE }).await;
    seen.assert_ends_at(2);
    assert!(seen.text.contains("http://example.com/google-ads/mcp"), "{}", seen.text);

    let gone = |path: &str, _: &mut http::HeaderMap, body| {
        (path.contains("oauth-protected-resource").then_some(StatusCode::FORBIDDEN), body)
    };
    let (_app, _, seen) = examined_behind(Change { answer: gone, ..Change::NONE }).await;
    seen.assert_ends_at(2);
    assert!(seen.text.contains("(WAF)"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_name_or_foreign_address_of_the_authorization_server_is_told() {
    let issuer = |path: &str, _: &mut http::HeaderMap, body: String| match path {
        "/.well-known/oauth-authorization-server" => with(&body, "issuer", json!("http://example.com")),
        _ => (None, body),
    };
    let (_app, _, seen) = examined_behind(Change { answer: issuer, ..Change::NONE }).await;
    seen.assert_ends_at(3);
    assert!(seen.text.contains("letter for letter"), "{}", seen.text);

    let token = |path: &str, _: &mut http::HeaderMap, body: String| match path {
        "/.well-known/oauth-authorization-server" => with(&body, "token_endpoint", json!("http://example.com/token")),
        _ => (None, body),
    };
    let (_app, proxy, seen) = examined_behind(Change { answer: token, ..Change::NONE }).await;
    seen.assert_ends_at(3);
    assert!(!proxy.answered.lock().unwrap().iter().any(|(path, _)| path == "/register"), "nothing more is sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_deployment_at_the_public_address_gets_no_code() {
    let other = |path: &str, _: &mut http::HeaderMap, body: String| match path {
        "/register" => with(&body, "client_id", json!("of-another-deployment")),
        _ => (None, body),
    };
    let (_app, proxy, seen) = examined_behind(Change { answer: other, ..Change::NONE }).await;
    seen.assert_ends_at(4);
    assert!(seen.text.contains("another deployment"), "{}", seen.text);
    assert!(!proxy.answered.lock().unwrap().iter().any(|(path, _)| path == "/token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firewall_before_the_page_where_people_agree_is_told() {
    let closed =
        |path: &str, _: &mut http::HeaderMap, body| ((path == "/authorize").then_some(StatusCode::FORBIDDEN), body);
    let (_app, _, seen) = examined_behind(Change { answer: closed, ..Change::NONE }).await;
    seen.assert_ends_at(5);
    assert!(seen.text.contains("(WAF)"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_does_not_answer_as_it_should_is_told_without_what_it_said() {
    let spoiled = |path: &str, _: &mut http::HeaderMap, body: String| match path {
        "/token" => (Some(StatusCode::BAD_GATEWAY), body),
        _ => (None, body),
    };
    let (_app, proxy, seen) = examined_behind(Change { answer: spoiled, ..Change::NONE }).await;
    seen.assert_ends_at(6);
    let (access, _) = tokens(&proxy);
    assert!(!seen.text.contains(&access), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_takes_the_token_away_is_told_and_the_tokens_are_worth_nothing_afterwards() {
    let strip = |path: &str, headers: &mut http::HeaderMap| {
        if path == "/google-ads/mcp" {
            headers.remove(header::AUTHORIZATION);
        }
    };
    let (app, proxy, seen) = examined_behind(Change { request: strip, ..Change::NONE }).await;
    seen.assert_ends_at(7);
    assert!(seen.text.contains("the header Authorization does not arrive"), "{}", seen.text);
    assert_worthless(&app, &proxy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_an_examination_that_went_well_are_worth_nothing_afterwards_and_are_written_nowhere() {
    let (app, proxy, seen) = examined_behind(Change::NONE).await;
    assert_eq!(seen.results(), vec!["passed"; 8], "{}", seen.text);
    assert_worthless(&app, &proxy).await;
    let (access, refresh) = tokens(&proxy);
    for file in std::fs::read_dir(app.folder()).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(bytes) = std::fs::read(&file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains(&access) && !text.contains(&refresh), "{}", file.display());
    }
    assert!(!seen.text.contains(&access) && !seen.text.contains(&refresh));
}

/// The access token and the refresh token that the doctor was given.
fn tokens(proxy: &Proxy) -> (String, String) {
    let answered = proxy.answered.lock().unwrap();
    let (_, body) = answered.iter().find(|(path, _)| path == "/token").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

async fn assert_worthless(app: &TestApp, proxy: &Proxy) {
    let (access, refresh) = tokens(proxy);
    let client_id = {
        let answered = proxy.answered.lock().unwrap();
        let (_, body) = answered.iter().find(|(path, _)| path == "/register").unwrap();
        serde_json::from_str::<Value>(body).unwrap()["client_id"].as_str().unwrap().to_owned()
    };
    let program = Program::new(&app.url, &client_id, "http://127.0.0.1/connection-doctor");
    let refused = program.refresh(&refresh).await;
    assert_eq!(refused.body["error"], "invalid_grant", "{refused:?}");
    // The gateway believes for seconds what it has looked up; the authorization server looks anew.
    let agent = Agent::new(&app.url, &access);
    let introspected = agent
        .request(Method::POST, "/introspect")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("client_id={client_id}&token={access}"));
    assert_eq!(send(introspected).await.body["active"], false);
}

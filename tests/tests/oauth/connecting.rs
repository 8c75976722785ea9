//! From a pasted URL to a call, and on to the next token.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;
use turnpike_tests::{
    agent::{Agent, send},
    app::TestApp,
    oauth::{Program, Tokens, query},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_program_finds_its_way_from_the_url_to_a_call_and_refreshes() {
    let app = TestApp::start_unlimited().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    app.connect(tenant, "google-ads").await;

    // The URL alone leads to the authorization server.
    let stranger = Agent::new(&app.url, "");
    let challenged = send(stranger.anonymous("/google-ads/mcp").body("{}")).await;
    assert_eq!(challenged.status, StatusCode::UNAUTHORIZED);
    let challenge = challenged.headers["www-authenticate"].to_str().unwrap();
    let prm = challenge.split("resource_metadata=\"").nth(1).unwrap().split('"').next().unwrap();
    let prm = send(stranger.request(Method::GET, &prm[app.url.len()..])).await.body;
    assert_eq!(
        (&prm["resource"], &prm["authorization_servers"]),
        (&json!(format!("{}/google-ads/mcp", app.url)), &json!([app.url]))
    );
    let metadata = send(stranger.request(Method::GET, "/.well-known/oauth-authorization-server")).await.body;
    assert_eq!(metadata["issuer"], json!(app.url));

    let program = Program::register(&app.url).await;
    let back = program.allowed(&owner, &program.request("/google-ads/mcp", "google-ads:read offline_access")).await;
    let answer = query(&back);
    assert_eq!((answer["state"].as_str(), &answer["iss"]), ("the state of the test", &app.url));
    let tokens = Tokens::of(&program.ask("/token", &program.redemption(&answer["code"])).await);
    assert_eq!(tokens.body["scope"], "google-ads:read");
    program.agent(&tokens).ok("google-ads", "list_accounts", json!({})).await;

    // A call in a person's name says so in the ledger.
    let call = &app.calls(tenant).await[0];
    let grant = app.store().tenant(tenant).list_grants().await.unwrap().remove(0);
    assert_eq!((call.principal.clone(), call.grant_id), (format!("person:{}", grant.person_id), Some(grant.id)));

    app.clock.advance(Duration::from_secs(611));
    let late = program.agent(&tokens).rpc("/google-ads/mcp", json!(1), "tools/list", json!({})).await;
    assert_eq!(late.status, StatusCode::UNAUTHORIZED, "{late:?}");
    assert!(late.headers["www-authenticate"].to_str().unwrap().contains("has expired"), "{late:?}");
    let next = Tokens::of(&program.refresh(tokens.refresh.as_deref().unwrap()).await);
    program.agent(&next).ok("google-ads", "list_accounts", json!({})).await;
}

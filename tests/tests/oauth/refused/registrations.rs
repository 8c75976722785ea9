//! Registrations: what is refused, how often one may come, and how long it is kept.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_tests::{
    agent::send,
    oauth::{CALLBACK, Program},
};

use crate::oauth::scene::{READ, SERVER, Scene, denied};

fn named(name: &str, redirects: &[&str]) -> Value {
    json!({ "client_name": name, "redirect_uris": redirects, "logo_uri": null, "jwks": null, "scope": null })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_cannot_work_is_refused_with_the_member_that_is_wrong() {
    let scene = Scene::set().await;
    let many: Vec<_> = (1..=11).map(|port| format!("http://127.0.0.1:{port}/")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    let cases = [
        (named("Acme", &[]), "invalid_redirect_uri"),
        (named("Acme", &many), "invalid_redirect_uri"),
        (named("Acme", &["http://client.example/callback"]), "invalid_redirect_uri"),
        (named("Acme", &["javascript:alert(1)"]), "invalid_redirect_uri"),
        (named("Acme", &["evil://callback"]), "invalid_redirect_uri"),
        (named("Acme", &["https://client.example/*"]), "invalid_redirect_uri"),
        (named("Acme", &[CALLBACK, "https://user@client.example/"]), "invalid_redirect_uri"),
        (named(&"A".repeat(101), &[CALLBACK]), "invalid_client_metadata"),
        (json!({ "redirect_uris": [CALLBACK], "grant_types": ["implicit"] }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [CALLBACK], "response_types": ["token"] }), "invalid_client_metadata"),
        (json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "tls" }), "invalid_client_metadata"),
        (json!([]), "invalid_client_metadata"),
    ];
    for (body, code) in &cases {
        let answer = scene.program.send_registration(body).await;
        denied(&answer, StatusCode::BAD_REQUEST, code, "(id ");
    }
    let not_json = scene.program.post("/register").header("content-type", "application/json").body("{");
    denied(&send(not_json).await, StatusCode::BAD_REQUEST, "invalid_client_metadata", "JSON object");
    let large = scene.program.send_registration(&named(&"A".repeat(65 << 10), &[CALLBACK])).await;
    assert_eq!(large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(scene.app.store().system().count_oauth_clients().await.unwrap(), 1, "the first program alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_comes_again_is_the_same_and_gets_no_secret() {
    let scene = Scene::set().await;
    let count = async || scene.app.store().system().count_oauth_clients().await.unwrap();
    let before = count().await;
    let mut ids = vec![];
    for port in [1, 2, 50_000] {
        let own = format!("http://127.0.0.1:{port}/callback");
        let mut body = named("Acme", &[&own, "https://client.example/callback"]);
        body["token_endpoint_auth_method"] = json!("client_secret_basic");
        let answer = scene.program.send_registration(&body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        let members = answer.body.as_object().unwrap();
        assert!(members.values().all(|value| !value.is_null()) && !members.contains_key("client_secret"), "{answer:?}");
        assert_eq!(members["token_endpoint_auth_method"], "none");
        assert!(members["client_id_issued_at"].is_i64() && members["redirect_uris"][0] == json!(own));
        ids.push(members["client_id"].clone());
    }
    assert_eq!((ids.iter().all(|id| *id == ids[0]), count().await), (true, before + 1));
    scene.program.send_registration(&named("Acme", &[CALLBACK])).await;
    assert_eq!(count().await, before + 2, "other redirects, another program");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_registers_so_often_a_minute_and_no_oftener() {
    let scene = Scene::set().await;
    let body = named("Acme", &[CALLBACK]);
    let mut taken = 0;
    let refused = loop {
        let answer = scene.program.send_registration(&body).await;
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        taken += 1;
        assert!(taken <= 180, "nobody stops it");
    };
    denied(&refused, StatusCode::TOO_MANY_REQUESTS, "temporarily_unavailable", "wait a minute");
    println!("{taken} registrations at once are taken");
    scene.app.clock.advance(Duration::from_secs(60));
    assert_eq!(scene.program.send_registration(&body).await.status, StatusCode::CREATED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_nobody_uses_is_forgotten() {
    let scene = Scene::set().await;
    let unused = scene.another_program().await;
    let tokens = scene.connect().await;
    let known = async |program: &Program| {
        scene.app.oauth.maintain().await.unwrap();
        scene.app.store().system().find_oauth_client(&program.client_id).await.unwrap().is_some()
    };
    let days = |days: u64| scene.app.clock.advance(Duration::from_secs(days * 86_400 + 60));
    assert!(known(&unused).await && known(&scene.program).await);
    days(1);
    assert!(!known(&unused).await, "nobody has let it in within a day");
    assert!(known(&scene.program).await);
    let gone = scene.app.visitor().get(&Program::page(&unused.request(SERVER, READ))).await;
    assert!(gone.text.contains("add it again"), "{}", gone.words());
    days(28);
    scene.program.refresh(tokens.refresh.as_deref().unwrap()).await;
    days(88);
    assert!(known(&scene.program).await, "its last refresh counts");
    days(3);
    assert!(!known(&scene.program).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_have_no_registration_at_all() {
    let scene = Scene::set().await;
    let closed = turnpike_tests::app::TestApp::start_with(turnpike_tests::app::Backend::Sqlite, |settings| {
        settings.oauth.registration = false;
    })
    .await;
    assert!(scene.app.oauth.metadata()["registration_endpoint"].is_string());
    assert!(closed.oauth.metadata().get("registration_endpoint").is_none());
    let answer = Program::new(&closed.url, "", CALLBACK).send_registration(&named("Acme", &[CALLBACK])).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

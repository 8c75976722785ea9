//! What the sandbox does with tokens, as the vault asks for it.

use std::time::Duration;

use axum::body::Body;
use http::{StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::bench::{APP_ID, APP_SECRET, Bench, NOW, TOKEN, unconnected};

const SIXTY_DAYS: &str = "EAASandboxSystemUserSixtyDays";
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn post(bench: &Bench, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, Value) {
    let form = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = http::Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    bench.raw(request.body(Body::from(form)).expect("a request")).await
}

async fn exchange(bench: &Bench, token: &str, secret: &str) -> (StatusCode, Value) {
    let pairs = [
        ("grant_type", "fb_exchange_token"),
        ("client_id", APP_ID),
        ("client_secret", secret),
        ("set_token_expires_in_60_days", "true"),
        ("fb_exchange_token", token),
    ];
    post(bench, "/oauth/access_token", &pairs).await
}

async fn debug(bench: &Bench, token: &str, secret: &str) -> Value {
    let batch = json!([{ "method": "GET", "relative_url": format!("debug_token?input_token={token}") }]).to_string();
    let (status, answer) =
        post(bench, "/", &[("batch", &batch), ("access_token", &format!("{APP_ID}|{secret}"))]).await;
    assert_eq!(status, StatusCode::OK);
    serde_json::from_str(answer[0]["body"].as_str().expect("a body in a text")).expect("JSON")
}

#[tokio::test]
async fn a_token_is_described_to_its_app_only() {
    let bench = unconnected().await;
    let without_end = &debug(&bench, TOKEN, APP_SECRET).await["data"];
    assert_eq!((&without_end["is_valid"], &without_end["expires_at"]), (&json!(true), &json!(0)));
    assert_eq!((&without_end["type"], &without_end["app_id"]), (&json!("SYSTEM_USER"), &json!(APP_ID)));
    let ends = &debug(&bench, SIXTY_DAYS, APP_SECRET).await["data"];
    assert_eq!(ends["expires_at"], NOW.plus(DAY * 60).micros() / 1_000_000);
    assert_eq!(debug(&bench, "EAAunknown", APP_SECRET).await["data"]["is_valid"], false);
    assert_eq!(debug(&bench, TOKEN, "guessed").await["error"]["code"], 190);
}

#[tokio::test]
async fn a_token_that_lives_is_exchanged_and_both_go_on_and_a_lapsed_one_is_refused() {
    let bench = unconnected().await;
    bench.clock.advance(DAY * 54);
    let (status, answer) = exchange(&bench, SIXTY_DAYS, APP_SECRET).await;
    assert_eq!((status, &answer["expires_in"]), (StatusCode::OK, &json!(60 * 24 * 3600)));
    let fresh = answer["access_token"].as_str().expect("a token");
    assert_eq!(debug(&bench, SIXTY_DAYS, APP_SECRET).await["data"]["is_valid"], true);
    bench.clock.advance(DAY * 7);
    let (status, answer) = exchange(&bench, SIXTY_DAYS, APP_SECRET).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (StatusCode::BAD_REQUEST, &json!(463)));
    assert_eq!(debug(&bench, fresh, APP_SECRET).await["data"]["is_valid"], true);
    let (_, answer) = exchange(&bench, fresh, "guessed").await;
    assert_eq!(answer["error"]["code"], 101);
}

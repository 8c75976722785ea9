//! How the authorization server is asked: HTTP Basic, JSON and the version, or not at all.

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, VERSION, connected};

// 00000002-0000-4000-8000-0000000000c1:secret_sandbox
const BASIC: &str = "Basic MDAwMDAwMDItMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMGMxOnNlY3JldF9zYW5kYm94";

async fn ask(bench: &Bench, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let usual = [("authorization", BASIC), ("notion-version", VERSION), ("content-type", "application/json")];
    let mut request = Request::post(path);
    for (name, value) in usual.iter().filter(|(name, _)| !headers.iter().any(|(own, _)| own == name)).chain(headers) {
        if !value.is_empty() {
            request = request.header(*name, *value);
        }
    }
    bench.raw(request.body(Body::from(body.to_owned())).expect("a request")).await
}

fn refresh(token: &str) -> String {
    json!({ "grant_type": "refresh_token", "refresh_token": token }).to_string()
}

#[tokio::test]
async fn each_refresh_gives_both_tokens_anew_and_no_life() {
    let bench = connected().await;
    // The fixed token is good for a grant of one's own; what that gives is good once.
    let (status, first) = ask(&bench, "/v1/oauth/token", &[], &refresh("nrt_sandbox")).await;
    assert_eq!((status, first.get("expires_in")), (StatusCode::OK, None));
    let token = first["refresh_token"].as_str().expect("a token");
    let (status, second) = ask(&bench, "/v1/oauth/token", &[], &refresh(token)).await;
    assert_eq!(status, StatusCode::OK);
    assert!(second["access_token"] != first["access_token"] && second["refresh_token"] != first["refresh_token"]);
    let (status, spent) = ask(&bench, "/v1/oauth/token", &[], &refresh(token)).await;
    assert_eq!((status, &spent["error"]), (StatusCode::BAD_REQUEST, &json!("invalid_grant")));
    let sent = bench.script.recorded();
    assert_eq!(
        (sent[0].uri.path(), &sent[0].headers["authorization"]),
        ("/v1/oauth/token", &http::HeaderValue::from_static(BASIC))
    );
}

#[tokio::test]
async fn a_client_that_asks_in_another_way_is_refused() {
    for (headers, body, status) in [
        (vec![("authorization", "")], refresh("nrt_sandbox"), StatusCode::UNAUTHORIZED),
        (vec![("authorization", "Basic bm9ib2R5Om5vdGhpbmc=")], refresh("nrt_sandbox"), StatusCode::UNAUTHORIZED),
        (vec![("notion-version", "")], refresh("nrt_sandbox"), StatusCode::BAD_REQUEST),
        (
            vec![("content-type", "application/x-www-form-urlencoded")],
            "grant_type=refresh_token&refresh_token=nrt_sandbox".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (
            vec![],
            json!({ "grant_type": "refresh_token", "refresh_token": "nrt_sandbox", "client_secret": "secret_sandbox" })
                .to_string(),
            StatusCode::BAD_REQUEST,
        ),
        (vec![], refresh("nrt_other"), StatusCode::BAD_REQUEST),
    ] {
        let bench = connected().await;
        let (found, answer) = ask(&bench, "/v1/oauth/token", &headers, &body).await;
        assert_eq!(found, status, "{headers:?} {body}: {answer}");
    }
}

#[tokio::test]
async fn a_grant_is_taken_back_by_its_access_token_and_its_client() {
    let bench = connected().await;
    let body = json!({ "token": bench.token }).to_string();
    let (status, _) = ask(&bench, "/v1/oauth/revoke", &[("authorization", "")], &body).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(!bench.tokens().is_revoked());
    assert_eq!(ask(&bench, "/v1/oauth/revoke", &[], &body).await.0, StatusCode::OK);
    assert!(bench.tokens().is_revoked());
}

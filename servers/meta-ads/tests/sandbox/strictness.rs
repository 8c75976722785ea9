//! What the sandbox refuses, as Meta does or more strictly.

use axum::body::Body;
use http::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::bench::{Bench, OUTDOOR, STRANGER, TOKEN, connected, proof};

async fn send(bench: &Bench, method: Method, path: &str, pairs: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
    let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{path}?{query}"))
        .header(AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    bench.raw(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// Code and subcode of the refusal of a signed `GET`.
async fn refused(bench: &Bench, path: &str, pairs: &[(&str, &str)]) -> (StatusCode, i64, Option<i64>, String) {
    let proof = proof(TOKEN);
    let pairs: Vec<_> = pairs.iter().copied().chain([("appsecret_proof", proof.as_str())]).collect();
    let (status, answer) = send(bench, Method::GET, path, &pairs, "").await;
    let error = &answer["error"];
    let code = error["code"].as_i64().unwrap_or_else(|| panic!("{path} {pairs:?} is answered: {answer}"));
    (status, code, error["error_subcode"].as_i64(), error["message"].as_str().unwrap().to_owned())
}

fn campaigns() -> String {
    format!("/v26.0/act_{OUTDOOR}/campaigns")
}

#[tokio::test]
async fn every_request_must_be_signed_and_hold_its_token_in_the_header() {
    let bench = connected().await;
    let (fields, good) = (("fields", "id"), proof(TOKEN));
    let wrong = proof("EAAanother");
    let upper = good.to_uppercase();
    for (pairs, words) in [
        (vec![fields], "require an appsecret_proof"),
        (vec![fields, ("appsecret_proof", wrong.as_str())], "Invalid appsecret_proof"),
        (vec![fields, ("appsecret_proof", upper.as_str())], "Invalid appsecret_proof"),
        (vec![fields, ("appsecret_proof", "")], "Invalid appsecret_proof"),
        (vec![fields, ("appsecret_proof", good.as_str()), ("access_token", TOKEN)], "Authorization header"),
    ] {
        let (status, answer) = send(&bench, Method::GET, &campaigns(), &pairs, "").await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(100)), "{pairs:?}");
        assert!(answer["error"]["message"].as_str().unwrap().contains(words), "{answer}");
    }
    let (status, _) = send(&bench, Method::GET, &campaigns(), &[fields, ("appsecret_proof", &good)], "").await;
    assert_eq!(status, StatusCode::OK);

    for (token, code) in [(None, 104), (Some("EAAunknown"), 190), (Some(""), 190)] {
        let mut request = http::Request::get(format!("{}?fields=id&appsecret_proof={good}", campaigns()));
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let (status, answer) = bench.raw(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((status, &answer["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{token:?}");
    }
}

#[tokio::test]
async fn fields_must_be_named_and_known() {
    let bench = connected().await;
    for path in [campaigns(), "/v26.0/me/adaccounts".into(), "/v26.0/2301001000".into()] {
        let (_, code, _, words) = refused(&bench, &path, &[]).await;
        assert!(code == 100 && words.contains("fields is required"), "{path}: {words}");
    }
    for (path, field, node) in [
        (campaigns(), "optimization_goal", "Campaign"),
        (format!("/v26.0/act_{OUTDOOR}/ads"), "daily_budget", "Ad"),
        ("/v26.0/me/adaccounts".into(), "owner_secret", "AdAccount"),
        ("/v26.0/2301001100".into(), "objective", "AdSet"),
    ] {
        let (_, code, _, words) = refused(&bench, &path, &[("fields", field)]).await;
        assert!(
            code == 100 && words.contains(&format!("nonexisting field ({field}) on node type ({node})")),
            "{words}"
        );
    }
}

#[tokio::test]
async fn unknown_parameters_values_and_versions_are_refused() {
    let bench = connected().await;
    let fields = ("fields", "id");
    for pairs in [
        vec![fields, ("status", "ACTIVE")],
        vec![fields, ("limit", "0")],
        vec![fields, ("limit", "501")],
        vec![fields, ("after", "2")],
        vec![fields, ("effective_status", "ACTIVE")],
        vec![fields, ("filtering", "[{\"field\":\"name\",\"operator\":\"IN\",\"value\":[\"x\"]}]")],
        vec![fields, fields],
    ] {
        let (status, code, ..) = refused(&bench, &campaigns(), &pairs).await;
        assert_eq!((status, code), (StatusCode::BAD_REQUEST, 100), "{pairs:?}");
    }
    let insights = format!("/v26.0/act_{OUTDOOR}/insights");
    let range = ("time_range", "{\"since\":\"2026-11-01\",\"until\":\"2026-11-02\"}");
    for pairs in [
        vec![("fields", "spend")],
        vec![("fields", "cost"), range],
        vec![("fields", "spend"), range, ("level", "campaigns")],
        vec![("fields", "spend"), ("time_range", "2026-11-01")],
        vec![("fields", "spend"), range, ("time_increment", "day")],
        vec![("fields", "spend"), range, ("sort", "[\"spend\"]")],
        vec![("fields", "spend"), range, ("breakdowns", "shoe_size")],
    ] {
        assert_eq!(refused(&bench, &insights, &pairs).await.1, 100, "{pairs:?}");
    }
    assert_eq!(refused(&bench, &format!("/v24.0/act_{OUTDOOR}/campaigns"), &[fields]).await.1, 2635);
    assert_eq!(refused(&bench, "/me", &[fields]).await.1, 2635);
}

#[tokio::test]
async fn what_is_not_ours_is_refused_as_what_does_not_exist() {
    let bench = connected().await;
    let fields = [("fields", "id")];
    let foreign = refused(&bench, &format!("/v26.0/act_{STRANGER}/campaigns"), &fields).await;
    let missing = refused(&bench, "/v26.0/act_1/campaigns", &fields).await;
    assert_eq!((foreign.0, foreign.1, &foreign.3), (StatusCode::FORBIDDEN, 200, &missing.3));
    for id in ["2309001000", "1", "9999999999"] {
        let (_, code, subcode, _) = refused(&bench, &format!("/v26.0/{id}"), &fields).await;
        assert_eq!((code, subcode), (100, Some(33)), "{id}");
        let both = [("ids", format!("2301001000,{id}"))];
        let pairs = [("ids", both[0].1.as_str()), fields[0]];
        assert_eq!(refused(&bench, "/v26.0/", &pairs).await.1, 803, "{id}");
    }
}

#[tokio::test]
async fn a_change_is_a_form_with_known_fields_whole_amounts_and_statuses_that_can_be_set() {
    let bench = connected().await;
    let proof = proof(TOKEN);
    let change = async |id: &str, body: &str| {
        let (_, answer) =
            send(&bench, Method::POST, &format!("/v26.0/{id}"), &[("appsecret_proof", &proof)], body).await;
        (answer["error"]["code"].as_i64(), answer["error"]["error_subcode"].as_i64())
    };
    for body in [
        "status=DELETED",
        "status=ARCHIVED",
        "daily_budget=50.00",
        "daily_budget=-1",
        "daily_budget=USD5",
        "budget=5000",
        "name=New",
        "status=PAUSED&execution_options=%5B%22include_recommendations%22%5D",
        "status=PAUSED&access_token=EAAx",
        "lifetime_budget=90000",
    ] {
        assert_eq!(change("2301001000", body).await.0, Some(100), "{body}");
    }
    assert_eq!(change("2301001100", "daily_budget=5000").await, (Some(100), Some(1_885_621)), "its campaign has one");
    assert_eq!(
        change("2301002000", "daily_budget=5000").await,
        (Some(100), Some(1_885_621)),
        "its ad sets have theirs"
    );
    assert_eq!(change("2301012000", "status=PAUSED").await, (Some(100), Some(1_487_056)), "archived");
    assert_eq!(change("2309001000", "status=PAUSED").await, (Some(100), Some(33)), "another's");
    assert_eq!(change("2301001000", "daily_budget=99").await.0, Some(1_487_901));
    let check = "status=PAUSED&execution_options=%5B%22validate_only%22%5D";
    assert_eq!(change("2301001000", check).await, (None, None));
    let (_, read) = send(
        &bench,
        Method::GET,
        "/v26.0/2301001000",
        &[("appsecret_proof", &proof), ("fields", "status,daily_budget")],
        "",
    )
    .await;
    assert_eq!(read, json!({ "id": "2301001000", "status": "ACTIVE", "daily_budget": "7250" }));
}

#[tokio::test]
async fn pages_are_shorter_than_asked_for_and_the_next_holds_the_token() {
    let bench = connected().await;
    let proof = proof(TOKEN);
    let pairs = [("fields", "id"), ("limit", "10"), ("appsecret_proof", proof.as_str())];
    let (_, page) = send(&bench, Method::GET, &campaigns(), &pairs, "").await;
    assert_eq!(page["data"].as_array().unwrap().len(), 7);
    assert!(page["paging"]["next"].as_str().unwrap().contains(TOKEN));
}

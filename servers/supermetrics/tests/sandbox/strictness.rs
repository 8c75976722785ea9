//! The sandbox refuses what Supermetrics refuses.

use axum::body::Body;
use http::{StatusCode, header};
use serde_json::{Value, json};

use turnpike_contract::percent_encoded;

use crate::bench::{KEY, post, with, with_key};

fn query() -> Value {
    json!({ "ds_id": "AW", "ds_accounts": "1000000002", "fields": "Date,Cost", "start_date": "2026-11-01",
            "end_date": "2026-11-02" })
}

#[tokio::test]
async fn a_key_belongs_in_the_header_and_nowhere_else() {
    let bench = with_key(KEY).await;
    let get = |authorization: Option<&str>, path: &str| {
        let request = http::Request::get(path.to_owned());
        let request = match authorization {
            Some(value) => request.header(header::AUTHORIZATION, value),
            None => request,
        };
        request.body(Body::empty()).expect("a request")
    };
    for (authorization, status, code) in [
        (None, 401, "API_KEY_REQUIRED"),
        (Some("Bearer "), 401, "API_KEY_REQUIRED"),
        (Some("Bearer api_other"), 401, "API_KEY_INVALID"),
        (Some("Basic api_sandbox"), 401, "API_KEY_INVALID"),
        (Some("Bearer api_sandbox_disabled"), 403, "API_KEY_DISABLED"),
        (Some("Bearer api_sandbox_elsewhere"), 403, "ACCESS_DENIED_IP"),
    ] {
        for path in ["/me", "/me?api_key=api_sandbox", "/enterprise/v2/ds/logins"] {
            let (found, body) = bench.raw(get(authorization, path)).await;
            assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!(code)), "{authorization:?} {path}");
        }
    }
    for good in ["Bearer api_sandbox", "api_sandbox"] {
        assert_eq!(bench.raw(get(Some(good), "/me")).await.0, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_is_out_of_range_or_unknown_is_refused() {
    let bench = with_key(KEY).await;
    for (more, status, code) in [
        (json!({ "ds_id": "XX" }), 400, "BAD_REQUEST"),
        (json!({ "ds_id": "LIA", "ds_accounts": "500000001" }), 403, "LICENSE_ACCESS_DATA_SOURCE"),
        (json!({ "ds_accounts": "9000000009" }), 400, "BAD_REQUEST"),
        (json!({ "ds_accounts": "300000001" }), 400, "BAD_REQUEST"),
        (json!({ "ds_accounts": [] }), 400, "BAD_REQUEST"),
        (json!({ "ds_user": "second@sandbox.example", "ds_accounts": "1000000004" }), 400, "BAD_REQUEST"),
        (json!({ "fields": [] }), 400, "BAD_REQUEST"),
        (json!({ "fields": vec!["Cost"; 101] }), 400, "BAD_REQUEST"),
        // With HTTP 200, as Supermetrics does.
        (json!({ "fields": "Cost,cost" }), 200, "QUERY_FIELDS_INVALID"),
        (json!({ "start_date": "2026-11-03" }), 400, "BAD_REQUEST"),
        (json!({ "start_date": "11/01/2026" }), 400, "BAD_REQUEST"),
        (json!({ "end_date": "" }), 400, "BAD_REQUEST"),
        (json!({ "start_date": "2023-12-31" }), 403, "LICENSE_HISTORICAL_RANGE_EXCEEDED"),
        (json!({ "filter": "Cost" }), 400, "BAD_REQUEST"),
        (json!({ "filter": "Nothing > 1" }), 200, "QUERY_FIELDS_INVALID"),
        (json!({ "order_rows": "Cost downwards" }), 400, "BAD_REQUEST"),
        (json!({ "max_rows": 0 }), 400, "BAD_REQUEST"),
        (json!({ "max_rows": 1_000_001 }), 400, "BAD_REQUEST"),
        (json!({ "cache_minutes": 10_081 }), 400, "BAD_REQUEST"),
        (json!({ "sync_timeout": 3601 }), 400, "BAD_REQUEST"),
        (json!({ "schedule_id": "a b" }), 400, "BAD_REQUEST"),
        (json!({ "schedule_id": "x".repeat(51) }), 400, "BAD_REQUEST"),
    ] {
        let (found, body) = post(&bench, &with(query(), &more)).await;
        assert_eq!((found.as_u16(), &body["error"]["code"]), (status, &json!(code)), "{more}");
    }
    for good in
        [json!({}), json!({ "start_date": "30-days-ago", "end_date": "yesterday" }), json!({ "no_such_key": 1 })]
    {
        let (status, body) = post(&bench, &with(query(), &good)).await;
        assert_eq!((status, &body["meta"]["status_code"]), (StatusCode::OK, &json!("SUCCESS")), "{good}");
    }
}

#[tokio::test]
async fn a_query_goes_by_get_or_post_and_each_page_has_a_header_unless_it_is_refused() {
    let bench = with_key(KEY).await;
    let (_, by_post) = post(&bench, &query()).await;
    assert_eq!(by_post["data"][0], json!(["Date", "Cost"]));
    assert!(by_post["data"][1].as_array().expect("a row").iter().all(Value::is_string));
    let path = format!("/enterprise/v2/query/data/json?json={}", percent_encoded(&query().to_string()));
    let request = http::Request::get(path).header(header::AUTHORIZATION, KEY).body(Body::empty()).expect("a request");
    assert_eq!(bench.raw(request).await.1["data"], by_post["data"]);
    let (_, bare) = post(&bench, &with(query(), &json!({ "settings": { "no_headers": true } }))).await;
    assert_eq!(bare["data"].as_array().expect("rows")[..], by_post["data"].as_array().expect("rows")[1..]);

    let form = http::Request::post("/enterprise/v2/query/data/json").header(header::AUTHORIZATION, KEY);
    let form = form.header(header::CONTENT_TYPE, "text/plain").body(Body::from(query().to_string()));
    assert_eq!(bench.raw(form.expect("a request")).await.0, StatusCode::BAD_REQUEST);
    for bad in ["/enterprise/v1/ds/logins", "/v2/query/accounts", "/enterprise/v2/query/everything"] {
        let request = http::Request::get(bad).header(header::AUTHORIZATION, KEY).body(Body::empty());
        assert_eq!(bench.raw(request.expect("a request")).await.0, StatusCode::NOT_FOUND, "{bad}");
    }
}

#[tokio::test]
async fn without_a_timeout_of_nought_it_waits_and_the_same_id_is_the_same_query() {
    let bench = with_key(KEY).await;
    let (status, queued) = post(&bench, &with(query(), &json!({ "sync_timeout": 0, "schedule_id": "mine" }))).await;
    assert_eq!((status, &queued["meta"]["status_code"]), (StatusCode::ACCEPTED, &json!("QUEUED")));
    let (_, done) = post(&bench, &json!({ "schedule_id": "mine" })).await;
    assert_eq!((&done["meta"]["status_code"], &done["data"][0]), (&json!("SUCCESS"), &json!(["Date", "Cost"])));
    let (_, other) = post(&bench, &with(query(), &json!({ "schedule_id": "mine", "fields": "Clicks" }))).await;
    assert_eq!(other["data"], done["data"], "what was started under the id stays");

    let wholesale = json!({ "ds_accounts": "1000000004", "fields": "CampaignId,Date,Cost", "max_rows": 5000,
                            "end_date": "2026-11-07" });
    let (_, first) = post(&bench, &with(query(), &wholesale)).await;
    assert_eq!(first["data"].as_array().map(Vec::len), Some(1001), "a thousand rows and the header");
    let next = first["meta"]["paginate"]["next"].as_str().expect("a next page");
    assert!(next.starts_with("https://elsewhere.example/"), "{next}");
}

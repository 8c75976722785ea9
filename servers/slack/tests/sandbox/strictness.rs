//! What the sandbox refuses, as Slack does or more strictly.

use axum::body::Body;
use http::{
    Method, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde_json::{Value, json};

use crate::bench::{ANNOUNCEMENTS, BOARD, Bench, GENERAL, OLD_PROJECT, RANDOM, READER, THREAD, TOKEN, connected};

const JSON: &str = "application/json; charset=utf-8";

async fn get(bench: &Bench, method: &str, query: &str) -> Value {
    let request = http::Request::get(format!("/api/{method}?{query}")).header(AUTHORIZATION, format!("Bearer {TOKEN}"));
    bench.raw(request.body(Body::empty()).expect("a request")).await.1
}

async fn post(bench: &Bench, token: &str, method: &str, kind: &str, body: &str) -> Value {
    let request = http::Request::post(format!("/api/{method}"))
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, kind);
    bench.raw(request.body(Body::from(body.to_owned())).expect("a request")).await.1
}

#[tokio::test]
async fn a_token_stands_in_its_header_and_nowhere_else() {
    let bench = connected().await;
    for (header, error) in [(None, "not_authed"), (Some("Bearer nobody"), "invalid_auth"), (Some("xoxb"), "not_authed")]
    {
        let mut request = http::Request::get("/api/users.list");
        if let Some(header) = header {
            request = request.header(AUTHORIZATION, header);
        }
        let (status, answer) = bench.raw(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((status, &answer["error"]), (StatusCode::OK, &json!(error)));
    }
    assert_eq!(get(&bench, "users.list", &format!("token={TOKEN}")).await["error"], "invalid_arguments");
}

#[tokio::test]
async fn methods_arguments_bounds_and_cursors_must_be_known() {
    let bench = connected().await;
    let history = format!("channel={GENERAL}");
    let with = |more: &str| format!("{history}&{more}");
    for (method, query, error) in [
        ("conversations.read", String::new(), "unknown_method"),
        ("conversations.history", String::new(), "invalid_arguments"),
        ("conversations.history", with("count=5"), "invalid_arguments"),
        ("conversations.history", with("limit=0"), "invalid_limit"),
        ("conversations.history", with("limit=1000"), "invalid_limit"),
        ("conversations.history", with("limit=5&limit=6"), "invalid_arguments"),
        ("conversations.history", with("cursor=bmV4dA%3D%3D"), "invalid_cursor"),
        ("conversations.history", with("oldest=2026-11-02"), "invalid_ts_oldest"),
        ("conversations.history", with("latest=1793610000"), "invalid_ts_latest"),
        ("conversations.history", with("inclusive=yes"), "invalid_arguments"),
        ("conversations.history", format!("channel={RANDOM}"), "not_in_channel"),
        ("conversations.history", format!("channel={BOARD}"), "channel_not_found"),
        ("conversations.history", "channel=general".to_owned(), "channel_not_found"),
        ("conversations.replies", with("ts=1793610000.999999"), "thread_not_found"),
        ("conversations.list", "types=im".to_owned(), "invalid_types"),
        ("users.info", "user=U0999999999".to_owned(), "user_not_found"),
    ] {
        assert_eq!(get(&bench, method, &query).await["error"], error, "{method}?{query}");
    }
    // A cursor of one method is none of another.
    let page = get(&bench, "conversations.list", "limit=2").await;
    let cursor = page["response_metadata"]["next_cursor"].as_str().expect("a cursor").replace('=', "%3D");
    assert_eq!(get(&bench, "conversations.list", &format!("limit=2&cursor={cursor}")).await["ok"], true);
    assert_eq!(
        get(&bench, "users.conversations", &format!("limit=2&cursor={cursor}")).await["error"],
        "invalid_cursor"
    );
}

#[tokio::test]
async fn a_change_is_json_that_names_its_characters_and_what_it_may_change() {
    let bench = connected().await;
    let good = json!({ "channel": GENERAL, "text": "Hello" });
    let body = good.to_string();
    for (kind, body, error) in [
        ("application/json", body.as_str(), "missing_charset"),
        ("text/plain", body.as_str(), "invalid_post_type"),
        ("application/x-www-form-urlencoded", "channel=C1&text=a", "invalid_post_type"),
        (JSON, &body[..body.len() / 2], "invalid_json"),
        (JSON, "[]", "json_not_object"),
    ] {
        assert_eq!(post(&bench, TOKEN, "chat.postMessage", kind, body).await["error"], error, "{kind} {body}");
    }
    for (more, error) in [
        (json!({ "text": "" }), "no_text"),
        (json!({ "text": "x".repeat(4001) }), "msg_too_long"),
        (json!({ "channel": RANDOM }), "not_in_channel"),
        (json!({ "channel": OLD_PROJECT }), "is_archived"),
        (json!({ "channel": ANNOUNCEMENTS }), "restricted_action_read_only_channel"),
        (json!({ "thread_ts": "1793610060.000100" }), "cannot_reply_to_message"),
        (json!({ "username": "Somebody" }), "invalid_arguments"),
        (json!({ "unfurl_links": true }), "invalid_arguments"),
        (json!({ "metadata": { "event_type": "x" } }), "invalid_metadata_format"),
        (json!({ "metadata": "x" }), "invalid_metadata_format"),
    ] {
        let body = crate::bench::with(good.clone(), &more).to_string();
        assert_eq!(post(&bench, TOKEN, "chat.postMessage", JSON, &body).await["error"], error, "{body}");
    }
    let others = json!({ "channel": GENERAL, "ts": THREAD, "text": "Mine now" }).to_string();
    assert_eq!(post(&bench, TOKEN, "chat.update", JSON, &others).await["error"], "cant_update_message");
    let long = json!({ "channel": GENERAL, "topic": "x".repeat(251) }).to_string();
    assert_eq!(post(&bench, TOKEN, "conversations.setTopic", JSON, &long).await["error"], "too_long");
    let denied = post(&bench, READER, "chat.postMessage", JSON, &body).await;
    assert_eq!((&denied["error"], &denied["needed"]), (&json!("missing_scope"), &json!("chat:write")));
    assert_eq!(post(&bench, TOKEN, "chat.postMessage", JSON, &body).await["ok"], true);
}

#[tokio::test]
async fn methods_that_read_are_got_and_those_that_change_are_posted() {
    let bench = connected().await;
    assert_eq!(post(&bench, TOKEN, "users.list", JSON, "{}").await["ok"], false);
    assert_eq!(get(&bench, "chat.postMessage", &format!("channel={GENERAL}&text=a")).await["ok"], false);
    let request = http::Request::builder().method(Method::PATCH).uri("/api/users.list");
    let request = request.header(AUTHORIZATION, format!("Bearer {TOKEN}")).body(Body::empty()).expect("a request");
    assert_eq!(bench.raw(request).await.0, StatusCode::METHOD_NOT_ALLOWED);
}

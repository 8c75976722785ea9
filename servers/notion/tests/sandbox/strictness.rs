//! What a wrong client sends, the sandbox refuses as Notion does: otherwise passing against it would prove nothing.

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::bench::{Bench, HANDBOOK, NOT_SHARED, TASK, TASKS, TRASHED, VERSION, connected};

struct Client(Bench);

impl Client {
    async fn new() -> Self {
        Self(connected().await)
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> (StatusCode, Value) {
        let token = format!("Bearer {}", self.0.token);
        let usual = [("authorization", &*token), ("notion-version", VERSION), ("content-type", "application/json")];
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in usual.iter().filter(|(name, _)| !headers.iter().any(|(own, _)| own == name)).chain(headers)
        {
            if !value.is_empty() {
                request = request.header(*name, *value);
            }
        }
        self.0.raw(request.body(Body::from(body.to_owned())).expect("a request")).await
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        self.send(Method::POST, path, &[], &body.to_string()).await
    }
}

fn code(answer: &(StatusCode, Value)) -> (u16, &str) {
    (answer.0.as_u16(), answer.1["code"].as_str().unwrap_or("none"))
}

#[tokio::test]
async fn a_request_needs_a_token_a_version_that_is_served_and_a_path_that_is() {
    let client = Client::new().await;
    let page = format!("/v1/pages/{HANDBOOK}");
    for (path, headers, expected) in [
        (page.as_str(), vec![], (200, "none")),
        (page.as_str(), vec![("authorization", "")], (401, "unauthorized")),
        (page.as_str(), vec![("authorization", "Bearer ntn_made_up")], (401, "unauthorized")),
        (page.as_str(), vec![("notion-version", "")], (400, "missing_version")),
        (page.as_str(), vec![("notion-version", "2022-06-28")], (400, "validation_error")),
        ("/v1/pages/handbook", vec![], (400, "validation_error")),
        ("/v1/pages", vec![], (400, "invalid_request_url")),
        (&format!("/v1/pages/{NOT_SHARED}"), vec![], (404, "object_not_found")),
        (&format!("/v1/databases/{TASKS}"), vec![], (404, "object_not_found")),
        (&format!("{page}?filter=x"), vec![], (400, "validation_error")),
        ("/v1/comments", vec![], (400, "validation_error")),
        (&format!("/v1/comments?block_id={HANDBOOK}&page_size=101"), vec![], (400, "validation_error")),
        (&format!("/v1/comments?block_id={HANDBOOK}&unknown=1"), vec![], (400, "validation_error")),
    ] {
        let answer = client.send(Method::GET, path, &headers, "").await;
        assert_eq!(code(&answer), expected, "{path} {headers:?}: {}", answer.1);
    }
    let deleted = client.send(Method::DELETE, &format!("/v1/blocks/{HANDBOOK}"), &[], "").await;
    assert_eq!(code(&deleted), (400, "invalid_request_url"), "nothing is deleted here");
}

#[tokio::test]
async fn a_body_is_json_and_holds_nothing_that_is_not_known() {
    let client = Client::new().await;
    let query = format!("/v1/data_sources/{TASKS}/query");
    for (path, body) in [
        ("/v1/search", json!({ "page_size": 0 })),
        ("/v1/search", json!({ "page_size": 101 })),
        ("/v1/search", json!({ "start_cursor": "0000000a-0000-4000-8000-00000000ffff" })),
        ("/v1/search", json!({ "filter": { "property": "object", "value": "database" } })),
        ("/v1/search", json!({ "unknown": 1 })),
        (&query, json!({ "filter": { "property": "Nope", "title": { "equals": "x" } } })),
        (&query, json!({ "filter": { "property": "Name", "rich_text": { "equals": "x" } } })),
        (&query, json!({ "filter": { "property": "Estimate", "number": { "equals": "3" } } })),
        (&query, json!({ "filter": { "property": "Estimate", "number": { "contains": 3 } } })),
        (&query, json!({ "filter": { "property": "Status", "status": { "equals": "Doing" } } })),
        (&query, json!({ "filter": { "property": "Due", "date": { "is_empty": false } } })),
        (&query, json!({ "filter": { "and": [], "or": [] } })),
        (&query, json!({ "sorts": [{ "property": "Nope", "direction": "ascending" }] })),
        (&query, json!({ "sorts": [{ "property": "Due", "direction": "up" }] })),
        ("/v1/comments", json!({ "parent": { "page_id": HANDBOOK } })),
        ("/v1/comments", json!({ "parent": { "page_id": HANDBOOK }, "rich_text": [] })),
        (
            "/v1/comments",
            json!({ "parent": { "page_id": HANDBOOK }, "rich_text": [{ "text": { "content": "x".repeat(2_001) } }] }),
        ),
        ("/v1/comments", json!({ "parent": { "block_id": HANDBOOK }, "rich_text": [{ "text": { "content": "x" } }] })),
    ] {
        let answer = client.post(path, &body).await;
        assert_eq!(code(&answer), (400, "validation_error"), "{path} {body}: {}", answer.1);
    }
    let form = client.send(Method::POST, "/v1/search", &[("content-type", "text/plain")], "{}").await;
    assert_eq!(code(&form), (400, "invalid_json"));
    assert_eq!(code(&client.send(Method::POST, "/v1/search", &[], "{\"que").await), (400, "invalid_json"));
    assert_eq!(client.post("/v1/search", &json!({})).await.0, StatusCode::OK);
    let groups = json!({ "filter": { "or": [
        { "property": "Status", "status": { "equals": "Done" } },
        { "and": [{ "property": "Billable", "checkbox": { "equals": true } }] },
    ] } });
    let found = client.post(&query, &groups).await.1;
    assert_eq!(found["results"].as_array().map(Vec::len), Some(40), "Notion takes groups, whoever asks");
}

#[tokio::test]
async fn a_page_is_changed_as_a_whole_or_not_at_all_and_never_in_the_trash() {
    let client = Client::new().await;
    let page = format!("/v1/pages/{TASK}");
    let before = client.send(Method::GET, &page, &[], "").await.1;
    for properties in [
        json!({ "Nope": { "number": 1 } }),
        json!({ "Estimate": { "number": "1" } }),
        json!({ "Estimate": { "rich_text": [] } }),
        json!({ "Status": { "status": { "name": "Doing" } } }),
        json!({ "Estimate": { "number": 9 }, "Status": { "status": { "name": "Doing" } } }),
        json!({ "Priority": { "select": { "name": "a,b" } } }),
        json!({ "Due": { "date": { "start": "soon" } } }),
        json!({ "Due": { "date": { "start": "2026-11-03", "end": "2026-11-01" } } }),
        json!({ "Ref": { "unique_id": { "number": 2 } } }),
        json!({ "Name": { "title": [{ "text": { "content": "x".repeat(2_001) } }] } }),
    ] {
        let body = json!({ "properties": properties }).to_string();
        let answer = client.send(Method::PATCH, &page, &[], &body).await;
        assert_eq!(code(&answer), (400, "validation_error"), "{body}: {}", answer.1);
    }
    assert_eq!(client.send(Method::GET, &page, &[], "").await.1, before);
    let body = json!({ "properties": { "title": { "title": [] } } }).to_string();
    let trashed = client.send(Method::PATCH, &format!("/v1/pages/{TRASHED}"), &[], &body).await;
    assert_eq!(code(&trashed), (400, "validation_error"));
    let archive =
        client.send(Method::PATCH, &page, &[], &json!({ "properties": {}, "in_trash": true }).to_string()).await;
    assert_eq!(code(&archive), (400, "validation_error"), "nothing is thrown away here");
    // An option that a select does not know is made, as Notion does: the tool must not rely on a refusal.
    let body = json!({ "properties": { "Priority": { "select": { "name": "Urgent" } } } }).to_string();
    assert_eq!(client.send(Method::PATCH, &page, &[], &body).await.0, StatusCode::OK);
    let source = client.send(Method::GET, &format!("/v1/data_sources/{TASKS}"), &[], "").await.1;
    assert!(source["properties"]["Priority"].to_string().contains("Urgent"));
}

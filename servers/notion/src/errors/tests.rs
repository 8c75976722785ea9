use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_257_600_000_000);

fn answer(status: u16, retry_after: Option<&'static str>, body: &Value) -> Response {
    let mut headers = HeaderMap::new();
    headers.extend(retry_after.map(|wait| (http::header::RETRY_AFTER, HeaderValue::from_static(wait))));
    Response { status: StatusCode::from_u16(status).expect("a status"), headers, body: body.to_string().into() }
}

fn error(status: u16, code: &str, message: &str) -> Value {
    json!({ "object": "error", "status": status, "code": code, "message": message, "request_id": "r-1" })
}

fn fault(status: u16, code: &str, message: &str) -> Fault {
    classify(&answer(status, None, &error(status, code, message)), NOW).expect("a fault")
}

#[test]
fn every_code_of_the_vendor_has_its_class() {
    for (status, code, class) in [
        (400, "invalid_json", Class::BadRequest),
        (400, "invalid_request_url", Class::VersionDead),
        (400, "invalid_request", Class::BadRequest),
        (400, "invalid_grant", Class::BadRequest),
        (400, "validation_error", Class::BadRequest),
        (400, "missing_version", Class::VersionDead),
        (400, "invalid_beta", Class::VersionDead),
        (401, "unauthorized", Class::AuthExpired),
        (403, "restricted_resource", Class::Permission),
        (404, "object_not_found", Class::BadRequest),
        (409, "conflict_error", Class::Upstream),
        (429, "rate_limited", Class::RateStorm),
        (500, "internal_server_error", Class::Upstream),
        (502, "bad_gateway", Class::Upstream),
        (503, "service_unavailable", Class::Upstream),
        (503, "database_connection_unavailable", Class::Upstream),
        (504, "gateway_timeout", Class::Upstream),
        (529, "service_overload", Class::RateStorm),
    ] {
        let found = fault(status, code, "words");
        assert_eq!((found.class, found.code.as_deref()), (class, Some(code)), "{status} {code}");
        assert_eq!(found.request_id.as_deref(), Some("r-1"));
    }
}

#[test]
fn without_a_body_the_status_decides() {
    for (status, class) in [
        (401, Class::AuthExpired),
        (403, Class::Permission),
        (404, Class::BadRequest),
        (410, Class::VersionDead),
        (413, Class::BadRequest),
        (429, Class::RateStorm),
        (500, Class::Upstream),
        (529, Class::RateStorm),
    ] {
        let found = classify(&answer(status, None, &Value::Null), NOW).expect("a fault");
        assert_eq!((found.class, found.code), (class, None), "{status}");
    }
    assert_eq!(classify(&answer(200, None, &json!({ "object": "page" })), NOW), None);
}

#[test]
fn a_version_that_is_not_served_is_told_from_a_wrong_argument() {
    let version = "Notion-Version header failed validation: Notion-Version header should be `\"2027-01-01\"`";
    assert_eq!(fault(400, "validation_error", version).class, Class::VersionDead);
    let argument = "body failed validation: body.page_size should be ≤ `100`, instead was `101`.";
    let found = fault(400, "validation_error", argument);
    assert_eq!((found.class, found.message.as_str()), (Class::BadRequest, argument));
}

#[test]
fn a_wait_holds_as_long_as_it_says_and_what_it_concerns() {
    let limited = |wait: &'static str, reason: &str| {
        let mut body = error(429, "rate_limited", "You have been rate limited.");
        body["additional_data"] = json!({ "rate_limit_reason": reason });
        classify(&answer(429, Some(wait), &body), NOW).expect("a fault")
    };
    let storm = limited("7", "integration_limit");
    let held = Some(NOW.plus(Duration::from_secs(7)));
    assert_eq!((storm.class, storm.scope, storm.retry_at), (Class::RateStorm, Scope::Connection, held));
    let workspace = limited("900", "workspace_limit");
    assert_eq!((workspace.class, workspace.scope), (Class::QuotaDaily, Scope::Account));
    assert_eq!(limited("999999", "x").retry_at, Some(NOW.plus(LONGEST_WAIT)));
    assert_eq!(limited("soon", "x").retry_at, None);
    let overload = classify(&answer(529, Some("3"), &error(529, "service_overload", "x")), NOW).expect("a fault");
    assert_eq!((overload.scope, overload.retry_at), (Scope::Address, Some(NOW.plus(Duration::from_secs(3)))));
}

#[test]
fn a_failing_servers_words_and_endless_words_are_not_for_callers() {
    assert_eq!(fault(500, "internal_server_error", "secret stack").message, "Notion failed to answer");
    assert_eq!(fault(400, "validation_error", &"x".repeat(5_000)).message.len(), LONGEST_MESSAGE);
    assert!(fault(409, "conflict_error", "x").message.contains("saved nothing"));
}

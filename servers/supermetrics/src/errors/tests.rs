use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: HeaderMap::new(), body: body.into().into() }
}

fn refusal(code: &str) -> Value {
    json!({ "meta": { "request_id": "r1" }, "error": { "code": code, "message": "A word.", "description": "More." } })
}

fn fault(status: u16, body: &Value) -> Fault {
    classify(&answer(status, body.to_string()), NOW).expect("a fault")
}

#[test]
fn every_signal_of_the_vendor_has_its_class_and_its_scope() {
    for (status, code, class, scope) in [
        (401, "API_KEY_REQUIRED", Class::AuthRevoked, Scope::App),
        (401, "API_KEY_INVALID", Class::AuthRevoked, Scope::App),
        (401, "ACCESS_TOKEN_INVALID", Class::AuthRevoked, Scope::App),
        (401, "ACCESS_TOKEN_EXPIRED", Class::AuthRevoked, Scope::App),
        (401, "UNAUTHORIZED", Class::AuthRevoked, Scope::App),
        (403, "API_KEY_DISABLED", Class::AuthRevoked, Scope::App),
        (403, "ACCESS_DENIED_IP", Class::Permission, Scope::App),
        (403, "ACCESS_DENIED_PERMISSIONS", Class::Permission, Scope::App),
        (403, "FORBIDDEN", Class::Permission, Scope::App),
        (403, "LICENSE_ACCESS_DATA_SOURCE", Class::Permission, Scope::App),
        (403, "LICENSE_EXPIRED", Class::QuotaDaily, Scope::App),
        (403, "LICENSE_QUERIES_SUSPENDED", Class::QuotaDaily, Scope::App),
        (403, "LICENSE_OF_A_NEW_KIND", Class::QuotaDaily, Scope::App),
        (403, "LICENSE_ACCOUNT_LIMIT_EXCEEDED", Class::BadRequest, Scope::App),
        (403, "LICENSE_ROW_LIMIT_EXCEEDED", Class::BadRequest, Scope::App),
        (403, "LICENSE_HISTORICAL_RANGE_EXCEEDED", Class::BadRequest, Scope::App),
        (429, "TOO_MANY_REQUESTS", Class::RateStorm, Scope::Address),
        (429, "DATA_SOURCE_RATE_LIMIT", Class::QuotaDaily, Scope::Account),
        (429, "SOURCE_QUOTA_EXCEEDED", Class::QuotaDaily, Scope::Account),
        (400, "BAD_REQUEST", Class::BadRequest, Scope::App),
        (400, "STATUS_NOT_FOUND", Class::BadRequest, Scope::App),
        (404, "LOGIN_NOT_FOUND", Class::BadRequest, Scope::App),
        (422, "UNPROCESSABLE_ENTITY", Class::BadRequest, Scope::App),
        (500, "INTERNAL_SERVER_ERROR", Class::Upstream, Scope::App),
        (503, "SERVICE_UNAVAILABLE", Class::Upstream, Scope::App),
    ] {
        let found = fault(status, &refusal(code));
        assert_eq!((found.class, found.scope, found.code.as_deref()), (class, scope, Some(code)), "{status} {code}");
        assert_eq!(found.request_id.as_deref(), Some("r1"));
        if status != 404 && status != 400 {
            assert_eq!(fault(200, &refusal(code)).class, class, "{code} within HTTP 200");
        }
    }
}

#[test]
fn an_error_within_http_200_is_found_and_a_good_answer_is_none() {
    assert_eq!(fault(200, &refusal("QUERY_FIELDS_INVALID")).class, Class::BadRequest);
    assert_eq!(fault(200, &json!({ "error": "just words" })).class, Class::BadRequest);
    for good in
        [json!({ "data": [["error"]] }), json!({ "error": null, "data": [] }), json!({ "data": { "error": 1 } })]
    {
        assert_eq!(classify(&answer(200, good.to_string()), NOW), None);
    }
    assert_eq!(classify(&answer(202, "{\"meta\":{\"status_code\":\"QUEUED\"}}"), NOW), None);
}

#[test]
fn without_a_code_the_status_decides_and_a_foreign_body_is_not_repeated() {
    for (status, class) in [
        (401, Class::AuthRevoked),
        (403, Class::Permission),
        (404, Class::VersionDead),
        (410, Class::VersionDead),
        (429, Class::RateStorm),
        (400, Class::BadRequest),
        (500, Class::Upstream),
        (301, Class::Upstream),
    ] {
        for body in ["", "<html>api_secret</html>", "{\"error\":{}}", "{\"error\":\"api_secret\"}", "[]", "null"] {
            let found = fault(status, &json!(null));
            assert_eq!(found.class, class);
            let found = classify(&answer(status, body), NOW).expect("a fault");
            assert_eq!(found.class, class, "{status} {body}");
            assert!(!found.message.contains("secret"), "{}", found.message);
        }
    }
}

#[test]
fn the_wait_is_the_vendors_or_ours_and_never_beyond_a_day() {
    let with = |code: &str, after: Option<&'static str>| {
        let mut response = answer(429, refusal(code).to_string());
        if let Some(after) = after {
            response.headers.insert("retry-after", HeaderValue::from_static(after));
        }
        classify(&response, NOW).and_then(|fault| fault.retry_at).map(|at| at.since(NOW).as_secs())
    };
    assert_eq!(with("TOO_MANY_REQUESTS", Some("30")), Some(30));
    assert_eq!(with("TOO_MANY_REQUESTS", None), None, "the way out has a short hold of its own");
    assert_eq!(with("TOO_MANY_REQUESTS", Some("soon")), None);
    assert_eq!(with("TOO_MANY_REQUESTS", Some("999999999")), Some(86_400));
    assert_eq!(with("SOURCE_QUOTA_EXCEEDED", None), Some(3600));
    assert_eq!(fault(403, &refusal("LICENSE_EXPIRED")).retry_at, Some(NOW.plus(LICENCE_WAIT)));
    assert_eq!(fault(403, &refusal("LICENSE_ROW_LIMIT_EXCEEDED")).retry_at, None, "waiting does not help");
}

#[test]
fn the_words_say_whose_limit_it_is_and_who_can_lift_it() {
    for (status, code, words) in [
        (403, "ACCESS_DENIED_IP", "egress address"),
        (403, "LICENSE_EXPIRED", "renew"),
        (403, "LICENSE_HISTORICAL_RANGE_EXCEEDED", "fewer days"),
        (403, "LICENSE_ACCESS_DATA_SOURCE", "does not include this data source"),
        (429, "TOO_MANY_REQUESTS", "this service's address"),
        (429, "SOURCE_QUOTA_EXCEEDED", "data source's own quota"),
        (401, "API_KEY_INVALID", "does not accept the API key"),
    ] {
        let message = fault(status, &refusal(code)).message;
        assert!(message.contains(words) && message.ends_with("(A word. More)"), "{message}");
    }
    let mut long = refusal("BAD_REQUEST");
    long["error"]["message"] = "é".repeat(2000).into();
    assert!(fault(400, &long).message.chars().count() < LONGEST_MESSAGE + 50);
    assert_eq!(fault(500, &refusal("INTERNAL_SERVER_ERROR")).message, "Supermetrics failed to answer");
}

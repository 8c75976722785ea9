use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: http::HeaderMap::new(), body: body.into().into() }
}

fn refusal(status: u16, kind: &str, code: &str, details: Value) -> Value {
    json!({ "error": { "code": status, "message": "outer words", "status": "WHATEVER", "details": [{
        "@type": "type.googleapis.com/google.ads.googleads.v26.errors.GoogleAdsFailure",
        "errors": [{ "errorCode": { kind: code }, "message": "inner words", "details": details }],
        "requestId": "in-the-body",
    }] } })
}

fn fault(status: u16, body: &Value) -> Fault {
    classify(&answer(status, body.to_string()), NOW).expect("a fault")
}

#[test]
fn every_signal_of_the_vendor_has_its_class() {
    for (status, kind, code, class) in [
        (401, "authenticationError", "OAUTH_TOKEN_EXPIRED", Class::AuthExpired),
        (401, "authenticationError", "OAUTH_TOKEN_INVALID", Class::AuthExpired),
        (401, "authenticationError", "GOOGLE_ACCOUNT_COOKIE_INVALID", Class::AuthExpired),
        (401, "authenticationError", "OAUTH_TOKEN_REVOKED", Class::AuthRevoked),
        (401, "authenticationError", "OAUTH_TOKEN_DISABLED", Class::AuthRevoked),
        (401, "authenticationError", "NOT_ADS_USER", Class::AuthRevoked),
        (401, "authenticationError", "GOOGLE_ACCOUNT_DELETED", Class::AuthRevoked),
        (403, "authorizationError", "USER_PERMISSION_DENIED", Class::Permission),
        (403, "authorizationError", "CLOUD_PROJECT_NOT_APPROVED_FOR_PRODUCTION", Class::Permission),
        (403, "authorizationError", "ACTION_NOT_PERMITTED", Class::Permission),
        (403, "authorizationError", "DEVELOPER_TOKEN_NOT_APPROVED", Class::Permission),
        (403, "authorizationError", "CUSTOMER_NOT_ENABLED", Class::Permission),
        (403, "authorizationError", "PROJECT_DISABLED", Class::Permission),
        (403, "authorizationError", "METRIC_ACCESS_DENIED", Class::Permission),
        (429, "quotaError", "RESOURCE_EXHAUSTED", Class::QuotaDaily),
        (429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", Class::RateStorm),
        (429, "quotaError", "EXCESSIVE_SHORT_TERM_QUERY_RESOURCE_CONSUMPTION", Class::BadRequest),
        (429, "quotaError", "EXCESSIVE_LONG_TERM_QUERY_RESOURCE_CONSUMPTION", Class::BadRequest),
        (400, "queryError", "UNRECOGNIZED_FIELD", Class::BadRequest),
        (400, "requestError", "PAGE_SIZE_NOT_SUPPORTED", Class::BadRequest),
        (400, "requestError", "UNSUPPORTED_VERSION", Class::VersionDead),
        (400, "fieldError", "REQUIRED", Class::BadRequest),
        (400, "mutateError", "RESOURCE_NOT_FOUND", Class::BadRequest),
        (404, "mutateError", "RESOURCE_NOT_FOUND", Class::BadRequest),
        (500, "internalError", "TRANSIENT_ERROR", Class::Upstream),
        (503, "internalError", "INTERNAL_ERROR", Class::Upstream),
    ] {
        let body = refusal(status, kind, code, json!({}));
        let found = fault(status, &body);
        assert_eq!((found.class, found.code), (class, Some(format!("{kind}.{code}"))), "{status} {code}");
        assert_eq!(fault(status, &json!([body])).class, class, "{status} {code} in an array");
    }
}

#[test]
fn a_daily_quota_of_the_project_frees_at_the_time_in_the_body() {
    let details = json!({ "quotaErrorDetails": {
        "rateScope": "DEVELOPER", "rateName": "Number of operations for basic access", "retryDelay": "40591s" } });
    let found = fault(429, &refusal(429, "quotaError", "RESOURCE_EXHAUSTED", details));
    assert_eq!((found.class, found.scope), (Class::QuotaDaily, Scope::App));
    assert_eq!(found.retry_at, Some(NOW.plus(Duration::from_secs(40591))));
    assert_eq!(found.message, "inner words");
}

#[test]
fn a_storm_on_one_account_holds_that_account_only() {
    let details = json!({ "quotaErrorDetails": { "rateScope": "ACCOUNT", "retryDelay": "2.5s" } });
    let found = fault(429, &refusal(429, "quotaError", "RESOURCE_TEMPORARILY_EXHAUSTED", details));
    assert_eq!((found.class, found.scope), (Class::RateStorm, Scope::Account));
    assert_eq!(found.retry_at, Some(NOW.plus(Duration::from_millis(2500))));
}

#[test]
fn no_wait_is_believed_beyond_a_day_and_a_mad_one_is_none() {
    for (delay, wait) in
        [("999999999s", Some(LONGEST_WAIT)), ("-1s", None), ("1e400s", None), ("soon", None), ("NaNs", None)]
    {
        let details = json!({ "quotaErrorDetails": { "retryDelay": delay } });
        let found = fault(429, &refusal(429, "quotaError", "RESOURCE_EXHAUSTED", details));
        assert_eq!(found.retry_at, wait.map(|wait| NOW.plus(wait)), "{delay}");
    }
}

#[test]
fn without_words_of_google_ads_the_status_decides() {
    for (status, class) in [
        (401, Class::AuthExpired),
        (403, Class::Permission),
        (404, Class::VersionDead),
        (429, Class::RateStorm),
        (400, Class::BadRequest),
        (500, Class::Upstream),
        (502, Class::Upstream),
        (301, Class::Upstream),
    ] {
        for body in [
            "",
            "<html><body>secret 1//token</body></html>",
            "{\"results\":[{\"camp",
            "[]",
            "null",
            "{\"error\":\"x\"}",
        ] {
            let found = classify(&answer(status, body), NOW).expect("a fault");
            assert_eq!(found.class, class, "{status} {body}");
            assert!(!found.message.contains("secret"), "{}", found.message);
        }
    }
}

#[test]
fn a_401_may_carry_other_details_than_those_of_google_ads() {
    let detail = json!({ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_EXPIRED" });
    let message = "Request had invalid authentication credentials.";
    let body =
        json!({ "error": { "code": 401, "message": message, "status": "UNAUTHENTICATED", "details": [detail] } });
    let found = fault(401, &body);
    assert_eq!((found.class, found.message.as_str()), (Class::AuthExpired, message));
}

#[test]
fn a_general_retry_detail_is_read_too() {
    let body = json!({ "error": { "code": 429, "message": "Slow down", "details": [
        { "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s" }] } });
    assert_eq!(fault(429, &body).retry_at, Some(NOW.plus(Duration::from_secs(7))));
}

#[test]
fn an_error_within_a_stream_that_began_well_is_found() {
    let broken = json!([{ "results": [] }, refusal(500, "internalError", "TRANSIENT_ERROR", json!({}))]);
    assert_eq!(fault(200, &broken).class, Class::Upstream);
    assert_eq!(classify(&answer(200, json!([{ "summaryRow": {} }]).to_string()), NOW), None);
}

#[test]
fn a_good_answer_is_no_fault() {
    assert_eq!(classify(&answer(200, "{}"), NOW), None);
    assert_eq!(classify(&answer(200, json!({ "results": [{ "error": "a name" }] }).to_string()), NOW), None);
}

#[test]
fn the_request_id_comes_from_the_header_or_else_from_the_body() {
    let body = refusal(403, "authorizationError", "USER_PERMISSION_DENIED", json!({}));
    assert_eq!(fault(403, &body).request_id.as_deref(), Some("in-the-body"));
    let mut response = answer(403, body.to_string());
    response.headers.insert("request-id", http::HeaderValue::from_static("in-the-header"));
    assert_eq!(classify(&response, NOW).and_then(|fault| fault.request_id).as_deref(), Some("in-the-header"));
}

#[test]
fn words_are_cut_and_a_failing_servers_words_are_not_shown() {
    let mut body = refusal(400, "queryError", "BAD_VALUE", json!({}));
    body["error"]["details"][0]["errors"][0]["message"] = "é".repeat(2000).into();
    assert_eq!(fault(400, &body).message.chars().count(), LONGEST_MESSAGE);
    let failed = fault(500, &refusal(500, "internalError", "TRANSIENT_ERROR", json!({})));
    assert_eq!(failed.message, "Google Ads failed to answer");
}

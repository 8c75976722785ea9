use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_257_600_000_000);
const REPORT: &str = "6f1c2a7e-0b0e-4b39-9d1f-000000000001";

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: http::HeaderMap::new(), body: body.into().into() }
}

fn fault(status: u16, body: &Value) -> Fault {
    classify(&answer(status, body.to_string()), NOW).expect("a fault")
}

fn is_permission(words: &str) -> bool {
    [json!({ "code": "401", "details": words }), json!({ "code": "UNAUTHORIZED", "message": words })]
        .iter()
        .all(|body| fault(401, body).class == Class::Permission)
}

#[test]
fn every_signal_of_the_vendor_has_its_class() {
    for (status, body, class, code) in [
        (
            401,
            json!({ "code": "UNAUTHORIZED", "details": "HTTP 401 Unauthorized" }),
            Class::AuthExpired,
            "UNAUTHORIZED",
        ),
        (401, json!({ "code": 401, "message": "Unauthorized" }), Class::AuthExpired, "401"),
        (403, json!({ "code": "ACCESS_DENIED", "message": "No" }), Class::Permission, "ACCESS_DENIED"),
        (403, json!({ "code": "FORBIDDEN", "details": "No" }), Class::Permission, "FORBIDDEN"),
        (400, json!({ "code": "INVALID_ARGUMENT", "details": "x" }), Class::BadRequest, "INVALID_ARGUMENT"),
        (400, json!({ "code": "400", "detail": "x" }), Class::BadRequest, "400"),
        (404, json!({ "code": "NOT_FOUND", "message": "x" }), Class::BadRequest, "NOT_FOUND"),
        (422, json!({ "code": "422", "details": "x" }), Class::BadRequest, "422"),
        (406, json!({ "code": "NOT_ACCEPTABLE", "message": "x" }), Class::VersionDead, "NOT_ACCEPTABLE"),
        (
            415,
            json!({ "code": "UNSUPPORTED_MEDIA_TYPE", "message": "x" }),
            Class::VersionDead,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (425, json!({ "code": "425", "detail": "Too early" }), Class::InProgress, "425"),
        (429, json!({ "code": "THROTTLED", "message": "x" }), Class::RateStorm, "THROTTLED"),
        (429, json!({ "code": "TOO_MANY_REQUESTS", "details": "x" }), Class::RateStorm, "TOO_MANY_REQUESTS"),
        (429, json!({ "code": "429", "detail": "x" }), Class::RateStorm, "429"),
        (500, json!({ "code": "INTERNAL_ERROR", "message": "x" }), Class::Upstream, "INTERNAL_ERROR"),
        (503, json!({ "code": "503", "details": "x" }), Class::Upstream, "503"),
    ] {
        let found = fault(status, &body);
        assert_eq!((found.class, found.code.as_deref()), (class, Some(code)), "{status} {body}");
    }
}

#[test]
fn a_401_about_a_profile_is_permission_and_any_other_an_ended_token() {
    for words in [
        "Not authorized to access scope 18446744073709551615",
        "No matching advertiser found for scope 1",
        "Not authorized to manage this profile. Please check permissions and consent from the advertiser",
        "Scope header is missing",
        "NOT AUTHORIZED TO ACCESS SCOPE 1",
    ] {
        assert!(is_permission(words), "{words}");
    }
    for words in ["HTTP 401 Unauthorized", "Unauthorized", "The access token has expired", ""] {
        assert!(!is_permission(words), "{words}");
    }
}

#[test]
fn a_duplicate_report_is_adopted_and_not_a_fault() {
    for detail in [
        format!("The Request is a duplicate of : {REPORT}"),
        format!("The Request is a duplicate of: {REPORT} "),
        format!("duplicate of :{REPORT}"),
    ] {
        let response = answer(425, json!({ "code": "425", "detail": detail }).to_string());
        assert_eq!((duplicate_of(&response).as_deref(), classify(&response, NOW)), (Some(REPORT), None), "{detail}");
    }
    for bad in ["The Request is a duplicate of : ../../x", "duplicate", "duplicate of : ", "of : 1"] {
        let response = answer(425, json!({ "code": "425", "detail": bad }).to_string());
        assert_eq!(duplicate_of(&response), None, "{bad}");
        assert_eq!(classify(&response, NOW).expect("a fault").class, Class::InProgress, "{bad}");
    }
    let other = answer(400, json!({ "code": "400", "detail": format!("duplicate of : {REPORT}") }).to_string());
    assert_eq!(duplicate_of(&other), None);
}

#[test]
fn a_throttle_waits_as_long_as_it_says_and_for_the_queue_of_reports_for_minutes() {
    let reports = json!({ "code": "429", "detail": "Too Many Requests" });
    let listing = json!({ "code": "THROTTLED", "message": "Too Many Requests" });
    for (body, header, wait, class, scope) in [
        (&listing, Some("7"), Some(7), Class::RateStorm, Scope::Account),
        (&listing, Some("900"), Some(900), Class::QuotaDaily, Scope::Account),
        (&listing, Some("999999"), Some(LONGEST_WAIT), Class::QuotaDaily, Scope::Account),
        (&listing, Some("soon"), None, Class::RateStorm, Scope::Account),
        (&listing, None, None, Class::RateStorm, Scope::Account),
        (&reports, Some("7"), Some(7), Class::RateStorm, Scope::App),
        (&reports, None, Some(120), Class::RateStorm, Scope::App),
    ] {
        let mut response = answer(429, body.to_string());
        if let Some(header) = header {
            response.headers.insert("retry-after", http::HeaderValue::from_str(header).expect("a value"));
        }
        let found = classify(&response, NOW).expect("a fault");
        let expected = wait.map(|wait| NOW.plus(Duration::from_secs(wait)));
        assert_eq!((found.retry_at, found.class, found.scope), (expected, class, scope), "{body} {header:?}");
    }
}

#[test]
fn a_207_of_nothing_but_throttled_items_is_a_throttle() {
    let item = |kind: &str| json!({ "index": 0, "errors": [{ "errorType": kind, "errorValue": { kind: { "reason": "X", "message": "x" } } }] });
    let body = |success: Value, errors: Vec<Value>| json!({ "campaigns": { "success": success, "error": errors } });
    let throttled = fault(207, &body(json!([]), vec![item("throttledError"), item("throttledError")]));
    assert_eq!((throttled.class, throttled.scope), (Class::RateStorm, Scope::Account));
    for good in [
        body(json!([{ "index": 1, "campaignId": "1" }]), vec![item("throttledError")]),
        body(json!([]), vec![item("throttledError"), item("entityNotFoundError")]),
        body(json!([{ "index": 0 }]), vec![]),
        body(json!([]), vec![]),
        json!([]),
    ] {
        assert_eq!(classify(&answer(207, good.to_string()), NOW), None, "{good}");
    }
}

#[test]
fn without_words_of_amazon_the_status_decides() {
    for (status, class) in [
        (401, Class::AuthExpired),
        (403, Class::Permission),
        (404, Class::BadRequest),
        (415, Class::VersionDead),
        (425, Class::InProgress),
        (429, Class::RateStorm),
        (500, Class::Upstream),
        (502, Class::Upstream),
        (301, Class::Upstream),
    ] {
        for body in ["", "<html><body>secret Atza|token</body></html>", "{\"campaigns\":[{\"camp", "[]", "null", "7"] {
            let found = classify(&answer(status, body), NOW).expect("a fault");
            assert_eq!(found.class, class, "{status} {body}");
            assert!(!found.message.contains("secret"), "{}", found.message);
        }
    }
    assert_eq!(fault(429, &json!({ "message": "Too Many Requests" })).class, Class::RateStorm);
}

#[test]
fn the_words_hold_what_is_wrong_with_each_item_and_are_cut() {
    let body = json!({ "code": "400", "message": "Invalid", "errors": [{ "message": "name is empty" }, { "message": "Invalid" }] });
    assert_eq!(fault(400, &body).message, "Invalid name is empty");
    let long = json!({ "code": "400", "details": "é".repeat(2000) });
    assert_eq!(fault(400, &long).message.chars().count(), LONGEST_MESSAGE);
    assert_eq!(fault(500, &json!({ "message": "stack trace" })).message, "Amazon failed to answer");
}

#[test]
fn a_good_answer_is_no_fault_and_the_request_id_comes_from_a_header() {
    assert_eq!(classify(&answer(200, "{}"), NOW), None);
    let mut response = answer(403, "{}");
    response.headers.insert("x-amzn-requestid", http::HeaderValue::from_static("the-id"));
    assert_eq!(classify(&response, NOW).and_then(|fault| fault.request_id).as_deref(), Some("the-id"));
}

use serde_json::{Value, json};

use super::*;

/// 10:40 UTC.
const NOW: Timestamp = Timestamp::from_micros(1_795_257_600_000_000);

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: http::HeaderMap::new(), body: body.into().into() }
}

fn fault(status: u16, body: &Value) -> Fault {
    classify(&answer(status, body.to_string()), NOW).expect("a fault")
}

#[test]
fn every_signal_of_the_vendor_has_its_class() {
    for (status, service_code, code, class) in [
        (401, 65_602, "EXPIRED_ACCESS_TOKEN", Class::AuthExpired),
        (401, 65_601, "REVOKED_ACCESS_TOKEN", Class::AuthRevoked),
        (401, 65_600, "INVALID_ACCESS_TOKEN", Class::AuthRevoked),
        (401, 65_604, "EMPTY_ACCESS_TOKEN", Class::AuthExpired),
        (403, 100, "ACCESS_DENIED", Class::Permission),
        (403, 0, "NO_PERMISSION_ON_ENTITY", Class::Permission),
        (403, 0, "NO_PERMISSION_ON_FIELD", Class::Permission),
        (404, 0, "RESOURCE_NOT_FOUND", Class::BadRequest),
        (426, 0, "NONEXISTENT_VERSION", Class::VersionDead),
        (400, 0, "VERSION_MISSING", Class::BadRequest),
        (400, 0, "PARAM_INVALID", Class::BadRequest),
        (400, 0, "TEST_ACCOUNT_INVALID", Class::BadRequest),
        (411, 0, "LENGTH_REQUIRED", Class::BadRequest),
        (414, 0, "URI_TOO_LONG", Class::BadRequest),
        (429, 101, "TOO_MANY_REQUESTS", Class::RateStorm),
        (500, 0, "INTERNAL_SERVER_ERROR", Class::Upstream),
        (503, 0, "SERVICE_UNAVAILABLE", Class::Upstream),
        (504, 0, "GATEWAY_TIMEOUT", Class::Upstream),
    ] {
        let body = json!({ "status": status, "serviceErrorCode": service_code, "code": code, "message": "words" });
        let found = fault(status, &body);
        assert_eq!((found.class, found.code.as_deref()), (class, Some(code)), "{status} {code}");
    }
    let without_code = json!({ "status": 401, "serviceErrorCode": 65_601, "message": "words" });
    let found = fault(401, &without_code);
    assert_eq!((found.class, found.code.as_deref()), (Class::AuthRevoked, Some("65601")));
}

#[test]
fn a_spent_day_ends_at_midnight_utc_and_concerns_whom_it_says() {
    let body = |whose: &str| {
        json!({ "serviceErrorCode": 101, "code": "TOO_MANY_REQUESTS", "status": 429,
            "message": format!("Resource level throttle {whose} DAY limit for calls to this resource is reached.") })
    };
    let of_member = fault(429, &body("APPLICATION_AND_MEMBER"));
    let of_app = fault(429, &body("APPLICATION"));
    assert_eq!((of_member.class, of_member.scope), (Class::QuotaDaily, Scope::Connection));
    assert_eq!((of_app.class, of_app.scope), (Class::QuotaDaily, Scope::App));
    assert_eq!(of_app.retry_at.expect("a time").to_string(), "2026-11-22T00:00:00.000Z");
    // The second before midnight, and midnight itself.
    let day = i64::try_from(DAY.as_micros()).expect("a day");
    assert_eq!(midnight_after(Timestamp::from_micros(day - 1)), Timestamp::from_micros(day));
    assert_eq!(midnight_after(Timestamp::from_micros(day)), Timestamp::from_micros(2 * day));
}

#[test]
fn a_wait_that_a_header_names_is_honoured_within_a_day() {
    for (header, wait) in [("7", Some(7)), ("999999", Some(LONGEST_WAIT)), ("soon", None), ("-1", None)] {
        let mut response = answer(429, json!({ "status": 429, "message": "Too many requests." }).to_string());
        response.headers.insert("retry-after", http::HeaderValue::from_str(header).expect("a value"));
        let found = classify(&response, NOW).expect("a fault");
        assert_eq!(found.retry_at, wait.map(|wait| NOW.plus(Duration::from_secs(wait))), "{header}");
    }
}

#[test]
fn without_words_of_linkedin_the_status_decides() {
    for (status, class) in [
        (401, Class::AuthExpired),
        (403, Class::Permission),
        (404, Class::BadRequest),
        (426, Class::VersionDead),
        (429, Class::RateStorm),
        (400, Class::BadRequest),
        (500, Class::Upstream),
        (502, Class::Upstream),
        (301, Class::Upstream),
    ] {
        for body in ["", "<html><body>secret AQXtoken</body></html>", "{\"elements\":[{\"camp", "[]", "null", "7"] {
            let found = classify(&answer(status, body), NOW).expect("a fault");
            assert_eq!(found.class, class, "{status} {body}");
            assert!(!found.message.contains("secret"), "{}", found.message);
        }
    }
}

#[test]
fn the_words_hold_what_is_wrong_with_each_field_and_are_cut() {
    let detail = |description: &str| json!({ "description": description, "code": "MISSING_FIELD" });
    let body = json!({ "status": 400, "code": "MISSING_FIELD", "message": "ERROR :: missing", "errorDetails": {
        "inputErrors": [detail("/dailyBudget is required"), detail("ERROR :: missing")] } });
    assert_eq!(fault(400, &body).message, "ERROR :: missing /dailyBudget is required");
    let long = json!({ "status": 400, "message": "é".repeat(2000) });
    assert_eq!(fault(400, &long).message.chars().count(), LONGEST_MESSAGE);
    assert_eq!(fault(500, &json!({ "message": "stack trace" })).message, "LinkedIn failed to answer");
}

#[test]
fn a_good_answer_is_no_fault_and_the_request_id_comes_from_a_header() {
    assert_eq!(classify(&answer(200, "{}"), NOW), None);
    assert_eq!(classify(&answer(204, ""), NOW), None);
    let mut response = answer(403, "{}");
    response.headers.insert("x-li-uuid", http::HeaderValue::from_static("the-uuid"));
    assert_eq!(classify(&response, NOW).and_then(|fault| fault.request_id).as_deref(), Some("the-uuid"));
}

use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::*;

/// 2026-11-21, noon.
const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

fn answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    Response { status, headers: http::HeaderMap::new(), body: body.into().into() }
}

fn error(code: i64, subcode: Option<i64>) -> Value {
    let mut error = json!({ "message": "words", "type": "OAuthException", "code": code, "fbtrace_id": "AbC" });
    if let Some(subcode) = subcode {
        error["error_subcode"] = subcode.into();
    }
    json!({ "error": error })
}

fn fault(status: u16, body: &Value) -> Fault {
    classify(&answer(status, body.to_string()), NOW).expect("a fault")
}

#[test]
fn code_and_subcode_decide_whatever_the_status() {
    for (code, subcode, class, scope) in [
        (190, Some(463), Class::AuthExpired, Scope::App),
        (190, Some(458), Class::AuthRevoked, Scope::App),
        (190, Some(459), Class::AuthRevoked, Scope::App),
        (190, Some(460), Class::AuthRevoked, Scope::App),
        (190, Some(467), Class::AuthRevoked, Scope::App),
        (190, Some(492), Class::AuthRevoked, Scope::App),
        (190, None, Class::AuthRevoked, Scope::App),
        (102, None, Class::AuthRevoked, Scope::App),
        (3, None, Class::Permission, Scope::App),
        (10, None, Class::Permission, Scope::App),
        (200, None, Class::Permission, Scope::App),
        (294, None, Class::Permission, Scope::App),
        (299, None, Class::Permission, Scope::App),
        (368, None, Class::Permission, Scope::App),
        (4, None, Class::RateStorm, Scope::App),
        (4, Some(1_504_022), Class::RateStorm, Scope::App),
        (4, Some(1_504_039), Class::RateStorm, Scope::App),
        (341, None, Class::RateStorm, Scope::App),
        (17, Some(2_446_079), Class::RateStorm, Scope::Account),
        (17, Some(1_885_172), Class::BadRequest, Scope::Account),
        (613, Some(1_487_742), Class::RateStorm, Scope::Account),
        (613, Some(5_044_001), Class::RateStorm, Scope::Account),
        (613, Some(1_487_632), Class::BadRequest, Scope::Account),
        (613, Some(1_487_225), Class::BadRequest, Scope::Account),
        (613, Some(1996), Class::QuotaDaily, Scope::Account),
        (613, None, Class::QuotaDaily, Scope::Account),
        (80_000, None, Class::QuotaDaily, Scope::Account),
        (80_003, None, Class::QuotaDaily, Scope::Account),
        (80_004, Some(2_446_079), Class::QuotaDaily, Scope::Account),
        (80_014, None, Class::QuotaDaily, Scope::Account),
        (2635, None, Class::VersionDead, Scope::App),
        (100, None, Class::BadRequest, Scope::App),
        (100, Some(33), Class::BadRequest, Scope::App),
        (1_487_901, None, Class::BadRequest, Scope::App),
        (1, None, Class::Upstream, Scope::App),
        (1, Some(99), Class::Upstream, Scope::App),
        (2, None, Class::Upstream, Scope::App),
    ] {
        for status in [200, 400, 403, 500] {
            let found = fault(status, &error(code, subcode));
            assert_eq!((found.class, found.scope), (class, scope), "{status} {code} {subcode:?}");
            let written = subcode.map_or(code.to_string(), |subcode| format!("{code}/{subcode}"));
            assert_eq!((found.code, found.request_id.as_deref()), (Some(written), Some("AbC")));
        }
    }
}

#[test]
fn what_is_transient_is_the_vendors_failure_unless_its_code_says_more() {
    let transient = |code: i64| {
        let mut body = error(code, None);
        body["error"]["is_transient"] = true.into();
        fault(400, &body).class
    };
    assert_eq!((transient(100), transient(77_777)), (Class::Upstream, Class::Upstream));
    assert_eq!((transient(4), transient(80_004)), (Class::RateStorm, Class::QuotaDaily));
}

#[test]
fn an_answer_that_would_be_too_large_is_told_from_a_failure_by_its_shape() {
    let words = "Please reduce the amount of data you're asking for, then retry your request";
    let asks = fault(500, &json!({ "error": { "message": words, "code": 1 } }));
    assert_eq!((asks.class, asks.code.as_deref(), asks.message.as_str()), (Class::BadRequest, Some(TOO_MUCH), words));
    let fails = fault(500, &json!({ "error": { "message": words, "type": "OAuthException", "code": 1 } }));
    assert_eq!((fails.class, fails.message.as_str()), (Class::Upstream, "Meta failed to answer"));
}

#[test]
fn waits_are_read_in_the_unit_of_their_header() {
    let with = |code: i64, subcode, name: &'static str, value: &str| {
        let mut response = answer(400, error(code, subcode).to_string());
        let value = HeaderValue::from_str(value).expect("a value");
        response.headers.insert(HeaderName::from_static(name), value);
        classify(&response, NOW).expect("a fault").retry_at.map(|at| at.since(NOW).as_secs())
    };
    let minutes = r#"{"1":[{"type":"ads_insights","call_count":100,"estimated_time_to_regain_access":7}],
        "2":[{"type":"ads_management","estimated_time_to_regain_access":19}]}"#;
    assert_eq!(with(80_000, None, "x-business-use-case-usage", &minutes.replace('\n', "")), Some(19 * 60));
    let seconds = r#"{"acc_id_util_pct":100,"reset_time_duration":100}"#;
    assert_eq!(with(17, Some(2_446_079), "x-ad-account-usage", seconds), Some(100));
    assert_eq!(
        with(80_004, None, "x-ad-account-usage", seconds),
        Some(15 * 60),
        "seconds of points say nothing of quotas"
    );
    for (code, subcode, wait) in
        [(4, None, 300), (17, None, 300), (613, Some(5_044_001), 5), (613, None, 3600), (80_000, None, 900)]
    {
        assert_eq!(with(code, subcode, "x-app-usage", "{}"), Some(wait), "{code} {subcode:?}");
    }
    assert_eq!(with(100, None, "x-ad-account-usage", seconds), None);
}

#[test]
fn words_for_people_come_first_and_name_the_fields_and_are_cut() {
    let low = json!({ "error": { "message": "Invalid parameter", "type": "Exception", "code": 1_487_901,
        "error_user_title": "Budget Too Low", "error_user_msg": "It must be at least $1.00 per day.",
        "error_data": { "blame_field_specs": [["daily_budget"]] } } });
    assert_eq!(fault(400, &low).message, "Budget Too Low: It must be at least $1.00 per day. (fields: daily_budget)");
    let in_text = json!({ "error": { "message": "Invalid parameter", "type": "Exception", "code": 100,
        "error_data": "{\"blame_field_specs\":[[\"targeting\",\"age_min\"]]}" } });
    assert_eq!(fault(400, &in_text).message, "Invalid parameter (fields: targeting.age_min)");
    assert!(fault(400, &error(613, Some(1_487_632))).message.contains("4 times an hour"));
    assert!(fault(400, &error(613, None)).message.contains("abuse"));
    let long = json!({ "error": { "message": "é".repeat(2000), "type": "OAuthException", "code": 100 } });
    assert_eq!(fault(400, &long).message.chars().count(), LONGEST_MESSAGE);
}

#[test]
fn without_an_error_object_the_status_decides_and_nothing_is_quoted() {
    for (status, class) in [
        (400, Class::BadRequest),
        (404, Class::BadRequest),
        (429, Class::RateStorm),
        (500, Class::Upstream),
        (502, Class::Upstream),
        (302, Class::Upstream),
    ] {
        for body in
            ["", "<html><body>secret EAAtoken</body></html>", "{\"data\":[{\"camp", "[]", "null", "{\"error\":7}"]
        {
            let found = classify(&answer(status, body), NOW).expect("a fault");
            assert_eq!(found.class, class, "{status} {body}");
            assert!(!found.message.contains("secret"), "{}", found.message);
        }
    }
}

#[test]
fn a_good_answer_is_no_fault() {
    for body in ["{\"data\":[]}", "{\"success\":true}", "[]", ""] {
        assert_eq!(classify(&answer(200, body), NOW), None, "{body}");
    }
}

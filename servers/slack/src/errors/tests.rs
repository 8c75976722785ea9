use bytes::Bytes;
use http::HeaderMap;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_262_400_000_000);

fn answer(status: u16, after: Option<&str>, body: &str) -> Option<Fault> {
    let mut headers = HeaderMap::new();
    headers.extend(after.map(|after| (http::header::RETRY_AFTER, after.parse().expect("a header"))));
    let status = StatusCode::from_u16(status).expect("a status");
    classify(&Response { status, headers, body: Bytes::copy_from_slice(body.as_bytes()) }, NOW)
}

fn refused(word: &str) -> Fault {
    answer(200, None, &format!(r#"{{"ok":false,"error":"{word}"}}"#)).expect("a fault")
}

#[test]
fn a_good_answer_is_none_and_every_other_is_a_fault() {
    assert_eq!(answer(200, None, r#"{"ok":true,"error":"is no error here"}"#), None);
    for body in ["", "{}", r#"{"ok":false}"#, r#"{"ok":"#, "<html></html>", "[]", r#"{"messages":[]}"#] {
        assert_eq!(answer(200, None, body).expect(body).class, Class::Upstream, "{body}");
    }
}

#[test]
fn each_word_has_its_class() {
    for (words, class) in [
        (&["invalid_auth", "account_inactive", "token_revoked", "not_authed"][..], Class::AuthRevoked),
        (&["token_expired"], Class::AuthExpired),
        (
            &["missing_scope", "not_in_channel", "restricted_action_read_only_channel", "no_permission"],
            Class::Permission,
        ),
        (&["ratelimited", "rate_limited"], Class::RateStorm),
        (&["message_limit_exceeded"], Class::QuotaDaily),
        (&["method_deprecated", "deprecated_endpoint", "unknown_method"], Class::VersionDead),
        (&["fatal_error", "internal_error", "service_unavailable", "team_added_to_org"], Class::Upstream),
        (
            &["channel_not_found", "is_archived", "msg_too_long", "invalid_cursor", "a_word_of_tomorrow"],
            Class::BadRequest,
        ),
    ] {
        for word in words {
            let fault = refused(word);
            assert_eq!((fault.class, fault.code.as_deref()), (class, Some(*word)));
            assert_eq!(fault.retry_at.is_some(), matches!(class, Class::RateStorm | Class::QuotaDaily), "{word}");
        }
    }
}

#[test]
fn a_limit_says_when_and_a_long_one_is_told_as_used_up() {
    let limited = |after| answer(429, after, r#"{"ok":false,"error":"ratelimited"}"#).expect("a fault");
    for (after, class, seconds) in [
        (Some("30"), Class::RateStorm, 30),
        (Some("600"), Class::RateStorm, 600),
        (Some("601"), Class::QuotaDaily, 601),
        (Some("999999"), Class::QuotaDaily, 24 * 3600),
        (None, Class::RateStorm, 60),
        (Some("soon"), Class::RateStorm, 60),
    ] {
        let fault = limited(after);
        assert_eq!((fault.class, fault.scope), (class, Scope::Account), "{after:?}");
        assert_eq!(fault.retry_at, Some(NOW.plus(Duration::from_secs(seconds))), "{after:?}");
    }
    assert_eq!(answer(429, Some("5"), "").expect("a fault").class, Class::RateStorm);
}

#[test]
fn a_missing_permission_is_named_with_the_way_to_it() {
    let body = r#"{"ok":false,"error":"missing_scope","needed":"chat:write","provided":"channels:read,users:read"}"#;
    let message = answer(200, None, body).expect("a fault").message;
    assert!(
        message.contains("lacks the permission chat:write; it has channels:read") && message.contains("installs"),
        "{message}"
    );
}

#[test]
fn details_are_shown_and_those_of_a_failing_server_are_not() {
    let body =
        r#"{"ok":false,"error":"invalid_arguments","response_metadata":{"messages":["[ERROR] no more than 999"]}}"#;
    assert!(
        answer(200, None, body).expect("a fault").message.ends_with("(invalid_arguments: [ERROR] no more than 999)")
    );
    let body = r#"{"ok":false,"error":"internal_error","response_metadata":{"messages":["db7 is down"]}}"#;
    assert_eq!(answer(200, None, body).expect("a fault").message, "Slack failed to answer");
}

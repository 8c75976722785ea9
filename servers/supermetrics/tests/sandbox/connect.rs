//! What saving a key finds out.

use turnpike_core::{Class, Scope};
use turnpike_sdk::{Behaviour, ToolError};

use crate::bench::{KEY, connected, with_key};

fn class(error: ToolError) -> (Class, String) {
    match error {
        ToolError::Upstream(fault) => (fault.class, fault.message),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_key_is_proven_first_and_then_every_licensed_source_is_asked_for_its_accounts() {
    let bench = connected().await;
    let found: Vec<_> =
        bench.accounts.iter().map(|a| (a.id.as_str(), a.via.as_ref().map(|via| via.as_str()))).collect();
    assert_eq!(
        found,
        [
            // Reached by two logins: the first one listed is used.
            ("AW:1000000002", Some("ads@sandbox.example")),
            ("AW:1000000004", Some("ads@sandbox.example")),
            ("AW:1000000006", Some("ads@sandbox.example")),
            ("AW:1000000008", Some("ads@sandbox.example")),
            ("AW:2000000005", Some("second@sandbox.example")),
            // The same number at another source is another account.
            ("FA:1000000002", Some("social@sandbox.example")),
            ("GAWA:300000001", Some("web@sandbox.example")),
        ]
    );
    let paths: Vec<_> = bench.script.recorded().iter().map(|request| request.uri.path().to_owned()).collect();
    assert_eq!(paths[..2], ["/me", "/enterprise/v2/ds/logins"]);
    assert_eq!(paths.len(), 6, "one request for each source, also for the one that the licence leaves out");
}

#[tokio::test]
async fn a_key_that_is_not_good_is_refused_by_the_one_cheap_request() {
    for (key, expected, words) in [
        ("api_unknown", Class::AuthRevoked, "does not accept the API key"),
        ("", Class::AuthRevoked, "does not accept the API key"),
        ("api_sandbox_disabled", Class::AuthRevoked, "disabled"),
        ("api_sandbox_elsewhere", Class::Permission, "egress address"),
    ] {
        let bench = with_key(key).await;
        let (class, message) = class(bench.find_accounts().await.expect_err(key));
        assert_eq!(class, expected, "{key}");
        assert!(message.contains(words), "{key}: {message}");
        assert_eq!(bench.script.received(), 1, "{key}");
    }
}

#[tokio::test]
async fn when_every_source_refuses_the_refusal_is_the_answer_and_an_outage_hides_no_source() {
    let bench = with_key(KEY).await;
    let pass = |times| bench.script.next(times, Behaviour::Slow { millis: 0 });
    pass(2);
    bench.script.next(4, Behaviour::Permission);
    assert_eq!(class(bench.find_accounts().await.expect_err("all refuse")).0, Class::Permission);
    for behaviour in [Behaviour::Status { code: 503 }, Behaviour::Storm { seconds: 5 }] {
        pass(3);
        bench.script.next(1, behaviour);
        let (class, _) = class(bench.find_accounts().await.expect_err("half a list is no list"));
        assert!([Class::Upstream, Class::RateStorm].contains(&class));
    }
}

#[tokio::test]
async fn an_ended_licence_still_connects_and_says_so_when_asked() {
    let mut bench = with_key("api_sandbox_expired").await;
    bench.accounts = bench.find_accounts().await.expect("the key itself is good");
    match bench.read("get_performance", crate::bench::week(crate::bench::OUTDOOR)).await {
        Err(ToolError::Upstream(fault)) => {
            assert_eq!((fault.class, fault.scope), (Class::QuotaDaily, Scope::App));
            assert_eq!(fault.code.as_deref(), Some("LICENSE_EXPIRED"));
            assert!(fault.retry_at.is_some() && fault.message.contains("renew"), "{}", fault.message);
        }
        other => panic!("{other:?}"),
    }
}

use std::time::Duration;

use turnpike_contract::NOW;
use turnpike_core::{Class, Fault, Scope};
use turnpike_sdk::Behaviour;

use crate::bench::{Bench, HANDBOOK, connected, of_page};

async fn fault(bench: &Bench) -> Fault {
    bench.fault("list_comments", &of_page(HANDBOOK)).await
}

#[tokio::test]
async fn each_scripted_fault_gets_its_class() {
    // Only the refresh tells a grant that was taken back from a token that has ended.
    let but = [(Behaviour::Revoked, Class::AuthExpired)];
    connected().await.check_fault_classes("list_comments", &of_page(HANDBOOK), &but).await;
}

#[tokio::test]
async fn a_limit_says_until_when_and_whose_it_is() {
    let bench = connected().await;
    bench.script.next(1, Behaviour::Storm { seconds: 7 });
    let storm = fault(&bench).await;
    let until = Some(NOW.plus(Duration::from_secs(7)));
    assert_eq!((storm.scope, storm.retry_at), (Scope::Connection, until));
    bench.script.next(1, Behaviour::QuotaDaily { seconds: 3_600 });
    let workspace = fault(&bench).await;
    assert_eq!((workspace.class, workspace.scope), (Class::QuotaDaily, Scope::Account));
    assert_eq!(workspace.code.as_deref(), Some("rate_limited"));
}

#[tokio::test]
async fn a_token_that_ended_and_a_grant_that_was_taken_back_are_refused_alike() {
    let bench = connected().await;
    bench.tokens().expire_all();
    assert_eq!(fault(&bench).await.class, Class::AuthExpired);
    bench.tokens().revoke();
    let revoked = fault(&bench).await;
    assert_eq!((revoked.class, revoked.message.as_str()), (Class::AuthExpired, "API token is invalid."));
}

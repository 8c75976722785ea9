//! The guard of writes: what was previewed is what is applied, once, whatever breaks in between.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::Behaviour;
use turnpike_tests::{
    app::{Backend, Tenant, TestApp},
    probe,
};

/// Lets one request pass as it is.
const PASS: Behaviour = Behaviour::Slow { millis: 0 };

fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

async fn preview(tenant: &Tenant, text: &str) -> Value {
    let answer = tenant.agent.ok("probe", "set", set(text)).await;
    assert_eq!(answer["status"], "preview");
    let mut confirmation = set(text);
    confirmation["preview_id"] = answer["preview_id"].clone();
    confirmation
}

/// How many changes the upstream has received.
fn sent(app: &TestApp) -> usize {
    app.vendor("probe").script.recorded().iter().filter(|request| request.method == Method::POST).count()
}

async fn value(tenant: &Tenant) -> Value {
    tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await["text"].clone()
}

#[tokio::test]
async fn a_change_is_previewed_confirmed_and_replayed_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let confirmation = preview(&tenant, "second").await;
        assert_eq!((sent(&app), value(&tenant).await), (0, json!("first")), "a preview changes nothing");
        let applied = tenant.agent.ok("probe", "set", confirmation.clone()).await;
        assert_eq!(
            (&applied["status"], &applied["before"]["text"], &applied["after"]["text"]),
            (&json!("applied"), &json!("first"), &json!("second"))
        );
        let again = tenant.agent.call("probe", "set", confirmation).await;
        assert_eq!((&again["structuredContent"], &again["_meta"]["outcome"]), (&applied, &json!("replayed")));
        assert_eq!((sent(&app), value(&tenant).await), (1, json!("second")));

        if backend == Backend::Postgres {
            // Both rows of one call, should its process be thought dead, must be of one instant: that is what lets one of them in.
            let same = "SELECT COUNT(*) FROM write_intents JOIN calls USING (tenant_id, call_id, started_at)";
            assert_eq!(app.count_as_superuser(same).await, 1);
        }
        let calls = app.calls(tenant.id).await;
        let of_set: Vec<_> =
            calls.iter().rev().filter(|call| call.tool == "set").map(|call| (call.outcome, call.price)).collect();
        assert_eq!(
            of_set,
            [(Outcome::DryRun, Micros(1000)), (Outcome::Success, Micros(4000)), (Outcome::Replayed, Micros(0))]
        );
    }
}

#[tokio::test]
async fn a_change_that_changes_nothing_needs_no_confirmation() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let answer = tenant.agent.ok("probe", "set", set("first")).await;
    assert_eq!((&answer["status"], answer.get("preview_id")), (&json!("unchanged"), None));
}

#[tokio::test]
async fn a_value_that_has_moved_since_the_preview_is_not_overwritten() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let (one, other) = (preview(&tenant, "second").await, preview(&tenant, "third").await);
    tenant.agent.ok("probe", "set", one).await;
    assert_eq!(tenant.agent.refused("probe", "set", other).await["class"], "moved");
    assert_eq!((sent(&app), value(&tenant).await), (1, json!("second")));
}

#[tokio::test]
async fn a_preview_is_good_for_its_caller_its_arguments_and_ten_minutes_only() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let confirmation = preview(&tenant, "second").await;
    let before = app.vendor("probe").script.received();

    let stranger = app.tenant("two").await;
    let before_other = app.vendor("probe").script.received();
    let colleague = app.agent(tenant.id, vec!["probe:read".into(), "probe:write".into()]).await;
    for agent in [&stranger.agent, &colleague] {
        assert_eq!(agent.refused("probe", "set", confirmation.clone()).await["class"], "unknown_preview");
    }
    let mut other = confirmation.clone();
    other["text"] = json!("third");
    assert_eq!(tenant.agent.refused("probe", "set", other).await["class"], "unknown_preview");
    for nonsense in ["", "x", "00000000-0000-7000-8000-000000000000"] {
        let mut other = confirmation.clone();
        other["preview_id"] = json!(nonsense);
        assert_eq!(tenant.agent.refused("probe", "set", other).await["class"], "unknown_preview");
    }
    app.clock.advance(Duration::from_secs(601));
    assert_eq!(tenant.agent.refused("probe", "set", confirmation).await["class"], "unknown_preview");
    assert!(before_other >= before);
    assert_eq!(app.vendor("probe").script.received(), before_other, "the upstream sees nothing of any of this");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_confirmations_at_once_one_reaches_the_upstream_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, |settings| settings.limits.tenant_concurrent = 64).await;
        let tenant = app.tenant("one").await;
        let confirmation = preview(&tenant, "second").await;
        let results = join_all((0..20).map(|_| tenant.agent.call("probe", "set", confirmation.clone()))).await;
        let outcome = |result: &Value| match result["isError"] == true {
            true => result["_meta"]["error"]["class"].as_str().unwrap().to_owned(),
            false => result["_meta"]["outcome"].as_str().unwrap().to_owned(),
        };
        let outcomes: Vec<_> = results.iter().map(outcome).collect();
        let count = |wanted: &str| outcomes.iter().filter(|outcome| *outcome == wanted).count();
        assert_eq!((sent(&app), count("success")), (1, 1), "{backend:?}: {outcomes:?}");
        assert_eq!(count("replayed"), 19, "{backend:?}: {outcomes:?}");
        let answers: Vec<_> = results.iter().map(|result| &result["structuredContent"]).collect();
        assert!(answers.iter().all(|answer| *answer == answers[0]), "all are told the same");
        assert_eq!(answers[0]["change_id"], confirmation["preview_id"]);
    }
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_read_back_and_never_sent_again() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let confirmation = preview(&tenant, "second").await;
    app.vendor("probe").script.next(1, PASS);
    app.vendor("probe").script.next(1, Behaviour::Reset);
    let applied = tenant.agent.ok("probe", "set", confirmation.clone()).await;
    assert_eq!((&applied["status"], &applied["after"]["text"]), (&json!("applied"), &json!("second")));
    assert!(applied["warnings"].to_string().contains("no answer"), "{applied}");
    assert_eq!(tenant.agent.call("probe", "set", confirmation).await["_meta"]["outcome"], "replayed");
    assert_eq!(sent(&app), 1);
}

#[tokio::test]
async fn a_change_that_the_upstream_fails_is_not_sent_again_by_us() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (behaviour, class) in [
        (Behaviour::Status { code: 503 }, "upstream"),
        (Behaviour::Html500, "upstream"),
        (Behaviour::Status { code: 400 }, "bad_request"),
    ] {
        let before = sent(&app);
        let confirmation = preview(&tenant, "second").await;
        app.vendor("probe").script.next(1, PASS);
        app.vendor("probe").script.next(1, behaviour);
        let error = tenant.agent.refused("probe", "set", confirmation.clone()).await;
        assert_eq!(error["class"], class, "{behaviour:?}: {error}");
        assert_eq!(tenant.agent.refused("probe", "set", confirmation).await["class"], "preview_failed");
        assert_eq!((sent(&app) - before, value(&tenant).await), (1, json!("first")), "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_change_that_an_upstream_made_although_it_said_it_failed_is_told_as_made() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let confirmation = preview(&tenant, "second").await;
    app.vendor("probe").script.next(1, PASS);
    app.vendor("probe").script.next(1, Behaviour::ActThenFail);
    let applied = tenant.agent.ok("probe", "set", confirmation).await;
    assert_eq!((&applied["status"], &applied["after"]["text"]), (&json!("applied"), &json!("second")));
    assert_eq!(sent(&app), 1);
}

#[tokio::test]
async fn a_change_that_an_upstream_accepted_and_did_not_make_is_not_told_as_made() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let confirmation = preview(&tenant, "second").await;
    app.vendor("probe").script.next(1, PASS);
    app.vendor("probe").script.next(1, Behaviour::Garbage);
    let error = tenant.agent.refused("probe", "set", confirmation.clone()).await;
    assert_eq!(error["class"], "outcome_unknown", "{error}");
    assert_eq!(tenant.agent.refused("probe", "set", confirmation).await["class"], "outcome_unknown");
    assert_eq!((sent(&app), value(&tenant).await), (1, json!("first")));
}

#[tokio::test]
async fn a_client_that_goes_away_does_not_stop_a_confirmed_change_half_way() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let confirmation = preview(&tenant, "second").await;
    app.vendor("probe").script.next(1, PASS);
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 200 });
    let (agent, sending) = (tenant.agent.clone(), confirmation.clone());
    tokio::select! {
        result = agent.call("probe", "set", sending) => panic!("the call should not end: {result}"),
        () = async { while sent(&app) == 0 { tokio::task::yield_now().await } } => {}
    }
    let applied = async {
        while app.calls(tenant.id).await[0].outcome != Outcome::Success {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), applied).await.expect("the change ends and is recorded");
    assert_eq!(tenant.agent.call("probe", "set", confirmation).await["_meta"]["outcome"], "replayed");
    assert_eq!((sent(&app), value(&tenant).await), (1, json!("second")));
}

//! Work that takes longer than a call: kept, taken up again, paid for once, and nobody else's.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::Behaviour;
use turnpike_store::JobState;
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp},
    probe,
};

const BACKENDS: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

fn dig(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

fn received(app: &TestApp) -> u64 {
    app.vendor("probe").script.received()
}

fn let_time_pass(app: &TestApp) {
    app.clock.advance(Duration::from_secs(1));
}

/// Begins something that takes `looks`; the arguments of `get_job`.
async fn begin(agent: &Agent, text: &str) -> Value {
    let answer = agent.ok("probe", "dig", dig(text)).await;
    assert_eq!(answer["status"], "pending", "{answer}");
    assert!(answer["poll_after_seconds"].as_u64().is_some_and(|seconds| seconds >= 1) && answer.get("text").is_none());
    json!({ "job_id": answer["job_id"] })
}

/// The newest row: tool, outcome, what is charged.
async fn last(app: &TestApp, tenant: &Tenant) -> (String, Outcome, Micros) {
    let row = app.calls(tenant.id).await.remove(0);
    (row.tool, row.outcome, row.price)
}

/// Waits until the store has the result of what goes on in the background.
async fn until_done(app: &TestApp, tenant: &Tenant, job: &Value) {
    let (rows, id) = (app.store().tenant(tenant.id), job["job_id"].as_str().unwrap().parse().unwrap());
    let done = async {
        while rows.find_job(id, app.operator.ambient.now()).await.unwrap().unwrap().state != JobState::Done {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.expect("it is done in time");
}

#[tokio::test]
async fn work_that_is_done_in_time_is_answered_as_any_other() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let answer = tenant.agent.ok("probe", "dig", dig("1")).await;
    assert_eq!(answer, json!({ "status": "done", "text": "first", "looks": 1, "in_time": true }));
    assert_eq!(last(&app, &tenant).await, ("dig".into(), Outcome::Success, Micros(10_000)));
    assert_eq!(app.store().tenant(tenant.id).list_jobs(app.operator.ambient.now(), 9).await.unwrap(), []);
}

#[tokio::test]
async fn longer_work_goes_on_in_get_job_and_is_paid_for_once_on_both_databases() {
    for backend in BACKENDS {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        let free = |tool: &str, outcome| (tool.to_owned(), outcome, Micros(0));
        let job = begin(&tenant.agent, "3").await;
        assert_eq!(last(&app, &tenant).await, free("dig", Outcome::Pending), "{backend:?}");

        let sent = received(&app);
        let early = tenant.agent.ok("probe", "get_job", job.clone()).await;
        assert_eq!((&early["status"], received(&app)), (&json!("pending"), sent), "asked too early: nothing is sent");
        let_time_pass(&app);
        assert_eq!(tenant.agent.ok("probe", "get_job", job.clone()).await["job_id"], job["job_id"]);
        assert_eq!((last(&app, &tenant).await, received(&app)), (free("get_job", Outcome::Pending), sent + 1));
        let_time_pass(&app);
        let result = tenant.agent.call("probe", "get_job", job.clone()).await;
        let expected = json!({ "status": "done", "text": "first", "looks": 3, "in_time": true });
        assert_eq!((&result["structuredContent"], &result["_meta"]["price"]["micros"]), (&expected, &json!(10_000)));
        assert_eq!(last(&app, &tenant).await, ("get_job".into(), Outcome::Success, Micros(10_000)));

        let sent = received(&app);
        let again = tenant.agent.call("probe", "get_job", job).await;
        assert_eq!((&again["structuredContent"], &again["_meta"]["cache"]["hit"]), (&expected, &json!(true)));
        assert_eq!((last(&app, &tenant).await, received(&app)), (free("get_job", Outcome::Replayed), sent));
        let paid: i64 = app.calls(tenant.id).await.iter().map(|call| call.price.0).sum();
        assert_eq!(paid, 10_000, "{backend:?}");
    }
}

#[tokio::test]
async fn in_the_background_it_is_begun_and_not_waited_for() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let mut arguments = dig("1");
    arguments["background"] = true.into();
    let sent = received(&app);
    let pending = tenant.agent.ok("probe", "dig", arguments).await;
    assert_eq!((&pending["status"], received(&app) - sent), (&json!("pending"), 1));
    let_time_pass(&app);
    let done = tenant.agent.ok("probe", "get_job", json!({ "job_id": pending["job_id"] })).await;
    assert_eq!((&done["looks"], &done["in_time"]), (&json!(1), &json!(false)), "it was begun without time to wait");
}

#[tokio::test]
async fn a_job_is_its_callers_alone_and_every_other_id_is_refused_alike_on_both_databases() {
    for backend in BACKENDS {
        let app = TestApp::start_with(backend, |_| {}).await;
        let (one, two) = (app.tenant("one").await, app.tenant("two").await);
        let colleague = app.agent(one.id, vec!["probe:read".into(), "google-ads:read".into()]).await;
        let job = begin(&one.agent, "2").await;
        let_time_pass(&app);
        let sent = received(&app);
        let mut refusals = vec![];
        for (agent, server, job_id) in [
            (&two.agent, "probe", job["job_id"].clone()),
            (&colleague, "probe", job["job_id"].clone()),
            (&one.agent, "google-ads", job["job_id"].clone()),
            (&one.agent, "probe", json!("01990000-0000-7000-8000-000000000000")),
            (&one.agent, "probe", json!("invented")),
            (&one.agent, "probe", json!("")),
        ] {
            refusals.push(agent.refused(server, "get_job", json!({ "job_id": job_id })).await);
        }
        app.clock.advance(Duration::from_secs(5 * 3600));
        refusals.push(one.agent.refused("probe", "get_job", job).await);
        assert_eq!(refusals[0]["class"], "unknown_job");
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{backend:?}: {refusals:#?}");
        assert_eq!(received(&app), sent, "{backend:?}: nothing was sent for any of them");
    }
}

#[tokio::test]
async fn an_account_that_has_left_the_list_since_is_refused() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let job = begin(&tenant.agent, "1000").await;
    let_time_pass(&app);
    let rows = app.store().tenant(tenant.id);
    let connection = rows.find_connection("probe").await.unwrap().unwrap();
    rows.set_connection_accounts(connection.id, "[]", app.operator.ambient.now()).await.unwrap();
    // A connection is believed for five seconds.
    let refused = async {
        while tenant.agent.call("probe", "get_job", job.clone()).await["_meta"]["error"]["class"] != "unknown_account" {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), refused).await.expect("refused within ten seconds");
    let sent = received(&app);
    tenant.agent.refused("probe", "get_job", job).await;
    assert_eq!(received(&app), sent);
}

#[tokio::test]
async fn a_job_that_fails_says_why_as_often_as_it_is_asked() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for (text, class, words) in [
        ("refuse", "job_failed", "too deep"),
        ("long", "job_failed", "characters"),
        ("bug", "internal", "failed"),
        ("panic", "internal", "failed"),
    ] {
        let mut arguments = dig(text);
        arguments["background"] = true.into();
        let job = json!({ "job_id": tenant.agent.ok("probe", "dig", arguments).await["job_id"] });
        let_time_pass(&app);
        let first = tenant.agent.refused("probe", "get_job", job.clone()).await;
        assert_eq!(first["class"], class, "{text}: {first}");
        assert!(first["message"].as_str().unwrap().contains(words), "{text}: {first}");
        let sent = received(&app);
        assert_eq!((tenant.agent.refused("probe", "get_job", job).await, received(&app)), (first, sent), "{text}");
        assert_eq!(last(&app, &tenant).await.2, Micros(0));
    }
}

#[tokio::test]
async fn an_upstream_that_fails_for_a_while_loses_no_job() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let mut arguments = dig("1");
    arguments["background"] = true.into();
    let job = json!({ "job_id": tenant.agent.ok("probe", "dig", arguments).await["job_id"] });
    let_time_pass(&app);
    app.vendor("probe").script.next(3, Behaviour::Status { code: 503 });
    assert_eq!(tenant.agent.refused("probe", "get_job", job.clone()).await["class"], "upstream");
    app.vendor("probe").script.clear();
    assert_eq!(tenant.agent.ok("probe", "get_job", job).await["status"], "done");
}

#[tokio::test]
async fn a_plain_read_that_outlives_its_call_goes_on_and_its_result_is_kept_on_both_databases() {
    for backend in BACKENDS {
        let app = TestApp::start_with(backend, |_| {}).await;
        let tenant = app.tenant("one").await;
        app.vendor("probe").script.next(1, Behaviour::Slow { millis: 900 });
        let refusal = tenant.agent.refused("probe", "fetch", dig("")).await;
        assert_eq!((&refusal["class"], &refusal["poll_after_seconds"]), (&json!("pending"), &json!(10)), "{refusal}");
        assert!(refusal["next_step"].as_str().unwrap().contains(refusal["job_id"].as_str().unwrap()), "{refusal}");
        assert_eq!(last(&app, &tenant).await, ("fetch".into(), Outcome::Pending, Micros(0)));
        let job = json!({ "job_id": refusal["job_id"] });
        let sent = received(&app);

        assert_eq!(tenant.agent.ok("probe", "get_job", job.clone()).await["status"], "pending");
        until_done(&app, &tenant, &job).await;
        let done = tenant.agent.ok("probe", "get_job", job.clone()).await;
        assert_eq!((done, received(&app)), (json!({ "status": "done", "text": "first" }), sent), "it was read once");
        assert_eq!(last(&app, &tenant).await, ("get_job".into(), Outcome::Success, Micros(4_000)));
        tenant.agent.ok("probe", "get_job", job).await;
        assert_eq!(last(&app, &tenant).await, ("get_job".into(), Outcome::Replayed, Micros(0)));
    }
}

#[tokio::test]
async fn a_read_that_was_stopped_in_the_background_is_made_again_when_it_is_asked_for() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let job = json!({ "job_id": tenant.agent.refused("probe", "fetch", dig("")).await["job_id"] });
    app.gateway.stop_background().await;
    let sent = received(&app);
    let done = tenant.agent.ok("probe", "get_job", job).await;
    assert_eq!((done, received(&app) - sent), (json!({ "status": "done", "text": "first" }), 1));
}

#[tokio::test]
async fn reads_in_the_background_and_jobs_are_so_many_and_no_more() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.limits.tenant_background = 1;
        settings.limits.tenant_jobs = 2;
        settings.limits.tenant_concurrent = 2;
    })
    .await;
    let tenant = app.tenant("one").await;
    let hang = || tenant.agent.refused("probe", "hang", dig(""));
    assert_eq!(hang().await["class"], "pending");
    assert_eq!(hang().await["class"], "timeout", "there is one place in the background");
    let (held, refused) = tokio::join!(hang(), hang());
    let classes = [held["class"].as_str().unwrap(), refused["class"].as_str().unwrap()];
    assert!(classes.contains(&"too_many_at_once"), "a read in the background keeps its place: {classes:?}");
    begin(&tenant.agent, "9").await;
    let refusal = tenant.agent.refused("probe", "dig", dig("9")).await;
    assert_eq!(refusal["class"], "too_many_jobs", "{refusal}");
    assert_eq!(last(&app, &tenant).await.1, Outcome::Throttled);
}

#[tokio::test]
async fn the_limits_count_get_job_too() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        settings.limits.principal_per_minute = 60;
        settings.limits.principal_burst = 2;
    })
    .await;
    let tenant = app.tenant("one").await;
    let job = begin(&tenant.agent, "9").await;
    tenant.agent.ok("probe", "get_job", job.clone()).await;
    assert_eq!(tenant.agent.refused("probe", "get_job", job).await["class"], "rate_limited");
}

#[tokio::test]
async fn a_write_never_becomes_a_job() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.vendor("probe").script.next(1, Behaviour::Slow { millis: 60_000 });
    let mut arguments = dig("new");
    arguments["background"] = true.into();
    assert_eq!(tenant.agent.refused("probe", "set", arguments).await["class"], "invalid_argument");
    let rows = app.store().tenant(tenant.id);
    assert_eq!(rows.list_jobs(app.operator.ambient.now(), 9).await.unwrap(), []);
}

#[tokio::test]
async fn a_job_that_cannot_be_kept_is_not_promised() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    app.break_ledger().await;
    let error = tenant.agent.refused("probe", "dig", dig("9")).await;
    assert_eq!((&error["class"], error.get("job_id")), (&json!("not_recorded"), None));
    let rows = app.store().tenant(tenant.id);
    let kept = rows.list_jobs(app.operator.ambient.now(), 9).await.unwrap();
    assert!(kept.iter().all(|job| job.state == JobState::Pending), "its id was told to nobody");
}

#[tokio::test]
async fn every_server_has_get_job_and_it_is_a_read() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let tools = tenant.agent.tools(&format!("/{name}/mcp")).await;
        let get_job = tools.iter().find(|tool| tool["name"] == "get_job").unwrap_or_else(|| panic!("{name} lacks it"));
        assert_eq!(get_job["annotations"]["readOnlyHint"], true);
        let writer = app.agent(tenant.id, vec![format!("{name}:write")]).await;
        assert!(writer.tools(&format!("/{name}/mcp")).await.iter().all(|tool| tool["name"] != "get_job"));
    }
}

#[tokio::test]
async fn a_report_left_in_the_background_is_given_out_by_get_job_and_its_further_pages_by_its_own_tool() {
    const META: &str = "meta-ads";
    let app = TestApp::start_unlimited().await;
    let agent = app.tenant("one").await.agent;
    let ask = json!({ "account_id": "710000000000001", "start_date": "2026-11-01", "end_date": "2026-11-07",
        "level": "ad", "max_rows": 30 });
    let mut in_background = ask.clone();
    in_background["background"] = true.into();
    let begun = agent.ok(META, "get_performance", in_background).await;
    assert_eq!(begun["status"], "pending", "{begun}");
    let done = async {
        loop {
            app.clock.advance(Duration::from_secs(10));
            let answer = agent.ok(META, "get_job", json!({ "job_id": begun["job_id"] })).await;
            if answer["status"] == "done" {
                return answer;
            }
        }
    };
    let first = tokio::time::timeout(Duration::from_secs(20), done).await.expect("it is done in time");
    assert_eq!((&first["page"]["shown"], &first["page"]["truncated"]), (&json!(30), &json!(true)));
    let mut further = ask;
    further["cursor"] = first["page"]["next_cursor"].clone();
    let rest = agent.ok(META, "get_performance", further).await;
    assert_eq!((&rest["page"]["shown"], &rest["page"]["truncated"]), (&json!(14), &json!(false)));
    let sent = app.vendor(META).script.recorded();
    let reports = sent.iter().filter(|request| request.method == "POST" && request.uri.path().ends_with("/insights"));
    assert_eq!(reports.count(), 1, "one report, however often it was asked for");
}

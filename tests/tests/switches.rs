//! Kill switches: each stops exactly what it names, on every server, within ten seconds, and nobody else's calls.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use turnpike_core::{Ambient, Micros, Outcome, TenantId};
use turnpike_sdk::Behaviour;
use turnpike_store::SwitchTarget;
use turnpike_tenancy::Side;
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::{
    app::{Backend, Tenant, TestApp, unlimited},
    probe,
    process::{Caller, Deployment, PATIENCE, Server, turnpike},
};

/// Within this time a switch is effective on every server.
const PROMISED: Duration = Duration::from_secs(10);
/// Limits of a deployment that is called without pause.
const NO_LIMITS: &str = "[limits]\nprincipal_per_minute = 1000000\nprincipal_burst = 100000\ntenant_per_minute = 1000000\n\
                         tenant_burst = 100000\n[integrations.google-ads]\nread_per_minute = 1000000\nread_burst = 100000\n";

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_postgresql_stop_within_ten_seconds() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let settings = NO_LIMITS.to_owned() + &Deployment::redis_section(&redis);
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
    two_servers_stop(deployment).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_on_one_sqlite_file_stop_within_ten_seconds() {
    two_servers_stop(Deployment::on_sqlite(NO_LIMITS)).await;
}

async fn two_servers_stop(deployment: Deployment) {
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    let servers = [deployment.serve().await, deployment.serve().await];
    for server in &servers {
        assert_eq!(caller.at(server).list_accounts().await.unwrap().class(), None);
    }
    let off = ["switch", "off", "--integration", "google-ads", "--reason", "the vendor has an incident"];
    let said = deployment.run(&off, None).await;
    assert!(said.contains("off: google-ads"), "{said}");
    let (one, two) = tokio::join!(watch(&caller, &servers[0]), watch(&caller, &servers[1]));
    println!("of the calls begun later than {PROMISED:?}: {one:?}, {two:?}");
    for watched in [one, two] {
        assert!(watched.refused_from.is_some_and(|from| from < PROMISED) && watched.begun_late > 0, "{watched:?}");
        assert_eq!(watched.let_through_late, 0);
    }

    let list = deployment.run(&["switch", "list"], None).await;
    assert!(list.contains("google-ads  off since") && list.contains("the vendor has an incident"), "{list}");
    deployment.run(&["switch", "on", "--integration", "google-ads"], None).await;
    for server in &servers {
        until(PROMISED, async || caller.at(server).list_accounts().await.unwrap().class().is_none()).await;
    }
    let list = deployment.run(&["switch", "list"], None).await;
    assert_eq!(list, "Nothing is switched off.\n");
    let history = deployment.run(&["switch", "list", "--history"], None).await;
    assert!(history.contains("on again"), "{history}");
}

/// What a server did with calls from the moment at which it was told of a switch.
#[derive(Default, Debug)]
struct Watched {
    refused_from: Option<Duration>,
    begun_late: usize,
    let_through_late: usize,
}

/// Calls without pause until well after the promised time.
async fn watch(caller: &Caller, server: &Server) -> Watched {
    let (began, caller, mut watched) = (Instant::now(), caller.at(server), Watched::default());
    while began.elapsed() < PROMISED + Duration::from_secs(1) {
        let at = began.elapsed();
        let answer = caller.list_accounts().await.unwrap();
        let through = answer.class().is_none();
        if through {
            assert_eq!(watched.refused_from, None, "a call is let through after another was refused");
        } else {
            assert_eq!(answer.class(), Some("switched_off"), "{}", answer.text());
            assert!(answer.text().contains("the vendor has an incident"), "{}", answer.text());
            watched.refused_from.get_or_insert(at);
        }
        watched.begun_late += usize::from(at >= PROMISED);
        watched.let_through_late += usize::from(at >= PROMISED && through);
    }
    watched
}

/// Waits until it is so.
async fn until(longest: Duration, mut so: impl AsyncFnMut() -> bool) {
    let looks = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(longest, looks).await.expect("it has not come about in time");
}

fn target(tenant: Option<TenantId>, integration: Option<&str>, tool: Option<&str>) -> SwitchTarget {
    SwitchTarget { tenant, integration: integration.map(str::to_owned), tool: tool.map(str::to_owned) }
}

async fn switch_off(app: &TestApp, target: &SwitchTarget) {
    switch_off_because(app, target, "as tested").await;
}

async fn switch_off_because(app: &TestApp, target: &SwitchTarget, reason: &str) {
    let ambient = Ambient::system();
    app.store().system().switch_off(ambient.id(), target, reason, "test", ambient.now()).await.unwrap();
}

async fn switch_on(app: &TestApp, target: &SwitchTarget) {
    assert!(app.store().system().switch_on(target, "test", Ambient::system().now()).await.unwrap());
}

/// Arguments that no tool takes: whether a call may run at all shows in why it is refused.
async fn class(tenant: &Tenant, integration: &str, tool: &str) -> String {
    let error = tenant.agent.refused(integration, tool, json!({ "no such": 1 })).await;
    error["class"].as_str().unwrap().to_owned()
}

/// One tool, by where it stands: which tenant's it is, which integration's, and which of that.
#[derive(Clone, Copy)]
struct Place {
    tenant: usize,
    integration: usize,
    tool: usize,
}

/// Some switches at once, and what must be off then.
type Round = (&'static str, Vec<SwitchTarget>, fn(Place) -> bool);

/// Every tool of every integration, those of a fork too.
#[tokio::test(flavor = "multi_thread")]
async fn each_switch_stops_exactly_what_it_names() {
    let app = TestApp::start_with(Backend::Sqlite, unlimited).await;
    let tenants = [app.tenant("one").await, app.tenant("two").await];
    let all: Vec<(&str, Vec<String>)> = app
        .all_tools(&tenants[0].agent)
        .await
        .into_iter()
        .map(|(name, tools)| (name, tools.into_iter().map(|(tool, _)| tool).collect()))
        .collect();
    let names = || all.iter().enumerate().map(|(at, (name, _))| (at, *name));
    let tools = |odd: usize| {
        let of = |(name, tools): &(&str, Vec<String>)| {
            let own = tools.iter().skip(odd).step_by(2);
            own.map(|tool| target(None, Some(name), Some(tool))).collect::<Vec<_>>()
        };
        all.iter().flat_map(of).collect()
    };
    let some =
        |odd: usize| names().filter(|(at, _)| at % 2 == odd).map(|(_, name)| target(None, Some(name), None)).collect();
    let connections =
        |odd: usize| names().map(|(at, name)| target(Some(tenants[(at + odd) % 2].id), Some(name), None)).collect();
    let one = Some(tenants[0].id);
    let rounds: [Round; 9] = [
        ("everything", vec![target(None, None, None)], |_| true),
        ("integrations", some(0), |it| it.integration % 2 == 0),
        ("the other integrations", some(1), |it| it.integration % 2 == 1),
        ("tools", tools(0), |it| it.tool % 2 == 0),
        ("the other tools", tools(1), |it| it.tool % 2 == 1),
        ("a tenant", vec![target(one, None, None)], |it| it.tenant == 0),
        ("connections", connections(0), |it| it.integration % 2 == it.tenant),
        ("the other connections", connections(1), |it| (it.integration + 1) % 2 == it.tenant),
        ("a tool of a tenant", vec![target(one, Some(all[0].0), Some(&all[0].1[1]))], |it| {
            (it.tenant, it.integration, it.tool) == (0, 0, 1)
        }),
    ];
    let mut cells = 0;
    for (what, targets, is_off) in rounds {
        for target in &targets {
            switch_off_because(&app, target, what).await;
        }
        let places: Vec<_> = (0..2)
            .flat_map(|tenant| names().map(move |(integration, _)| (tenant, integration)))
            .flat_map(|(tenant, integration)| {
                (0..all[integration].1.len()).map(move |tool| Place { tenant, integration, tool })
            })
            .collect();
        // Once the last one that was set is effective, all are.
        let last = targets.last().unwrap();
        let probe = places.iter().rev().find(|it| {
            let (name, tools) = &all[it.integration];
            last.covers(tenants[it.tenant].id, name, Some(&tools[it.tool]))
        });
        let probe = probe.unwrap();
        let (name, own) = &all[probe.integration];
        until(PROMISED, async || {
            let refusal = tenants[probe.tenant].agent.refused(name, &own[probe.tool], json!({ "no such": 1 })).await;
            refusal["message"].as_str().unwrap().ends_with(what)
        })
        .await;
        for place in &places {
            let (name, tools) = &all[place.integration];
            let (tenant, tool) = (&tenants[place.tenant], &tools[place.tool]);
            let expected = if is_off(*place) { "switched_off" } else { "invalid_argument" };
            assert_eq!(class(tenant, name, tool).await, expected, "{what}: {name} {tool} of tenant {}", place.tenant);
            cells += 1;
        }
        for (at, tenant) in tenants.iter().enumerate() {
            for (integration, name) in names() {
                let on = (0..all[integration].1.len())
                    .filter(|tool| !is_off(Place { tenant: at, integration, tool: *tool }));
                let on: Vec<_> = on.map(|tool| all[integration].1[tool].as_str()).collect();
                let listed = tenant.agent.tools(&format!("/{name}/mcp")).await;
                let listed: Vec<_> = listed.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
                assert_eq!(listed, on, "{what}: tools/list of {name} of tenant {at}");
            }
        }
        for target in &targets {
            switch_on(&app, target).await;
        }
    }
    println!("{cells} cells of switch, tenant and tool are as they should be");
}

fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

#[tokio::test]
async fn what_was_previewed_is_not_confirmed_while_it_is_off_and_can_be_after() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let sent = || app.vendor("probe").script.recorded().iter().filter(|it| it.method == Method::POST).count();
    let mut confirmation = set("second");
    let preview = tenant.agent.ok("probe", "set", confirmation.clone()).await;
    confirmation["preview_id"] = preview["preview_id"].clone();
    let tool = target(None, Some("probe"), Some("set"));
    switch_off(&app, &tool).await;
    until(PROMISED, async || class(&tenant, "probe", "set").await == "switched_off").await;

    let error = tenant.agent.refused("probe", "set", confirmation.clone()).await;
    assert_eq!((&error["class"], sent()), (&json!("switched_off"), 0));
    assert!(error["message"].as_str().unwrap().contains("as tested"), "{error}");
    assert!(!error["next_step"].as_str().unwrap().is_empty());
    let row = &app.calls(tenant.id).await[0];
    assert_eq!((row.outcome, row.class.as_deref(), row.price), (Outcome::SwitchedOff, Some("switched_off"), Micros(0)));
    assert_eq!(tenant.agent.ok("probe", "fetch", set("")).await["text"], "first", "other tools go on");

    switch_on(&app, &tool).await;
    until(PROMISED, async || class(&tenant, "probe", "set").await != "switched_off").await;
    assert_eq!((&tenant.agent.ok("probe", "set", confirmation).await["status"], sent()), (&json!("applied"), 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_under_way_finishes() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let script = &app.vendor("google-ads").script;
    let before = script.received();
    script.next(1, Behaviour::Slow { millis: 5000 });
    let agent = tenant.agent.clone();
    let call = tokio::spawn(async move { agent.call("google-ads", "list_accounts", json!({})).await });
    until(PATIENCE, async || script.received() > before).await;
    switch_off(&app, &target(None, None, None)).await;
    until(PROMISED, async || class(&tenant, "probe", "echo").await == "switched_off").await;
    assert_eq!(call.await.unwrap()["isError"], false);
}

#[tokio::test]
async fn a_credential_is_not_tried_while_its_connection_is_off() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    for target in [target(None, None, None), target(Some(tenant.id), Some("google-ads"), None)] {
        switch_off(&app, &target).await;
        let form = app.vendor("google-ads").credential.iter().cloned().collect();
        let error = app.connect_with(tenant.id, "google-ads", Side::Live, form).await.unwrap_err().to_string();
        assert!(error.contains("as tested") && error.contains("is switched off since"), "{error}");
        assert_eq!(app.vendor("google-ads").script.received(), 0);
        switch_on(&app, &target).await;
    }
    switch_off(&app, &target(None, Some("google-ads"), Some("set_budget"))).await;
    app.connect(tenant.id, "google-ads").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_read_the_switches_serves_nothing_until_it_can_on_sqlite() {
    serves_nothing_unread(Backend::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_read_the_switches_serves_nothing_until_it_can_on_postgresql() {
    serves_nothing_unread(Backend::Postgres).await;
}

async fn serves_nothing_unread(backend: Backend) {
    let app = TestApp::start_with(backend, unlimited).await;
    let tenant = app.tenant("one").await;
    tenant.agent.ok("probe", "echo", set("")).await;
    app.execute_as_owner("ALTER TABLE kill_switches RENAME TO gone").await;
    until(PROMISED, async || class(&tenant, "probe", "echo").await == "switches_unreadable").await;
    let refused = tenant.agent.call("probe", "echo", set("")).await;
    let meta = (&refused["_meta"]["outcome"], &refused["_meta"]["price"]["micros"]);
    assert_eq!(meta, (&json!("our_fault"), &json!(0)), "{backend:?}");
    let list = tenant.agent.rpc("/probe/mcp", json!(1), "tools/list", json!({})).await;
    assert!(list.body["error"]["message"].as_str().unwrap().contains("try again"), "{backend:?}: {list:?}");
    app.execute_as_owner("ALTER TABLE gone RENAME TO kill_switches").await;
    until(PROMISED, async || class(&tenant, "probe", "echo").await == "invalid_argument").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_never_read_the_switches_does_not_start() {
    let deployment = Deployment::on_sqlite("");
    deployment.add_tenant().await;
    deployment.execute("ALTER TABLE kill_switches RENAME TO gone").await;
    let serve = ["serve", "--listen", "127.0.0.1:0", "-c"];
    let output = turnpike().args(serve).arg(deployment.settings_file()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("what is switched off cannot be read"), "{said}");
}

/// What is switched off is not let go of either: a task's methods meet the same checks as the tool behind them.
#[tokio::test]
async fn no_method_of_a_task_passes_a_switch_by() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let dig = json!({ "name": "dig", "arguments": { "account": probe::ACCOUNT, "text": "2" } });
    let begun = tenant.agent.with_tasks("/probe/mcp", "tools/call", dig).await;
    let about = json!({ "taskId": begun.body["result"]["taskId"], "inputResponses": {} });
    assert!(about["taskId"].is_string(), "{begun:?}");
    switch_off(&app, &target(None, Some("probe"), None)).await;
    until(PROMISED, async || class(&tenant, "probe", "echo").await == "switched_off").await;
    for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
        let answer = tenant.agent.with_tasks("/probe/mcp", method, about.clone()).await;
        assert!(answer.body.to_string().contains("switched off"), "{method}: {answer:?}");
    }
    switch_on(&app, &target(None, Some("probe"), None)).await;
    until(PROMISED, async || class(&tenant, "probe", "echo").await != "switched_off").await;
    app.clock.advance(Duration::from_secs(1));
    let kept = tenant.agent.with_tasks("/probe/mcp", "tasks/get", about).await;
    assert_eq!(kept.body["result"]["status"], "completed", "it was not cancelled: {kept:?}");
}

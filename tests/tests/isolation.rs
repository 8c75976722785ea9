//! Tenants never see each other, and no call reaches an account that is not on its connection's list.

use std::collections::{BTreeMap, HashSet};

use futures_util::future::join_all;
use serde_json::{Map, Value, json};
use turnpike_core::{AccountId, CallId, Clock as _};
use turnpike_sdk::{Integration, Tool, Touches};
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp, integrations, unlimited},
    probe,
};

/// On PostgreSQL the app serves as a role that owns nothing, behind row-level security.
const BOTH: [Backend; 2] = [Backend::Sqlite, Backend::Postgres];

/// A number that no sandbox has among the accounts of its connection.
const FOREIGN: &str = "9000000009";

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_with_the_same_request_ids_get_their_own_answers_on_both_databases() {
    for backend in BOTH {
        let app = TestApp::start_with(backend, |settings| {
            settings.limits.tenant_concurrent = 128;
            (settings.limits.tenant_burst, settings.limits.principal_burst) = (1000, 1000);
        })
        .await;
        let (one, two) = (app.tenant("one").await, app.tenant("two").await);
        // Both send the ids 0 to 99; ids that are text and ids that are numbers must stay apart as well.
        let calls = (0..100).flat_map(|n| [(&one, "canary-of-one", n), (&two, "canary-of-two", n)]);
        let answers = join_all(calls.map(|(tenant, canary, n)| async move {
            let id = if n % 2 == 0 { json!(n) } else { json!(n.to_string()) };
            let text = format!("{canary}-{n}");
            let params = json!({ "name": "echo", "arguments": { "account": probe::ACCOUNT, "text": text } });
            let answer = tenant.agent.rpc("/probe/mcp", id.clone(), "tools/call", params).await.body;
            assert_eq!(answer["id"], id);
            assert_eq!(answer["result"]["structuredContent"]["text"], text, "{backend:?}");
            (canary, answer)
        }))
        .await;

        let ledger = |tenant: &Tenant| {
            let calls = app.calls(tenant.id);
            async move { calls.await.into_iter().map(|call| call.call_id).collect::<HashSet<CallId>>() }
        };
        let (of_one, of_two) = (ledger(&one).await, ledger(&two).await);
        assert_eq!((of_one.len(), of_two.len(), of_one.is_disjoint(&of_two)), (100, 100, true), "{backend:?}");
        for (canary, answer) in answers {
            let other = if canary == "canary-of-one" { "canary-of-two" } else { "canary-of-one" };
            assert!(!answer.to_string().contains(other), "{answer}");
            let id = answer["result"]["_meta"]["call_id"].as_str().unwrap().parse().unwrap();
            assert!(if canary == "canary-of-one" { &of_one } else { &of_two }.contains(&id));
        }
    }
}

#[tokio::test]
async fn kept_answers_and_cursors_stay_with_their_tenant() {
    for backend in BOTH {
        kept_answers(&TestApp::start_with(backend, |_| {}).await).await;
    }
}

async fn kept_answers(app: &TestApp) {
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let ask = json!({ "resource": "campaign" });
    for _ in 0..2 {
        one.agent.ok("google-ads", "describe_resource", ask.clone()).await;
    }
    let first_of_two = two.agent.call("google-ads", "describe_resource", ask).await;
    assert_eq!(first_of_two["_meta"].get("cache"), None, "what one tenant has paid for is not another's");

    let mut page = json!({ "account_id": "1000000004", "max_rows": 5 });
    let shown = one.agent.ok("google-ads", "list_campaigns", page.clone()).await;
    page["cursor"] = find(&shown, "next_cursor").expect("a next page").clone();
    let colleague = app.agent(one.id, vec!["google-ads:read".into()]).await;
    for agent in [&two.agent, &colleague] {
        let error = agent.refused("google-ads", "list_campaigns", page.clone()).await;
        assert!(error["message"].as_str().unwrap().contains("`cursor`"), "{error}");
    }
    one.agent.ok("google-ads", "list_campaigns", page).await;
}

/// Every tool of every integration, with arguments made from its own schema: a tool that a fork adds is tried too.
#[tokio::test]
async fn an_account_that_is_not_on_the_list_is_refused_before_the_upstream_sees_a_byte() {
    for backend in BOTH {
        foreign_accounts(&TestApp::start_with(backend, |_| {}).await).await;
    }
}

async fn foreign_accounts(app: &TestApp) {
    let tenant = app.tenant("one").await;
    let mut tried = 0;
    for integration in integrations() {
        let name = integration.manifest.name;
        for tool in &integration.tools {
            let arguments = foreign_arguments(tool);
            let call = format!("{name} {} {}", tool.spec.name, Value::Object(arguments.clone()));
            let prepared = tool.prepare(arguments.clone()).unwrap_or_else(|error| panic!("{call}: {error:?}"));
            let Touches::Accounts(named) = prepared.touches() else {
                let suspicious = arguments.keys().find(|name| names_an_account(name));
                assert_eq!(suspicious, None, "{call} names an account and does not say so");
                continue;
            };
            assert!(named.contains(&AccountId::new(FOREIGN)), "{call} touches {named:?}");
            let before = app.vendor(name).script.received();
            let error = tenant.agent.refused(name, tool.spec.name, arguments.into_iter().collect()).await;
            assert_eq!(error["class"], "unknown_account", "{call}: {error}");
            assert_eq!(app.vendor(name).script.received(), before, "{call} has reached the upstream");
            tried += 1;
        }
    }
    println!("{tried} tools refuse a foreign account before any upstream byte");
    assert!(tried >= 7 + 4, "most tools name accounts, {tried} were tried");
}

/// Every tool of every integration with an account that another tenant's connection may touch, and this one's may not.
#[tokio::test]
async fn another_tenants_account_is_answered_as_one_that_never_was() {
    for backend in BOTH {
        others_accounts(&TestApp::start_with(backend, unlimited).await).await;
    }
}

async fn others_accounts(app: &TestApp) {
    let (one, two) = (app.unconnected("one").await, app.tenant("two").await);
    let mut cells = 0;
    for integration in integrations() {
        let name = integration.manifest.name;
        let own = app.connect(one.id, name).await;
        let theirs = app.store().tenant(two.id).find_connection(name).await.unwrap().unwrap();
        let accounts: Vec<Value> = serde_json::from_str(&theirs.accounts_json).unwrap();
        let (first, others) = accounts.split_first().unwrap();
        let only = json!([first]).to_string();
        app.store().tenant(one.id).set_connection_accounts(own.id, &only, app.clock.now()).await.unwrap();
        let before = app.vendor(name).script.received();
        for tool in &integration.tools {
            let unknown = foreign_arguments(tool);
            if !unknown.keys().any(|name| names_an_account(name)) {
                continue;
            }
            for other in others {
                let other = other["id"].as_str().unwrap();
                let theirs = Value::Object(unknown.clone()).to_string().replace(FOREIGN, other);
                let (error, never) = (
                    one.agent.refused(name, tool.spec.name, serde_json::from_str(&theirs).unwrap()).await,
                    one.agent.refused(name, tool.spec.name, Value::Object(unknown.clone())).await,
                );
                assert_eq!(error["class"], "unknown_account", "{name} {}: {error}", tool.spec.name);
                assert_eq!(error.to_string().replace(other, FOREIGN), never.to_string(), "{name} {}", tool.spec.name);
                cells += 1;
            }
        }
        assert_eq!(app.vendor(name).script.received(), before, "{name} was reached for another's account");
    }
    println!("{cells} cells of tool and another tenant's account");
    assert!(cells >= 40, "{cells}");
}

/// Every tool by tenants that lack one connection each, while another tenant has them all.
#[tokio::test]
async fn a_tool_goes_through_its_own_tenants_connection_or_not_at_all() {
    for backend in BOTH {
        missing_connections(&TestApp::start_with(backend, unlimited).await).await;
    }
}

async fn missing_connections(app: &TestApp) {
    app.tenant("all").await;
    let mut cells = 0;
    for lacking in app.vendors.keys() {
        let tenant = app.unconnected(lacking).await;
        for other in app.vendors.keys().filter(|other| *other != lacking) {
            app.connect(tenant.id, other).await;
        }
        for integration in integrations().into_iter().map(Integration::with_kit) {
            let name = integration.manifest.name;
            let before = app.vendor(name).script.received();
            for tool in &integration.tools {
                let arguments = foreign_arguments(tool).into_iter().collect();
                let result = tenant.agent.call(name, tool.spec.name, arguments).await;
                let not_connected = result["_meta"]["error"]["class"] == "not_connected";
                assert_eq!(not_connected, name == *lacking, "{name} {} without {lacking}: {result}", tool.spec.name);
                cells += 1;
            }
            if name == *lacking {
                assert_eq!(app.vendor(name).script.received(), before, "{name} was reached without a connection");
            }
        }
    }
    println!("{cells} cells of tool and missing connection");
}

#[tokio::test]
async fn a_connection_of_a_manager_does_not_reach_accounts_that_were_not_listed() {
    let app = TestApp::start().await;
    let tenant = app.tenant("one").await;
    let before = app.vendor("google-ads").script.received();
    for id in ["1000000005", "900-000-0009", "0000000000", " 1000000002"] {
        let error = tenant.agent.refused("google-ads", "list_campaigns", json!({ "account_id": id })).await;
        assert!(["unknown_account", "invalid_argument"].contains(&error["class"].as_str().unwrap()), "{id}: {error}");
    }
    assert_eq!(app.vendor("google-ads").script.received(), before);
}

/// Whatever an answer gives an agent to come back with, of every tool of every integration.
#[tokio::test]
async fn no_handle_of_one_tenant_opens_for_another() {
    for backend in BOTH {
        others_handles(&TestApp::start_with(backend, unlimited).await).await;
    }
}

async fn others_handles(app: &TestApp) {
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let mut tried = BTreeMap::<&str, u32>::new();
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for (kind, tool, arguments) in handles(&integration, &one.agent).await {
            let before = app.vendor(name).script.received();
            let error = two.agent.refused(name, &tool, arguments.clone()).await;
            assert_eq!(
                app.vendor(name).script.received(),
                before,
                "{name} {tool} {arguments} has reached the upstream"
            );
            let same = two.agent.refused(name, &tool, with_handle(&arguments, kind, "no-such-handle")).await;
            assert_eq!(
                (&error["class"], &error["message"]),
                (&same["class"], &same["message"]),
                "{name} {tool}: another's {kind} and one that never was must look the same"
            );
            *tried.entry(kind).or_default() += 1;
        }
    }
    println!("handles of one tenant that another has tried: {tried:?}");
    assert!(tried["cursor"] >= 10 && tried["preview_id"] >= 4, "{tried:?}");
}

/// Kind, tool and arguments of every handle that the examples of an integration give out.
async fn handles(integration: &Integration, agent: &Agent) -> Vec<(&'static str, String, Value)> {
    let name = integration.manifest.name;
    let mut handles = vec![];
    for example in (integration.examples)() {
        let takes = |field: &str| {
            let tool = integration.find_tool(example.tool);
            tool.is_some_and(|tool| tool.input_schema["properties"].get(field).is_some())
        };
        if takes("cursor") && example.takes.is_none() {
            let ask = with_handle(&example.arguments, "max_rows", 1);
            let answer = agent.ok(name, example.tool, ask.clone()).await;
            let cursor = find(&answer, "next_cursor").cloned();
            handles
                .extend(cursor.map(|cursor| ("cursor", example.tool.to_owned(), with_handle(&ask, "cursor", cursor))));
        }
        if takes("background") {
            let answer = agent.ok(name, example.tool, with_handle(&example.arguments, "background", true)).await;
            handles.push(("job_id", "get_job".into(), json!({ "job_id": answer["job_id"] })));
        }
        if takes("preview_id") {
            let preview = agent.ok(name, example.tool, example.arguments.clone()).await;
            let confirmation = with_handle(&example.arguments, "preview_id", preview["preview_id"].clone());
            handles.push(("preview_id", example.tool.into(), confirmation.clone()));
            let applied = agent.ok(name, example.tool, confirmation).await;
            let change = applied.get("change_id").cloned();
            handles.extend(change.map(|id| ("change_id", "revert_change".into(), json!({ "change_id": id }))));
        }
    }
    handles
}

fn with_handle(arguments: &Value, name: &str, value: impl Into<Value>) -> Value {
    let mut arguments = arguments.clone();
    arguments[name] = value.into();
    arguments
}

fn names_an_account(property: &str) -> bool {
    ["customer", "account", "profile"].iter().any(|word| property.contains(word))
}

/// Arguments that fit the tool's schema, every property filled, with the foreign account wherever one is named.
fn foreign_arguments(tool: &Tool) -> Map<String, Value> {
    let schema = Value::Object(tool.input_schema.clone());
    let properties = schema["properties"].as_object().cloned().unwrap_or_default();
    let optional = |name: &str| !schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
    properties
        .iter()
        .filter(|(name, _)| names_an_account(name) || !optional(name))
        .map(|(name, property)| {
            let value = if names_an_account(name) { json!(FOREIGN) } else { sample(&schema, property) };
            (name.clone(), value)
        })
        .collect()
}

/// A value that fits a schema.
fn sample(root: &Value, schema: &Value) -> Value {
    if let Some(path) = schema["$ref"].as_str() {
        return sample(root, root.pointer(path.trim_start_matches('#')).unwrap());
    }
    let first = |key: &str| schema[key].as_array().and_then(|choices| choices.first());
    if let Some(value) = schema.get("const").or_else(|| first("enum")).or_else(|| first("examples")) {
        return value.clone();
    }
    if let Some(choice) = first("oneOf").or_else(|| first("anyOf")) {
        return sample(root, choice);
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("string"), Some("date")) => json!("2026-11-01"),
        (Some("integer"), _) => schema.get("minimum").cloned().unwrap_or(json!(1)),
        (Some("number"), _) => json!(1.5),
        (Some("boolean"), _) => json!(false),
        (Some("array"), _) => json!([sample(root, &schema["items"])]),
        (Some("object"), _) => json!({}),
        _ => json!("1"),
    }
}

/// The first field of that name, at any depth.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(name).or_else(|| fields.values().find_map(|value| find(value, name))),
        Value::Array(items) => items.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

//! What an agent is told when an integration waits for a person: a page to open where its client says that it can, text
//! everywhere else; and what happens when it calls again.

use std::{collections::VecDeque, sync::Arc};

use reqwest::{Method, StatusCode};
use rmcp::ServiceExt as _;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, DuplexStream, Lines, ReadHalf, WriteHalf};
use turnpike_core::{Micros, Outcome};
use turnpike_gateway::{Caller, Face, McpHost, Origin};
use turnpike_sdk::{Behaviour, Integration};
use turnpike_store::ConnectionState;
use turnpike_tests::{
    agent::{Agent, send},
    app::{Tenant, TestApp},
    tour::first_read,
};

const ADS: &str = "google-ads";

fn opens_pages() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} } })
}

/// A call of `list_accounts`, which every integration has, by a client that declares these capabilities; `answers` are its
/// `inputResponses`.
async fn call(agent: &Agent, integration: &str, capabilities: Value, answers: Value) -> Value {
    call_tool(agent, integration, capabilities, json!({ "name": "list_accounts", "arguments": {} }), answers).await
}

async fn call_tool(agent: &Agent, integration: &str, capabilities: Value, mut call: Value, answers: Value) -> Value {
    if !answers.is_null() {
        call["inputResponses"] = answers;
    }
    let answer = agent.rpc_with(capabilities, &format!("/{integration}/mcp"), json!(1), "tools/call", call).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    answer.body["result"].clone()
}

/// The one question of the answer, checked for what it must and must not have.
fn question(result: &Value) -> &Value {
    assert_eq!(result["resultType"], "input_required", "{result}");
    assert!(result.get("requestState").is_none() && result.get("content").is_none(), "{result}");
    assert!(result["_meta"]["io.modelcontextprotocol/serverInfo"].is_object(), "{result}");
    assert_eq!(result["inputRequests"].as_object().unwrap().len(), 1, "{result}");
    let asked = &result["inputRequests"]["connect"];
    assert_eq!((&asked["method"], &asked["params"]["mode"]), (&json!("elicitation/create"), &json!("url")), "{asked}");
    assert!(asked["params"].get("requestedSchema").is_none(), "nobody is asked for a key in a form: {asked}");
    &asked["params"]
}

/// The refusal as text has the link, for people and for programs.
fn assert_told_by_text(result: &Value, field: &str, url: &str) {
    assert_eq!((&result["isError"], &result["resultType"]), (&json!(true), &json!("complete")), "{result}");
    assert_eq!(result["_meta"]["error"][field], url, "{result}");
    assert!(result["content"][0]["text"].as_str().unwrap().contains(url), "{result}");
}

/// Class, outcome and price of the tenant's calls, oldest first.
async fn recorded(app: &TestApp, tenant: &Tenant) -> VecDeque<(Option<String>, Outcome, Micros)> {
    app.calls(tenant.id).await.into_iter().rev().map(|row| (row.class, row.outcome, row.price)).collect()
}

#[tokio::test]
async fn who_connects_in_between_gets_the_answer_at_once_for_every_integration() {
    let app = TestApp::start_unlimited().await;
    for integration in turnpike_catalog::integrations() {
        let (name, title) = (integration.manifest.name, integration.manifest.title);
        let tenant = app.unconnected(name).await;
        let result = call(&tenant.agent, name, opens_pages(), Value::Null).await;
        let page = question(&result);
        assert_eq!(page["url"], format!("{}/connections/new/{name}", app.url));
        let message = format!("{title} is not connected. Open this page, sign in and connect it; then go on.");
        assert_eq!(page["message"], message);
        assert_eq!(result["_meta"]["error"]["class"], "not_connected", "{result}");

        app.connect(tenant.id, name).await;
        let result = call(&tenant.agent, name, opens_pages(), json!({ "connect": { "action": "accept" } })).await;
        assert_eq!(
            (&result["isError"], &result["resultType"]),
            (&json!(false), &json!("complete")),
            "{name}: {result}"
        );
        let mut rows = recorded(&app, &tenant).await;
        let refused = (Some("not_connected".to_owned()), Outcome::CallerFault, Micros(0));
        assert_eq!(rows.pop_front(), Some(refused), "{name}");
        let charged = result["_meta"]["price"]["micros"].as_i64().map(Micros).unwrap();
        assert_eq!(rows.pop_front(), Some((None, Outcome::Success, charged)), "{name}");
        assert!(rows.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_came_to_nothing_is_told_by_text_and_not_asked_again() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.unconnected("one").await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let url = format!("{}/connections/new/{name}", app.url);
        for action in ["accept", "decline", "cancel"] {
            let result = call(&tenant.agent, name, opens_pages(), json!({ "connect": { "action": action } })).await;
            assert_told_by_text(&result, "connect_url", &url);
        }
        // What nobody asked for answers nothing.
        for stray in [json!({}), json!({ "other": { "action": "accept" } })] {
            question(&call(&tenant.agent, name, opens_pages(), stray).await);
        }
    }
    let rows = recorded(&app, &tenant).await;
    assert_eq!(rows.len(), 5 * turnpike_catalog::integrations().len(), "each is a call");
    assert!(rows.iter().all(|(class, _, price)| class.as_deref() == Some("not_connected") && price.0 == 0), "{rows:?}");
}

#[tokio::test]
async fn a_client_that_does_not_open_pages_is_given_the_link_as_text() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.unconnected("one").await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let url = format!("{}/connections/new/{name}", app.url);
        for declared in [json!({}), json!({ "elicitation": {} }), json!({ "elicitation": { "form": {} } })] {
            assert_told_by_text(&call(&tenant.agent, name, declared, Value::Null).await, "connect_url", &url);
        }
        // The page is for those who have signed in.
        let page = tenant.agent.request(Method::GET, &format!("/connections/new/{name}")).send().await.unwrap();
        assert_eq!(page.url().path(), "/sign-in", "{name}");
    }
}

/// A tenant's call that a connection stops: asked, told, and answered once a person has connected again.
async fn renew(app: &TestApp, tenant: &Tenant, integration: &Integration, call: Value, class: &str, happened: &str) {
    let (name, title) = (integration.manifest.name, integration.manifest.title);
    let connection = app.store().tenant(tenant.id).find_connection(name).await.unwrap().unwrap();
    let url = format!("{}/reconnect/{}", app.url, connection.id);
    let accepted = json!({ "connect": { "action": "accept" } });
    let ask = |capabilities, answers| call_tool(&tenant.agent, name, capabilities, call.clone(), answers);

    let result = ask(opens_pages(), Value::Null).await;
    let page = question(&result);
    assert_eq!((&page["url"], &result["_meta"]["error"]["class"]), (&json!(url), &json!(class)), "{name}");
    let message =
        format!("{}. Open this page, sign in and connect it again; then go on.", happened.replace("{}", title));
    assert_eq!(page["message"], message);
    assert_told_by_text(&ask(opens_pages(), accepted.clone()).await, "reconnect_url", &url);
    assert_told_by_text(&ask(json!({}), Value::Null).await, "reconnect_url", &url);

    app.vendor(name).script.clear();
    app.connect(tenant.id, name).await;
    let result = ask(opens_pages(), accepted).await;
    assert_eq!(result["isError"], false, "{name} {class}: {result}");
}

#[tokio::test]
async fn a_connection_that_has_ended_leads_to_its_own_page() {
    for integration in turnpike_catalog::integrations() {
        let app = TestApp::start_unlimited().await;
        let tenant = app.tenant("one").await;
        let script = &app.vendor(integration.manifest.name).script;
        let read = first_read(&integration, &tenant.agent, || script.received()).await;
        app.clock.advance(integration.manifest.auth.settles_in());
        script.next(1000, Behaviour::Revoked);
        let call = json!({ "name": read.tool, "arguments": read.arguments });
        renew(&app, &tenant, &integration, call, "reconnect_needed", "The connection to {} has ended").await;
    }
}

#[tokio::test]
async fn a_connection_that_was_cut_leads_to_its_own_page() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in turnpike_catalog::integrations() {
        let rows = app.store().tenant(tenant.id);
        let connection = rows.find_connection(integration.manifest.name).await.unwrap().unwrap();
        let at = connection.created_at;
        rows.set_connection_state(connection.id, ConnectionState::Disabled, None, at).await.unwrap();
        let call = json!({ "name": "list_accounts", "arguments": {} });
        renew(&app, &tenant, &integration, call, "connection_disabled", "{} is not connected any more").await;
    }
}

#[tokio::test]
async fn answers_that_are_no_answers_are_refused_before_the_call() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    for answers in [json!([]), json!("accept"), json!(1)] {
        let call = json!({ "name": "list_accounts", "arguments": {}, "inputResponses": answers });
        let answer = tenant.agent.rpc(&format!("/{ADS}/mcp"), json!(1), "tools/call", call).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!(-32602)));
    }
    assert!(app.calls(tenant.id).await.is_empty());
}

/// Without sessions nobody knows what a client of the older revisions said when it began.
#[tokio::test]
async fn the_older_revisions_are_told_by_text_over_http() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.unconnected("one").await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for version in ["2025-06-18", "2025-11-25"] {
            let params = json!({ "name": "list_accounts", "arguments": {} });
            let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
            let request = tenant.agent.post(&format!("/{name}/mcp")).header("mcp-protocol-version", version);
            let mut result = send(request.body(body.to_string())).await.body["result"].clone();
            assert_eq!(result.get("resultType"), None, "{result}");
            result["resultType"] = json!("complete");
            assert_told_by_text(&result, "connect_url", &format!("{}/connections/new/{name}", app.url));
        }
    }
}

/// A client at the desk: one connection, so what it says at the beginning is known.
struct Desk {
    to: WriteHalf<DuplexStream>,
    from: Lines<BufReader<ReadHalf<DuplexStream>>>,
}

impl Desk {
    async fn connect(app: &TestApp, tenant: &Tenant, name: &'static str, version: &str, capabilities: Value) -> Self {
        let rows = app.store().tenant(tenant.id);
        let caller = Caller::at_the_desk(&rows.get().await.unwrap(), vec![], vec![format!("{name}:read")]);
        let host = McpHost::new(app.gateway.clone(), Face::One(name), Origin::Desk(Arc::new(caller)));
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        tokio::spawn(async move { host.serve(theirs).await.unwrap().waiting().await });
        let (from, to) = tokio::io::split(ours);
        let mut desk = Self { to, from: BufReader::new(from).lines() };
        let client = json!({ "name": "test", "version": "1" });
        let hello = json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": client });
        assert_eq!(desk.ask("initialize", hello).await["result"]["protocolVersion"], version);
        desk.send(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
        desk
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.send(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })).await;
        serde_json::from_str(&self.from.next_line().await.unwrap().unwrap()).unwrap()
    }

    async fn call(&mut self) -> Value {
        self.ask("tools/call", json!({ "name": "list_accounts", "arguments": {} })).await
    }

    async fn send(&mut self, message: Value) {
        self.to.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_client_of_2025_11_25_that_opens_pages_gets_the_error_that_carries_one_at_the_desk() {
    let app = TestApp::start_unlimited().await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let tenant = app.unconnected(name).await;
        let mut desk = Desk::connect(&app, &tenant, name, "2025-11-25", opens_pages()).await;
        let url = format!("{}/connections/new/{name}", app.url);
        let mut ids = vec![];
        for _ in 0..2 {
            let error = desk.call().await["error"].clone();
            assert_eq!(error["code"], -32042, "{error}");
            let pages = error["data"]["elicitations"].as_array().unwrap();
            assert_eq!((pages.len(), &pages[0]["mode"], &pages[0]["url"]), (1, &json!("url"), &json!(url)), "{error}");
            assert_eq!(pages[0]["message"], error["message"]);
            ids.push(pages[0]["elicitationId"].as_str().unwrap().to_owned());
        }
        let calls: Vec<_> = app.calls(tenant.id).await.iter().rev().map(|row| row.call_id.to_string()).collect();
        assert_eq!(ids, calls, "each question has its own name: that of the call");

        app.connect(tenant.id, name).await;
        assert_eq!(desk.call().await["result"]["isError"], false, "{name}");
    }
}

#[tokio::test]
async fn at_the_desk_too_nobody_gets_a_page_who_has_not_said_that_they_open_it() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.unconnected("one").await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for (version, declared) in
            [("2025-11-25", json!({})), ("2025-11-25", json!({ "elicitation": {} })), ("2025-06-18", opens_pages())]
        {
            let mut desk = Desk::connect(&app, &tenant, name, version, declared).await;
            let result = desk.call().await["result"].clone();
            assert_eq!(result["isError"], true, "{name} {version}: {result}");
            let url = format!("{}/connections/new/{name}", app.url);
            assert_eq!(result["_meta"]["error"]["connect_url"], url, "{name} {version}: {result}");
        }
    }
}

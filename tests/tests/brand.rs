//! What agents and their users see bears the agency's name, and no other.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use turnpike_store::{ConnectionState, SwitchTarget, TenantState};
use turnpike_tests::{
    agent::MODERN,
    app::{Backend, Tenant, TestApp},
    probe,
};

/// Everything that came back, headers and body, with how it was asked for.
struct Heard(Vec<(String, String)>);

impl Heard {
    async fn listen(&mut self, what: impl Into<String>, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        let head = format!("{} {:?}", response.status(), response.headers());
        let body = response.text().await.unwrap();
        let value = serde_json::from_str(&body).unwrap_or(Value::Null);
        self.0.push((what.into(), format!("{head}\n{body}")));
        value
    }

    async fn rpc(&mut self, tenant: &Tenant, path: &str, method: &str, mut params: Value) -> Value {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {},
        });
        let what = format!("{path} {method} {params}");
        let mut request = tenant.agent.post(path).header("mcp-protocol-version", MODERN).header("mcp-method", method);
        if let Some(name) = params["name"].as_str().or(params["taskId"].as_str()) {
            request = request.header("mcp-name", name);
        }
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        self.listen(what, request.body(body.to_string())).await
    }

    async fn call(&mut self, tenant: &Tenant, tool: &str, arguments: Value) -> Value {
        let params = json!({ "name": tool, "arguments": arguments });
        self.rpc(tenant, "/probe/mcp", "tools/call", params).await["result"].clone()
    }
}

fn set(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

/// Every endpoint that an agent speaks to, and every way in which that goes wrong before a call.
async fn at_the_door(app: &TestApp, tenant: &Tenant, heard: &mut Heard) {
    let faces = app.vendors.keys().map(|name| format!("/{name}/mcp")).chain(["/mcp".to_owned()]);
    for path in faces.collect::<Vec<_>>() {
        for method in
            ["server/discover", "tools/list", "ping", "prompts/list", "resources/list", "tasks/get", "no/such"]
        {
            heard.rpc(tenant, &path, method, json!({ "taskId": "none" })).await;
        }
        let initialize = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "one", "version": "1" } } });
        heard.listen("initialize", tenant.agent.post(&path).body(initialize.to_string())).await;
        heard.listen("no JSON", tenant.agent.post(&path).body("{")).await;
        heard
            .listen(
                "another revision",
                tenant.agent.post(&path).header("mcp-protocol-version", "1999-01-01").body("{}"),
            )
            .await;
        heard.listen("no key", tenant.agent.anonymous(&path).body("{}")).await;
        heard.listen("a bad key", tenant.agent.anonymous(&path).bearer_auth("tpk_live_bad").body("{}")).await;
        heard.listen("a key in the URL", tenant.agent.anonymous(&format!("{path}?api_key=1")).body("{}")).await;
        for method in [Method::GET, Method::DELETE, Method::OPTIONS] {
            heard
                .listen(method.as_str(), tenant.agent.request(method.clone(), &path).bearer_auth(tenant.agent.key()))
                .await;
        }
        let metadata = format!("/.well-known/oauth-protected-resource{path}");
        heard.listen("metadata", tenant.agent.request(Method::GET, &metadata)).await;
    }
    for path in ["/health", "/ready", "/reconnect/01a1fe9f-0000-7000-8000-000000000000", "/nowhere"] {
        heard.listen(path, tenant.agent.request(Method::GET, path)).await;
    }
    for path in ["/server.json", "/probe/server.json", "/none/server.json", "/v0.1/servers", "/v0.1/servers?limit=0"] {
        heard.listen(path, tenant.agent.request(Method::GET, path)).await;
    }
    let reader = Tenant { id: tenant.id, agent: app.agent(tenant.id, vec!["probe:read".into()]).await };
    heard.call(&reader, "set", set("1")).await;
}

/// Calls that go well, and every refusal that a person has a part in.
async fn in_calls(app: &TestApp, tenant: &Tenant, heard: &mut Heard) {
    heard.call(tenant, "echo", set("hello")).await;
    heard.call(tenant, "echo", json!({ "nonsense": 1 })).await;
    heard.call(tenant, "echo", json!({ "account": "another" })).await;
    heard.call(tenant, "panic", set("")).await;
    heard.call(tenant, "get_job", json!({ "job_id": "none" })).await;
    heard.call(tenant, "revert_change", json!({ "change_id": "none" })).await;
    heard.call(tenant, "set", set("5000")).await;
    let preview = heard.call(tenant, "set", set("600")).await;
    let mut confirmation = set("600");
    confirmation["preview_id"] = preview["structuredContent"]["preview_id"].clone();
    let refused = heard.call(tenant, "set", confirmation).await;
    assert_eq!(refused["_meta"]["error"]["class"], "approval_needed", "{refused}");

    for state in [ConnectionState::ReconnectNeeded, ConnectionState::Disabled] {
        let other = app.tenant("other").await;
        let (rows, now) = (app.store().tenant(other.id), app.operator.ambient.now());
        let connection = rows.find_connection("probe").await.unwrap().unwrap().id;
        rows.set_connection_state(connection, state, Some("as tested"), now).await.unwrap();
        heard.call(&other, "echo", set("again")).await;
    }
    app.store().system().set_tenant_state(tenant.id, TenantState::Suspended).await.unwrap();
    let agent = app.agent(tenant.id, vec!["probe:read".into()]).await;
    heard.call(&Tenant { id: tenant.id, agent }, "echo", set("again")).await;
}

/// What the operator has switched off, once the server knows.
async fn switched_off(app: &TestApp, heard: &mut Heard) {
    let other = app.tenant("other").await;
    let target = SwitchTarget { tenant: Some(other.id), ..SwitchTarget::default() };
    let (system, now) = (app.store().system(), app.operator.ambient.now());
    system.switch_off(app.operator.ambient.id(), &target, "as tested", "desk", now).await.unwrap();
    let known = async {
        while heard.call(&other, "echo", set("again")).await["_meta"]["error"]["class"] != "switched_off" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), known).await.expect("the server reads the switches");
}

#[tokio::test]
async fn nothing_that_is_said_to_agents_or_vendors_names_the_product() {
    let app = TestApp::start_with(Backend::Sqlite, |settings| settings.brand.name = "Northlight".into()).await;
    let tenant = app.tenant("one").await;
    let mut heard = Heard(vec![]);
    at_the_door(&app, &tenant, &mut heard).await;
    in_calls(&app, &tenant, &mut heard).await;
    switched_off(&app, &mut heard).await;
    for (asked, said) in &heard.0 {
        assert!(!said.to_lowercase().contains("turnpike"), "{asked}: {said}");
    }
    let all: String = heard.0.iter().map(|(_, said)| said.as_str()).collect();
    for expected in ["\"title\":\"Northlight\"", "\"title\":\"Northlight Google Ads\"", "/approvals/", "/reconnect/"] {
        assert!(all.contains(expected), "nobody is told `{expected}`");
    }
    for class in ["invalid_argument", "over_cap", "approval_needed", "reconnect_needed", "switched_off", "panic"] {
        assert!(all.contains(class), "no refusal of class `{class}`");
    }
    for (name, vendor) in &app.vendors {
        let sent = format!("{:?}", vendor.script.recorded()).to_lowercase();
        assert!(!sent.contains("turnpike"), "{name}: {sent}");
    }
}

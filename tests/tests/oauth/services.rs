//! Service agents: programs that act in nobody's name, by client credentials.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::{LeastRole, Role, TenantId};
use turnpike_store::AuditFilter;
use turnpike_tenancy::{Actor, ServiceAgentRequest, Side, ToolRule};
use turnpike_tests::{
    agent::Agent,
    app::TestApp,
    oauth::{Program, Tokens, own_credentials},
    visitor::Seen,
};

/// Within this time what was revoked is of no use on any server.
const PROMISED: Duration = Duration::from_secs(10);
const SERVER: &str = "/google-ads/mcp";
const READ: &str = "google-ads:read";

fn shown(page: &Seen, id: &str) -> String {
    let found = page.text.split(&format!("<code id=\"{id}\">")).nth(1).unwrap_or_else(|| panic!("no {id}"));
    found.split('<').next().unwrap().to_owned()
}

/// What it sends for a token for one server.
fn asking(app: &TestApp, id: &str, secret: &str) -> BTreeMap<&'static str, String> {
    let mut asking = own_credentials(id, secret);
    asking.insert("resource", format!("{}{SERVER}", app.url));
    asking
}

async fn fetch(app: &TestApp, id: &str, secret: &str) -> Agent {
    let program = Program::new(&app.url, id, "");
    program.agent(&Tokens::of(&program.ask("/token", &asking(app, id, secret)).await))
}

async fn add(
    app: &TestApp,
    tenant: TenantId,
    change: impl FnOnce(&mut ServiceAgentRequest<'static>),
) -> (String, String) {
    let mut request = ServiceAgentRequest {
        name: "Nightly report",
        scopes: vec![READ.into()],
        role: Role::Auditor,
        groups: vec![],
        expires_at: None,
        live: true,
    };
    change(&mut request);
    let (id, secret) = app.operator.tenancy.add_service_agent(&Actor::desk(), tenant, request).await.unwrap();
    (id.to_string(), secret.expose().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_agent_is_made_on_a_page_and_calls_in_nobodys_name() {
    let app = TestApp::start_unlimited().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    app.connect(tenant, "google-ads").await;
    let form = [
        ("name", "Nightly report"),
        ("scope", READ),
        ("days", "90"),
        ("role", "auditor"),
        ("groups", "media-buyers, reports"),
    ];
    let made = owner.post("/agents/service/new", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.words());
    let (id, secret) = (shown(&made, "client-id"), shown(&made, "client-secret"));
    assert!(secret.starts_with("tps_") && made.text.contains("grant_type=client_credentials"));
    assert_eq!(shown(&made, "token-url"), format!("{}/token", app.url));
    let page = owner.look("/agents").await;
    assert!(page.text.contains(&id) && page.words().contains("as auditor, of media-buyers, reports"));
    assert!(!page.text.contains(&secret));

    let agent = fetch(&app, &id, &secret).await;
    agent.ok("google-ads", "list_accounts", json!({})).await;
    let call = app.calls(tenant).await[0].clone();
    assert_eq!((call.principal.clone(), call.grant_id), (format!("service:{id}"), None));
    for path in [format!("/calls/{}", call.call_id), format!("/calls?principal={}", call.principal)] {
        assert!(owner.look(&path).await.words().contains("Nightly report"), "{path}");
    }
    assert!(owner.look("/audit?action=service.made").await.words().contains("Nightly report"));
    let filter = AuditFilter { action: Some("service.made".into()), limit: 1, ..AuditFilter::default() };
    let event = app.store().tenant(tenant).list_audit(&filter).await.unwrap().remove(0);
    assert!(event.subject == format!("service:{id}") && !event.details_json.contains(&secret), "{event:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_asks_for_what_cannot_be_is_told_so() {
    let app = TestApp::start_unlimited().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let (admin, _) = app.member(tenant, Role::Admin).await;
    let form =
        |scope, role, groups| [("name", "x"), ("scope", scope), ("days", "90"), ("role", role), ("groups", groups)];
    for (who, form) in [
        (&owner, form("google-ads:write", "auditor", "")),
        (&owner, form(READ, "boss", "")),
        (&owner, form(READ, "member", "Two words")),
        (&owner, form("everything", "member", "")),
        (&admin, form(READ, "owner", "")),
    ] {
        assert_eq!(who.post("/agents/service/new", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{form:?}");
    }
    assert!(app.store().tenant(tenant).list_service_agents().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_agent_has_its_own_scopes_and_role_and_no_more() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (id, secret) = app.service_agent(tenant.id, &[READ]).await;
    let program = Program::new(&app.url, &id, "");
    let scoped = |scope: &str| {
        let mut all = own_credentials(&id, &secret);
        all.insert("scope", scope.to_owned());
        all
    };
    for more in ["google-ads:write", "google-ads:read google-ads:write", "meta-ads:read"] {
        assert_eq!(program.ask("/token", &scoped(more)).await.body["error"], "invalid_scope", "{more}");
    }
    let mut elsewhere = own_credentials(&id, &secret);
    elsewhere.insert("resource", program.server("/meta-ads/mcp"));
    assert_eq!(program.ask("/token", &elsewhere).await.body["error"], "invalid_scope");
    let token = Tokens::of(&program.ask("/token", &scoped(READ)).await);
    assert!(token.refresh.is_none());
    let listed = program.agent(&token).tools("/mcp").await;
    assert!(listed.iter().any(|tool| tool["name"] == "google_ads_list_accounts"), "{listed:?}");
    assert!(listed.iter().all(|tool| tool["annotations"]["readOnlyHint"] == true), "{listed:?}");

    // The scope alone does not do it: an auditor changes nothing.
    let scopes = vec![READ.to_owned(), "google-ads:write".to_owned()];
    let (id, secret) = add(&app, tenant.id, |request| request.scopes = scopes).await;
    let refused = fetch(&app, &id, &secret).await.refused("google-ads", "set_status", json!({})).await;
    assert_eq!(refused["class"], "role_too_low", "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_a_lapsed_agent_and_a_revoked_one_get_nothing() {
    let app = TestApp::start_unlimited().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    app.connect(tenant, "google-ads").await;
    let (id, secret) = app.service_agent(tenant, &[READ]).await;
    let (other, _) = app.service_agent(tenant, &[READ]).await;
    let end = app.operator.ambient.now().plus(Duration::from_secs(60));
    let (lapsing, its_secret) = add(&app, tenant, |request| request.expires_at = Some(end)).await;
    let (agent, ending) = (fetch(&app, &id, &secret).await, fetch(&app, &lapsing, &its_secret).await);
    for agent in [&agent, &ending] {
        agent.ok("google-ads", "list_accounts", json!({})).await;
    }
    let program = Program::new(&app.url, &id, "");
    let is_unknown = async |id: &str, secret: &str| {
        let answer = program.ask("/token", &own_credentials(id, secret)).await;
        (answer.status, &answer.body["error"]) == (StatusCode::UNAUTHORIZED, &json!("invalid_client"))
    };
    let mut wrong = secret.clone();
    wrong.replace_range(5..6, if &secret[5..6] == "a" { "b" } else { "a" });
    for (id, secret) in [(&id, &wrong), (&id, &String::new()), (&other, &secret)] {
        assert!(is_unknown(id, secret).await);
    }
    owner.submit(&format!("/agents/service/{id}/revoke"), &[]).await;
    app.clock.advance(Duration::from_secs(61));
    assert!(is_unknown(&id, &secret).await && is_unknown(&lapsing, &its_secret).await);
    let until = Instant::now() + PROMISED;
    for agent in [agent, ending] {
        while agent.rpc(SERVER, json!(1), "tools/list", json!({})).await.status != StatusCode::UNAUTHORIZED {
            assert!(Instant::now() < until, "a token lives longer than is promised");
        }
    }
    assert!(owner.look("/agents").await.words().contains("revoked"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_agent_for_tests_reaches_sandboxes_only() {
    let app = TestApp::start_unlimited().await;
    let (live, sandboxed) = (app.unconnected("Live").await.id, app.unconnected("Sandboxed").await.id);
    app.connect(live, "google-ads").await;
    let form = app.operator.sandboxes.find("google-ads").unwrap().credential.iter().cloned().collect();
    app.connect_with(sandboxed, "google-ads", Side::Sandbox, form).await.unwrap();
    let received = app.vendor("google-ads").script.received();
    for (tenant, reaches) in [(live, false), (sandboxed, true)] {
        let (id, secret) = add(&app, tenant, |request| request.live = false).await;
        let agent = fetch(&app, &id, &secret).await;
        let answer = agent.call("google-ads", "list_accounts", json!({})).await;
        assert_eq!(answer["isError"], !reaches, "{answer}");
    }
    assert_eq!(app.vendor("google-ads").script.received(), received, "the vendor has seen nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_agent_is_in_the_groups_that_it_was_given() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.unconnected("Acme").await.id;
    app.connect(tenant, "google-ads").await;
    let tools = "google-ads/*:read".parse().unwrap();
    let rule = ToolRule { tools, least_role: LeastRole::Auditor, groups: vec!["reports".into()] };
    app.operator.tenancy.set_tool_policy(&Actor::desk(), tenant, rule).await.unwrap();
    for (groups, lets_in) in [(vec![], false), (vec!["media-buyers".to_owned(), "reports".to_owned()], true)] {
        let (id, secret) = add(&app, tenant, |request| request.groups = groups).await;
        let answer = fetch(&app, &id, &secret).await.call("google-ads", "list_accounts", json!({})).await;
        assert_eq!(answer["isError"], !lets_in, "{answer}");
        assert!(lets_in || answer["_meta"]["error"]["class"] == "group_missing", "{answer}");
    }
}

//! Who may use which tool: by scope, by role, and by what the tenant asks beyond.

use serde_json::json;
use turnpike_core::{Ambient, LeastRole, Role, TenantId};
use turnpike_store::{EVERY_TOOL, ToolPolicy};
use turnpike_tests::{
    agent::Agent,
    app::{Backend, TestApp, unlimited},
    probe,
};

/// Why a call is refused whose arguments no tool takes: `invalid_argument` when it may run.
async fn why(agent: &Agent, integration: &str, tool: &str) -> String {
    let params = json!({ "name": tool, "arguments": { "no such": 1 } });
    let answer = agent.rpc(&format!("/{integration}/mcp"), json!(1), "tools/call", params).await;
    match answer.status.as_u16() {
        403 => "insufficient_scope".into(),
        _ => answer.body["result"]["_meta"]["error"]["class"].as_str().unwrap().into(),
    }
}

async fn listed(agent: &Agent, integration: &str) -> Vec<String> {
    let answer = agent.rpc(&format!("/{integration}/mcp"), json!(1), "tools/list", json!({})).await;
    let tools = answer.body["result"]["tools"].as_array().cloned().unwrap_or_default();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

/// Every tool of every integration, those of a fork too: what a key may do is written here a second time.
#[tokio::test(flavor = "multi_thread")]
async fn each_cell_of_tool_scope_and_role_is_as_it_should_be() {
    let app = TestApp::start_with(Backend::Sqlite, unlimited).await;
    let tenant = app.tenant("one").await;
    let mut cells = 0;
    for (name, tools) in app.all_tools(&tenant.agent).await {
        let (read, write) = (format!("{name}:read"), format!("{name}:write"));
        for scopes in [vec![], vec![read.clone()], vec![write.clone()], vec![read.clone(), write.clone()]] {
            for role in Role::ALL {
                let agent = app.agent_of_role(tenant.id, scopes.clone(), Some(*role)).await;
                let mut usable = vec![];
                for (tool, reads) in &tools {
                    let scope = if *reads { &read } else { &write };
                    let enough = *reads || *role != Role::Auditor;
                    let expected = match (scopes.contains(scope), enough) {
                        (false, _) => "insufficient_scope",
                        (true, false) => "role_too_low",
                        (true, true) => "invalid_argument",
                    };
                    let cell = format!("{name} {tool} with {scopes:?} as {role}");
                    assert_eq!(why(&agent, name, tool).await, expected, "{cell}");
                    if expected == "invalid_argument" {
                        usable.push(tool.clone());
                    }
                    cells += 1;
                }
                assert_eq!(listed(&agent, name).await, usable, "tools/list of {name} with {scopes:?} as {role}");
            }
        }
    }
    println!("{cells} cells of tool, scope and role are as they should be");
}

async fn ask_for(app: &TestApp, tenant: TenantId, tool: &str, least_role: LeastRole) {
    let (integration, set_by, set_at) = ("probe".into(), "test".into(), Ambient::system().now());
    let policy = ToolPolicy { integration, tool: tool.into(), least_role, set_by, set_at };
    app.store().tenant(tenant).set_tool_policy(&policy).await.unwrap();
}

fn everything() -> Vec<String> {
    vec!["probe:read".into(), "probe:write".into()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_policy_asks_for_more_and_never_for_less_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, unlimited).await;
        let (one, two) = (app.tenant("one").await, app.tenant("two").await);
        for (policies, reader, writer) in [
            (vec![("echo", LeastRole::Admin)], LeastRole::Admin, LeastRole::Member),
            (vec![("echo", LeastRole::Nobody)], LeastRole::Nobody, LeastRole::Member),
            (vec![("echo", LeastRole::Auditor), (EVERY_TOOL, LeastRole::Admin)], LeastRole::Admin, LeastRole::Admin),
            (vec![("set", LeastRole::Owner)], LeastRole::Admin, LeastRole::Owner),
            (
                vec![("set", LeastRole::Auditor), (EVERY_TOOL, LeastRole::Auditor)],
                LeastRole::Auditor,
                LeastRole::Member,
            ),
        ] {
            for (tool, least) in &policies {
                ask_for(&app, one.id, tool, *least).await;
            }
            for role in Role::ALL {
                // A new key is not remembered from before.
                let agent = app.agent_of_role(one.id, everything(), Some(*role)).await;
                let mut shown = vec![];
                for (tool, least) in [("echo", reader), ("set", writer)] {
                    let expected = match least {
                        least if role.reaches(least) => "invalid_argument",
                        LeastRole::Nobody => "tool_forbidden",
                        _ => "role_too_low",
                    };
                    assert_eq!(
                        why(&agent, "probe", tool).await,
                        expected,
                        "{backend:?} {policies:?}: {tool} as {role}"
                    );
                    shown.extend((expected == "invalid_argument").then_some(tool.to_owned()));
                }
                let mut listed = listed(&agent, "probe").await;
                listed.retain(|tool| tool == "echo" || tool == "set");
                assert_eq!(listed, shown, "{backend:?} {policies:?}: tools/list as {role}");
            }
        }
        ask_for(&app, one.id, EVERY_TOOL, LeastRole::Nobody).await;
        two.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    }
}

#[tokio::test]
async fn what_was_listed_is_decided_again_on_each_call() {
    let app = TestApp::start_with(Backend::Sqlite, unlimited).await;
    let tenant = app.tenant("one").await;
    assert!(listed(&tenant.agent, "probe").await.contains(&"echo".into()));
    ask_for(&app, tenant.id, "echo", LeastRole::Nobody).await;
    let forbidden = async { while why(&tenant.agent, "probe", "echo").await != "tool_forbidden" {} };
    tokio::time::timeout(std::time::Duration::from_secs(10), forbidden).await.expect("forbidden within ten seconds");
}

#[tokio::test]
async fn a_key_has_the_role_that_its_scopes_need_unless_told_otherwise() {
    let app = TestApp::start().await;
    let tenant = app.unconnected("one").await;
    app.agent(tenant.id, vec!["probe:read".into()]).await;
    app.agent_of_role(tenant.id, everything(), Some(Role::Auditor)).await;
    let roles: Vec<_> =
        app.store().tenant(tenant.id).list_api_keys().await.unwrap().into_iter().map(|key| key.role).collect();
    assert_eq!(roles, [Role::Member, Role::Auditor, Role::Auditor]);
}

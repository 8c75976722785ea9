//! Who may use which tool: by scope, by role, by group, and by what the tenant asks beyond.

use serde_json::json;
use turnpike_core::{Ambient, LeastRole, PersonId, Role, TenantId};
use turnpike_gateway::Caller;
use turnpike_sdk::{Access, Integration};
use turnpike_store::{Tenant, ToolPolicy};
use turnpike_tenancy::{Actor, ToolRule};
use turnpike_tests::{
    agent::Agent,
    app::{Backend, TestApp, integrations, unlimited},
    probe,
};

/// Stands for every tool of the probe.
const EVERY_TOOL: &str = "*";

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
    app.store().tenant(tenant).set_tool_policy(&policy(&format!("probe/{tool}"), least_role, &[])).await.unwrap();
}

fn policy(tools: &str, least_role: LeastRole, groups: &[&str]) -> ToolPolicy {
    let (tools, groups) = (tools.parse().unwrap(), groups.iter().map(|group| (*group).to_owned()).collect());
    ToolPolicy { tools, least_role, groups, set_by: "test".into(), set_at: Ambient::system().now() }
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

/// Whether the rule is about the tool, written here a second time.
fn is_about(tools: &str, integration: &str, tool: &str, reads: bool) -> bool {
    let (of, which) = tools.split_once('/').unwrap();
    let kind = match which {
        "*" => true,
        "*:read" => reads,
        "*:write" => !reads,
        one => one == tool,
    };
    (of == "*" || of == integration) && kind
}

/// All that a rule can be about: everything, each kind, each integration, each tool.
fn every_group_of_tools(all: &[Integration]) -> Vec<String> {
    let kinds = |of: &str| ["*", "*:read", "*:write"].map(|kind| format!("{of}/{kind}")).to_vec();
    let mut groups = kinds("*");
    for own in all {
        groups.extend(kinds(own.manifest.name));
        groups.extend(own.tools.iter().map(|tool| format!("{}/{}", own.manifest.name, tool.spec.name)));
    }
    groups.push("*/list_accounts".into());
    groups
}

fn member(tenant: &Tenant, role: Role, groups: &[&str], policies: &[ToolPolicy], scopes: &[String]) -> Caller {
    let (person, groups): (PersonId, _) =
        (Ambient::system().id(), groups.iter().map(|group| (*group).to_owned()).collect());
    Caller::member(tenant, person, role, groups, policies.to_vec(), scopes.to_vec(), true)
}

#[tokio::test]
async fn each_cell_of_tool_rule_role_and_group_is_as_it_should_be() {
    let app = TestApp::start().await;
    let tenant = app.store().tenant(app.unconnected("one").await.id).get().await.unwrap();
    let all: Vec<_> = integrations().into_iter().map(Integration::with_kit).collect();
    let scopes: Vec<_> = all.iter().flat_map(|own| [own.manifest.read_scope(), own.manifest.write_scope()]).collect();
    let asked: [(LeastRole, &[&str]); 4] = [
        (LeastRole::Admin, &[]),
        (LeastRole::Auditor, &["buyers"]),
        (LeastRole::Owner, &["buyers", "planners"]),
        (LeastRole::Nobody, &["buyers"]),
    ];
    let mut cells = 0;
    for tools in every_group_of_tools(&all) {
        for (least, one_of) in asked {
            let rules = [policy(&tools, least, one_of)];
            for (place, role) in Role::ALL.iter().enumerate() {
                for groups in [&[][..], &["planners"], &["others", "buyers"]] {
                    let caller = member(&tenant, *role, groups, &rules, &scopes);
                    for (own, tool) in all.iter().flat_map(|own| own.tools.iter().map(move |tool| (own, tool))) {
                        let (name, spec) = (own.manifest.name, &tool.spec);
                        let reads = spec.access == Access::Read;
                        let about = is_about(&tools, name, spec.name, reads);
                        let least_place = LeastRole::ALL.iter().position(|own| *own == least).unwrap();
                        let enough = place >= usize::from(!reads) && (!about || place >= least_place);
                        let grouped = !about || one_of.is_empty() || one_of.iter().any(|one| groups.contains(one));
                        let cell = format!(
                            "{name}/{} as {role} in {groups:?} where {tools} asks {least} {one_of:?}",
                            spec.name
                        );
                        assert_eq!(caller.may_use(&own.manifest, spec), enough && grouped, "{cell}");
                        cells += 1;
                    }
                }
            }
        }
    }
    println!("{cells} cells of tool, rule, role and group are as they should be");
    assert!(cells > 100_000);
}

/// The same for a call from a page.
async fn why_from_a_page(app: &TestApp, caller: Caller, tool: &str) -> String {
    let arguments = json!({ "no such": 1 }).as_object().unwrap().clone();
    let answer = app.gateway.call_for(caller, "probe", tool, arguments, "portal").await.unwrap();
    answer.meta["error"]["class"].as_str().unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_asks_for_a_group_keeps_tools_to_its_members_on_both_databases() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let app = TestApp::start_with(backend, unlimited).await;
        let (one, two) = (app.unconnected("one").await, app.unconnected("two").await);
        let (desk, tenancy, rows) = (Actor::desk(), &app.operator.tenancy, app.store().tenant(one.id));
        let tenant = rows.get().await.unwrap();
        for (tools, kept) in [
            ("*/*", vec!["echo", "set"]),
            ("probe/*:read", vec!["echo"]),
            ("*/*:write", vec!["set"]),
            ("*/echo", vec!["echo"]),
            ("google-ads/*", vec![]),
        ] {
            let group: turnpike_store::ToolGroup = tools.parse().unwrap();
            let groups = vec!["buyers".into(), "planners".into()];
            let rule = ToolRule { tools: group.clone(), least_role: LeastRole::Auditor, groups };
            tenancy.set_tool_policy(&desk, one.id, rule).await.unwrap();
            let policies = rows.list_tool_policies().await.unwrap();
            // A new key is not remembered from before.
            let agent = app.agent_of_role(one.id, everything(), Some(Role::Owner)).await;
            let listed = listed(&agent, "probe").await;
            for tool in ["echo", "set"] {
                let refused = if kept.contains(&tool) { "group_missing" } else { "invalid_argument" };
                assert_eq!(why(&agent, "probe", tool).await, refused, "{backend:?} {tools}: {tool} with a key");
                assert_eq!(
                    listed.contains(&tool.into()),
                    !kept.contains(&tool),
                    "{backend:?} {tools}: {tool} is listed"
                );
                for (groups, expected) in
                    [(&[][..], refused), (&["others"], refused), (&["planners"], "invalid_argument")]
                {
                    let caller = member(&tenant, Role::Owner, groups, &policies, &everything());
                    let cell = format!("{backend:?} {tools}: {tool} in {groups:?}");
                    assert_eq!(why_from_a_page(&app, caller, tool).await, expected, "{cell}");
                }
                let desk = Caller::at_the_desk(&tenant, policies.clone(), everything());
                assert_eq!(why_from_a_page(&app, desk, tool).await, "invalid_argument", "at the desk");
            }
            assert_eq!(why(&two.agent, "probe", "echo").await, "invalid_argument", "another tenant");
            assert!(tenancy.delete_tool_policy(&desk, one.id, &group).await.unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_rules_about_one_tool_each_must_be_met() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.store().tenant(app.unconnected("one").await.id).get().await.unwrap();
    let rules = [
        policy("*/*", LeastRole::Member, &["buyers"]),
        policy("probe/*:read", LeastRole::Auditor, &["planners"]),
        policy("probe/echo", LeastRole::Admin, &[]),
    ];
    for (role, groups, expected) in [
        (Role::Admin, &["buyers", "planners"][..], "invalid_argument"),
        (Role::Admin, &["buyers"], "group_missing"),
        (Role::Admin, &["planners"], "group_missing"),
        (Role::Member, &["buyers", "planners"], "role_too_low"),
    ] {
        let caller = member(&tenant, role, groups, &rules, &everything());
        assert_eq!(why_from_a_page(&app, caller, "echo").await, expected, "{role} in {groups:?}");
    }
    let forbidden = [policy("probe/*", LeastRole::Nobody, &["buyers"])];
    let desk = Caller::at_the_desk(&tenant, forbidden.to_vec(), everything());
    assert_eq!(why_from_a_page(&app, desk, "echo").await, "tool_forbidden");
}

//! Groups of members, and the rules that ask for them.

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::Role;
use turnpike_store::{AuditEvent, AuditFilter};
use turnpike_tests::{
    app::{Tenant, TestApp},
    probe,
    visitor::Visitor,
};

use crate::portal::calls::opened;

async fn audited(app: &TestApp, tenant: &Tenant) -> Vec<AuditEvent> {
    let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
    app.store().tenant(tenant.id).list_audit(&filter).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_keeps_a_tool_to_a_group_puts_a_member_into_it_and_opens_it_again() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let arguments = json!({ "account": probe::ACCOUNT, "text": "hello" });
    tenant.agent.ok("probe", "echo", arguments.clone()).await;
    let (admin, admin_id) = app.member(tenant.id, Role::Admin).await;
    let (buyer, buyer_id) = app.member(tenant.id, Role::Member).await;
    let call = app.calls(tenant.id).await[0].call_id;
    opened(&buyer, call).await;
    let again = format!("/calls/{call}/again");
    assert!(admin.look("/rules").await.text.contains("There are none."));
    assert!(admin.look("/settings").await.text.contains("href=\"/rules\""));

    let form = [("tools", "probe/*:read"), ("role", "auditor"), ("groups", "planners, media-buyers")];
    assert_eq!(admin.submit("/rules", &form).await, "/rules?notice=rule-set");
    let seen = buyer.look("/rules").await;
    let sentence = "Reads of Probe: those of the group media-buyers or planners";
    assert!(seen.text.contains(sentence) && seen.text.contains("by The admin"), "{}", seen.words());
    assert!(!seen.text.contains("<form method=\"post\" action=\"/rules"), "a member sees them and sets none");
    let words = buyer.post(&again, &[]).await.words();
    assert!(words.contains("keeps `echo` to members of the group"), "not in it yet: {words}");
    let agent = app.agent(tenant.id, vec!["probe:read".into()]).await;
    let refused = agent.refused("probe", "echo", arguments.clone()).await;
    assert_eq!(refused["class"], "group_missing");
    assert!(refused["next_step"].as_str().unwrap().contains("an API key is in none"), "{refused}");

    let path = format!("/team/{buyer_id}/groups");
    assert_eq!(admin.submit(&path, &[("groups", "media-buyers")]).await, "/team?notice=groups-set");
    assert!(buyer.look("/team").await.text.contains("media-buyers"));
    assert!(buyer.post(&again, &[]).await.words().contains("hello"), "in it now");

    assert_eq!(admin.submit("/rules/delete", &[("tools", "probe/*:read")]).await, "/rules?notice=rule-deleted");
    let gone = admin.post("/rules/delete", &[("tools", "probe/*:read")]).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    app.agent(tenant.id, vec!["probe:read".into()]).await.ok("probe", "echo", arguments).await;

    let by_admin = format!("person:{admin_id}");
    let log = audited(&app, &tenant).await;
    for (action, subject, details) in [
        (
            "tool_policy.set",
            "tools:probe/*:read".to_owned(),
            r#"{"groups":["media-buyers","planners"],"least_role":"auditor"}"#,
        ),
        ("tool_policy.deleted", "tools:probe/*:read".to_owned(), "{}"),
        ("member.groups_set", format!("person:{buyer_id}"), r#"{"groups":["media-buyers"]}"#),
    ] {
        let event = log.iter().find(|event| event.action == action).unwrap_or_else(|| panic!("no {action}"));
        assert_eq!((&event.subject, &event.actor, event.details_json.as_str()), (&subject, &by_admin, details));
    }
    assert!(admin.look("/audit").await.text.contains("Took a rule about tools away"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_asks_for_nothing_or_of_nobody_known_is_shown_again_with_what_is_wrong() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, _) = app.member(tenant.id, Role::Admin).await;
    for (tools, role, groups, problem) in [
        ("probe/none", "admin", "", "tools-problem"),
        ("none/*", "admin", "", "tools-problem"),
        ("", "admin", "", "tools-problem"),
        ("probe/*", "boss", "", "role-problem"),
        ("probe/*", "admin", "Media Buyers", "groups-problem"),
        ("probe/*", "auditor", "<script>", "groups-problem"),
        ("probe/*", "auditor", " , ", "groups-problem"),
    ] {
        let seen = admin.post("/rules", &[("tools", tools), ("role", role), ("groups", groups)]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{tools} {role} {groups}");
        assert!(seen.text.contains(&format!("id=\"{problem}\"")), "{tools} {role} {groups}: {}", seen.text);
    }
    let rows = app.store().tenant(tenant.id);
    assert_eq!(rows.list_tool_policies().await.unwrap(), []);
    // The second rule about the same tools takes the place of the first.
    for role in ["admin", "nobody"] {
        admin.submit("/rules", &[("tools", "*/*:write"), ("role", role), ("groups", "")]).await;
    }
    let seen = admin.look("/rules").await;
    assert!(seen.text.contains("Changes of every integration: nobody") && !seen.text.contains("integration: admins"));
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_set_by_whoever_may_set_the_role_and_of_plain_words_only() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let ann = app.store().system().find_person_by_email("ann@example.com").await.unwrap().unwrap().id;
    let (admin, admin_id) = app.member(tenant, Role::Admin).await;
    let (member, member_id) = app.member(tenant, Role::Member).await;
    let set = async |visitor: &Visitor, of, groups| {
        visitor.post(&format!("/team/{of}/groups"), &[("groups", groups)]).await.status
    };
    assert_eq!(set(&member, member_id, "buyers").await, StatusCode::FORBIDDEN);
    assert_eq!(set(&admin, ann, "buyers").await, StatusCode::FORBIDDEN, "an admin reaches no owner");
    assert_eq!(set(&admin, member_id, "Buyers!").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(set(&admin, admin_id, "buyers").await, StatusCode::SEE_OTHER);
    assert_eq!(set(&owner, ann, "planners buyers").await, StatusCode::SEE_OTHER);
    let members = app.store().system().list_members(tenant).await.unwrap();
    let groups: Vec<_> = members.into_iter().map(|own| own.groups.join(" ")).collect();
    assert_eq!(groups, ["buyers planners", "buyers", ""]);

    let export = owner.post("/settings/export", &[]).await;
    assert!(export.text.contains("planners"), "groups go along with the data");
    app.clock.advance(std::time::Duration::from_secs(16 * 60));
    let stale = owner.post(&format!("/team/{member_id}/groups"), &[("groups", "buyers")]).await;
    assert!(stale.location().starts_with("/confirm"), "it wants a fresh proof");
}

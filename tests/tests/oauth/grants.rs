//! What members have let programs do: seen, narrowed and revoked, by those who may.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::{GrantId, PersonId, Role, TenantId};
use turnpike_store::{AuditFilter, GrantRow};
use turnpike_tests::{
    agent::{Agent, Answer},
    app::TestApp,
    oauth::{Program, Tokens},
    visitor::Visitor,
};

/// Within this time what was taken away is gone on every server.
const PROMISED: Duration = Duration::from_secs(10);
const SERVER: &str = "/google-ads/mcp";
const BOTH: &str = "google-ads:read google-ads:write";

/// A tenant with an owner whose program is connected.
struct Scene {
    app: TestApp,
    tenant: TenantId,
    owner: Visitor,
    program: Program,
    tokens: Tokens,
    grant: GrantId,
}

impl Scene {
    async fn start() -> Self {
        let app = TestApp::start_unlimited().await;
        let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
        app.connect(tenant, "google-ads").await;
        let program = Program::register(&app.url).await;
        let tokens = program.connect(&owner, SERVER, BOTH).await;
        let grant = grants(&app, tenant).await[0].id;
        Self { app, tenant, owner, program, tokens, grant }
    }

    fn path(&self, act: &str) -> String {
        format!("/agents/programs/{}/{act}", self.grant)
    }

    async fn grant(&self) -> GrantRow {
        self.app.store().tenant(self.tenant).find_grant(self.grant).await.unwrap().unwrap()
    }

    async fn refresh(&self) -> Answer {
        self.program.refresh(self.tokens.refresh.as_deref().unwrap()).await
    }

    /// The newest event of that kind: who, of what, and what else is known.
    async fn event(&self, action: &str) -> (String, String, serde_json::Value) {
        let filter = AuditFilter { action: Some(action.into()), limit: 1, ..AuditFilter::default() };
        let event = self.app.store().tenant(self.tenant).list_audit(&filter).await.unwrap().remove(0);
        (event.actor, event.subject, serde_json::from_str(&event.details_json).unwrap())
    }
}

async fn grants(app: &TestApp, tenant: TenantId) -> Vec<GrantRow> {
    app.store().tenant(tenant).list_grants().await.unwrap()
}

async fn list_tools(agent: &Agent) -> Answer {
    agent.rpc(SERVER, json!(1), "tools/list", json!({})).await
}

/// Looks until it is so, no longer than is promised.
async fn soon(mut so: impl AsyncFnMut() -> bool) {
    let until = Instant::now() + PROMISED;
    while !so().await {
        assert!(Instant::now() < until, "it has not come about within {PROMISED:?}");
        tokio::task::yield_now().await;
    }
}

async fn is_refused(agent: &Agent) -> bool {
    let answer = list_tools(agent).await;
    let said = answer.headers.get("www-authenticate").map_or("", |value| value.to_str().unwrap());
    answer.status == StatusCode::UNAUTHORIZED && said.contains("invalid_token")
}

/// Whether a tool that changes something is refused for want of its scope.
async fn may_not_write(agent: &Agent) -> bool {
    let arguments = json!({ "name": "set_status", "arguments": {} });
    agent.rpc(SERVER, json!(1), "tools/call", arguments).await.status == StatusCode::FORBIDDEN
}

#[tokio::test(flavor = "multi_thread")]
async fn members_see_their_own_programs_and_admins_see_all() {
    let scene = Scene::start().await;
    let (ben, ben_id) = scene.app.member(scene.tenant, Role::Member).await;
    let (cleo, _) = scene.app.member(scene.tenant, Role::Member).await;
    let (admin, _) = scene.app.member(scene.tenant, Role::Admin).await;
    scene.program.connect(&ben, SERVER, "google-ads:read").await;
    scene.program.connect(&ben, "/mcp", "google-ads:read").await;
    let all = grants(&scene.app, scene.tenant).await;
    let of = |id: PersonId| all.iter().filter(move |row| row.person_id == id);
    assert_eq!((all.len(), of(ben_id).count()), (3, 2));

    let page = ben.look("/agents").await;
    for row in &all {
        assert_eq!(page.text.contains(&row.id.to_string()), row.person_id == ben_id, "{row:?}");
    }
    assert_eq!(page.text.matches("<h3>Test program").count(), 1, "one program, with two servers");
    assert!(page.text.contains("their own computer") && page.text.contains(&scene.program.client_id));
    assert!(!cleo.look("/agents").await.text.contains("Test program"));
    for seen in [admin.look("/agents").await, scene.owner.look("/agents").await] {
        assert!(all.iter().all(|row| seen.text.contains(&row.id.to_string())));
    }
    assert!(admin.look("/agents").await.words().contains("for The member"));

    // What is another member's looks as if it were not there.
    let foreign = cleo.post(&scene.path("revoke"), &[]).await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    assert_eq!(ben.post(&scene.path("narrow"), &[("scope", "google-ads:read")]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.grant().await.scopes.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_program_may_do_less_with_the_tokens_it_has_and_with_those_it_gets() {
    let scene = Scene::start().await;
    let agent = scene.program.agent(&scene.tokens);
    agent.ok("google-ads", "list_accounts", json!({})).await;
    assert!(!may_not_write(&agent).await);

    for wrong in [&[][..], &[("scope", "google-ads:read"), ("scope", "meta-ads:read")]] {
        assert_eq!(scene.owner.post(&scene.path("narrow"), wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(scene.grant().await.scopes.len(), 2);
    }
    let at = scene.owner.submit(&scene.path("narrow"), &[("scope", "google-ads:read")]).await;
    assert!(scene.owner.look(&at).await.text.contains("within ten seconds"));
    soon(async || may_not_write(&agent).await).await;
    agent.ok("google-ads", "list_accounts", json!({})).await;

    let next = Tokens::of(&scene.refresh().await);
    assert_eq!(next.body["scope"], "google-ads:read");
    assert!(may_not_write(&scene.program.agent(&next)).await);
    let wanted = scene.program.refreshing(next.refresh.as_deref().unwrap());
    let wider = wanted.into_iter().chain([("scope", BOTH.to_owned())]).collect();
    assert_eq!(scene.program.ask("/token", &wider).await.body["error"], "invalid_scope");
    let again = scene.owner.post(&scene.path("narrow"), &[("scope", "google-ads:write")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "nothing comes back by this form");

    let (actor, subject, details) = scene.event("grant.narrowed").await;
    let person = scene.grant().await.person_id;
    assert_eq!((actor, subject), (format!("person:{person}"), format!("grant:{}", scene.grant)));
    assert_eq!((&details["taken"], &details["scopes"]), (&json!(["google-ads:write"]), &json!(["google-ads:read"])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_program_neither_calls_nor_refreshes() {
    let scene = Scene::start().await;
    let agent = scene.program.agent(&scene.tokens);
    agent.ok("google-ads", "list_accounts", json!({})).await;
    let (admin, admin_id) = scene.app.member(scene.tenant, Role::Admin).await;
    admin.submit(&scene.path("revoke"), &[]).await;
    assert_eq!(scene.refresh().await.body["error"], "invalid_grant");
    soon(async || is_refused(&agent).await).await;

    let (actor, subject, details) = scene.event("grant.revoked").await;
    let person = scene.grant().await.person_id;
    assert_eq!((actor, subject), (format!("person:{admin_id}"), format!("grant:{}", scene.grant)));
    assert_eq!((&details["why"], &details["for"]), (&json!("by_admin"), &json!(format!("person:{person}"))));
    assert_eq!(details["client_id"], json!(scene.program.client_id));
    let page = scene.owner.look("/agents").await;
    assert!(page.words().contains("revoked by an admin") && !page.text.contains(&scene.path("revoke")));
    assert!(scene.owner.submit(&scene.path("revoke"), &[]).await.contains("grant-over"));

    // Allowed anew, it is let in again; its own person takes it back.
    let tokens = scene.program.connect(&scene.owner, SERVER, BOTH).await;
    scene.program.agent(&tokens).ok("google-ads", "list_accounts", json!({})).await;
    let newest = grants(&scene.app, scene.tenant).await[0].id;
    scene.owner.submit(&format!("/agents/programs/{newest}/revoke"), &[]).await;
    assert_eq!(scene.event("grant.revoked").await.2["why"], "by_member");

    // What the program gives back is written down too.
    let tokens = scene.program.connect(&scene.owner, SERVER, BOTH).await;
    let given = [("client_id", scene.program.client_id.clone()), ("token", tokens.refresh.clone().unwrap())];
    assert_eq!(scene.program.ask("/revoke", &given.into()).await.status, StatusCode::OK);
    let (actor, _, details) = scene.event("grant.revoked").await;
    assert_eq!((actor.as_str(), &details["why"]), ("system", &json!("by_client")));
    assert_eq!(details["for"], json!(format!("person:{person}")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_programs_of_a_removed_member_stop() {
    let scene = Scene::start().await;
    let (ben, ben_id) = scene.app.member(scene.tenant, Role::Member).await;
    let tokens = scene.program.connect(&ben, SERVER, BOTH).await;
    let agent = scene.program.agent(&tokens);
    agent.ok("google-ads", "list_accounts", json!({})).await;
    scene.owner.submit(&format!("/team/{ben_id}/remove"), &[]).await;
    let answer = scene.program.refresh(tokens.refresh.as_deref().unwrap()).await;
    assert_eq!(answer.body["error"], "invalid_grant");
    soon(async || is_refused(&agent).await).await;
    assert!(scene.owner.look("/agents").await.words().contains("its person left the organisation"));
    scene.program.agent(&scene.tokens).ok("google-ads", "list_accounts", json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_who_acted_by_which_program() {
    let scene = Scene::start().await;
    scene.program.agent(&scene.tokens).ok("google-ads", "list_accounts", json!({})).await;
    let call = scene.app.calls(scene.tenant).await[0].clone();
    let said = "Owner, by Test program (their own computer)";
    let filtered = format!("/calls?principal={}", call.principal);
    for path in ["/calls", &filtered, "/calls.csv", &format!("/calls/{}", call.call_id)] {
        assert!(scene.owner.look(path).await.text.contains(said), "{path}");
    }
    let audit = scene.owner.look("/audit?action=grant.made").await.words();
    assert!(audit.contains("Let a program in") && audit.contains("Test program"), "{audit}");
    // The first call of an agent ends the beginning, whichever way the agent came in.
    assert!(scene.owner.look("/start/first-call").await.text.contains("data-settled"));
}

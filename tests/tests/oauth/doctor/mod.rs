//! The connection doctor: what it finds on a good deployment, and what on one with a real fault.

mod faults;
mod proxy;
mod upstream;

use std::time::Duration;

use reqwest::StatusCode;
use turnpike_config::Settings;
use turnpike_core::{Role, TenantId};
use turnpike_tests::{
    app::{Backend, TestApp, integrations, unlimited},
    oauth::Program,
    visitor::Visitor,
};

/// An examination, as its page shows it.
pub struct Examined {
    pub path: String,
    pub text: String,
    /// Heading and result of each step.
    pub steps: Vec<(String, String)>,
}

impl Examined {
    pub async fn look(visitor: &Visitor, path: &str) -> Self {
        let text = visitor.look(path).await.text;
        let parts = text.split("<section class=\"card\"><div class=\"row apart\"><h2>").skip(1).map(|part| {
            let (heading, rest) = part.split_once("</h2>").unwrap();
            let tag = rest.split("<span class=\"tag").nth(1).unwrap().split_once('>').unwrap().1;
            (heading.to_owned(), tag.split('<').next().unwrap().to_owned())
        });
        let steps = parts.collect();
        Self { path: path.to_owned(), text, steps }
    }

    /// The results only.
    pub fn results(&self) -> Vec<&str> {
        self.steps.iter().map(|(_, result)| &**result).collect()
    }

    /// Everything up to this step of the way in went well, it failed, and nothing after it was tried.
    pub fn assert_ends_at(&self, step: usize) {
        let results = self.results();
        for (at, result) in results.iter().take(7).enumerate() {
            let expected = match (at + 1).cmp(&step) {
                std::cmp::Ordering::Less => "passed",
                std::cmp::Ordering::Equal => "failed",
                std::cmp::Ordering::Greater => "not reached",
            };
            assert_eq!(*result, expected, "step {}: {:?}\n{}", at + 1, self.steps, self.text);
        }
        assert!(self.text.contains("What to do:"), "{}", self.text);
    }
}

/// Presses the button.
pub async fn examine(visitor: &Visitor, server: &str) -> Examined {
    let path = visitor.submit("/agents/doctor", &[("server", server)]).await;
    Examined::look(visitor, &path).await
}

pub async fn start(change: impl FnOnce(&mut Settings)) -> TestApp {
    TestApp::start_with(Backend::Sqlite, |settings| {
        unlimited(settings);
        // A person gets in at the server's own address too, where the public one leads elsewhere.
        settings.server.allowed_hosts = vec!["127.0.0.1".into()];
        change(settings);
    })
    .await
}

/// Somebody of the tenant, signed in, where the deployment has another public address than its own.
pub async fn member_at(app: &TestApp, public_url: &str, tenant: TenantId) -> Visitor {
    let (_, email) = app.add_member(tenant, Role::Member).await;
    let visitor = app.visitor();
    visitor.submit("/sign-in/link", &[("email", &email)]).await;
    let link = app.mail_to(&email, 1).await.link(public_url);
    visitor.submit(&link, &[]).await;
    visitor
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_good_deployment_every_step_to_every_server_passes() {
    let app = start(|_| {}).await;
    let tenant = app.tenant("Acme").await.id;
    let (member, _) = app.member(tenant, Role::Member).await;
    let mut paths = vec![("/mcp".to_owned(), integrations().len())];
    paths.extend(integrations().iter().map(|own| (format!("/{}/mcp", own.manifest.name), 1)));
    for (path, upstreams) in paths {
        let seen = examine(&member, &format!("{}{path}", app.url)).await;
        assert_eq!(seen.results(), vec!["passed"; 7 + upstreams], "{path}: {}", seen.text);
        assert!(seen.text.contains("Agents can connect"), "{path}");
        // So many a minute a person may do.
        app.clock.advance(Duration::from_secs(15));
    }
    assert_eq!(app.store().system().count_oauth_clients().await.unwrap(), 1, "one program, however often it comes");
    for grant in app.store().tenant(tenant).list_grants().await.unwrap() {
        assert_eq!(grant.revoked_for.as_deref(), Some("doctor"), "{grant:?}");
        assert!(grant.scopes.iter().all(|scope| scope.ends_with(":read")), "{grant:?}");
    }
    assert_eq!(app.calls(tenant).await, vec![], "an examination is no call and costs nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn switched_off_registration_is_no_failure() {
    let app = start(|settings| settings.oauth.registration = false).await;
    let tenant = app.tenant("Acme").await.id;
    let (member, _) = app.member(tenant, Role::Member).await;
    let seen = examine(&member, &format!("{}/google-ads/mcp", app.url)).await;
    assert_eq!(seen.results(), vec!["passed"; 8], "{}", seen.text);
    assert!(seen.text.contains("Self-registration is switched off here"), "{}", seen.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_finds_an_examination_again_for_members_and_visitors_of_the_agency_and_nobody_else() {
    let app = start(|_| {}).await;
    let (tenant, other) = (app.tenant("Acme").await.id, app.unconnected("Other").await.id);
    let (member, _) = app.member(tenant, Role::Member).await;
    let (auditor, _) = app.member(tenant, Role::Auditor).await;
    let (stranger, _) = app.member(other, Role::Owner).await;
    let seen = examine(&member, &format!("{}/google-ads/mcp", app.url)).await;
    let number = seen.path.rsplit('/').next().unwrap();
    let lookup = format!("/agents/doctor?id=%20{number}");

    assert!(seen.text.contains(&format!("id=\"attempt\" tabindex=\"0\">{number}<")), "{}", seen.text);
    assert_eq!(auditor.get(&lookup).await.location(), seen.path);
    assert_eq!(Examined::look(&auditor, &seen.path).await.steps, seen.steps);
    assert!(auditor.look("/agents/doctor").await.text.contains(&seen.path), "it is among the last attempts");
    assert!(!auditor.look("/agents/doctor").await.text.contains("fetches a token"), "its own steps are not listed");

    assert_eq!(stranger.get(&seen.path).await.status, StatusCode::NOT_FOUND);
    let refused = stranger.get(&lookup).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("There is no such attempt"), "{}", refused.text);
    assert!(!stranger.look("/agents/doctor").await.text.contains(number));

    let staff = app.staff().await;
    let visit = format!("/console/clients/{tenant}/visit");
    staff.submit(&visit, &[("reason", "An agent cannot connect"), ("hours", "1")]).await;
    assert_eq!(Examined::look(&staff, &seen.path).await.steps, seen.steps);
    assert_eq!(staff.post("/agents/doctor", &[("server", "x")]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_own_attempt_is_found_by_the_number_that_the_person_was_shown() {
    let app = start(|_| {}).await;
    let tenant = app.unconnected("Acme").await.id;
    let (member, _) = app.member(tenant, Role::Auditor).await;
    let program = Program::new(&app.url, "nobody-knows-it", "http://127.0.0.1/callback");
    let refused = member.get(&Program::page(&program.request("/mcp", ""))).await;
    let path = refused.text.split("href=\"").find(|part| part.starts_with("/agents/doctor/")).unwrap();
    let path = path.split('"').next().unwrap();
    let seen = member.look(path).await;
    assert!(seen.words().contains("this client id is not known here"), "{}", seen.words());
    assert!(seen.words().contains("Remove the server from the program"), "{}", seen.words());

    // One that came so far that the tenant is known stands in its list.
    let (owner, _) = app.member(tenant, Role::Owner).await;
    let program = Program::register(&app.url).await;
    let code = program.code(&owner, "/mcp", "google-ads:read").await;
    let mut redemption = program.redemption(&code);
    redemption.insert("code_verifier", "a".repeat(43));
    let told = program.ask("/token", &redemption).await.body["error_description"].to_string();
    let number = told.split("(id ").nth(1).unwrap().split(')').next().unwrap();
    let list = member.look("/agents/doctor").await;
    assert!(list.text.contains(number) && !list.text.contains(&code), "{}", list.words());
    assert!(list.words().contains("`code_verifier` does not fit the challenge"), "{}", list.words());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_examines_without_end() {
    let app = start(|_| {}).await;
    let tenant = app.unconnected("Acme").await.id;
    let (member, _) = app.member(tenant, Role::Member).await;
    let server = format!("{}/google-ads/mcp", app.url);
    let mut tried = 0;
    while member.post("/agents/doctor", &[("server", &server)]).await.status == StatusCode::SEE_OTHER {
        tried += 1;
        assert!(tried <= 8, "nobody stops it");
    }
    let refused = member.post("/agents/doctor", &[("server", &server)]).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let unknown = member.post("/agents/doctor", &[("server", "https://example.com/mcp")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY, "only servers of ours are gone to");
}

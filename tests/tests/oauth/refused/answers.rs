//! The page on which a person is asked, and answers that do not count.

use std::time::Duration;

use reqwest::StatusCode;
use turnpike_core::Role;
use turnpike_tests::{
    oauth::{CALLBACK, Program, Tokens, fields, query},
    visitor::{Seen, Visitor},
};

use crate::oauth::scene::{READ, SERVER, Scene};

/// What the page would send, as a person who agrees sends it.
struct Page(Vec<(String, String)>);

impl Page {
    async fn seen_by(scene: &Scene, person: &Visitor) -> Self {
        let page = person.look(&Program::page(&scene.program.request(SERVER, READ))).await;
        let mut fields = fields(&page.text);
        fields.push(("decision".into(), "allow".into()));
        Self(fields)
    }

    /// The same with another value.
    fn with(mut self, name: &str, value: &str) -> Self {
        self.0.retain(|(own, _)| own != name);
        self.0.push((name.into(), value.into()));
        self
    }

    async fn sent_by(&self, person: &Visitor) -> Seen {
        let form: Vec<_> = self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        person.post("/authorize", &form).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_answered_once_by_whom_it_asks_and_within_ten_minutes() {
    let scene = Scene::set().await;
    let page = Page::seen_by(&scene, &scene.owner).await;
    let (member, _) = scene.app.member(scene.tenant, Role::Admin).await;
    assert_eq!(page.sent_by(&member).await.status, StatusCode::GONE, "another person");
    assert_eq!(page.sent_by(&scene.app.visitor()).await.location().split('?').next(), Some("/sign-in"), "nobody");
    assert_eq!(page.sent_by(&scene.owner).await.status, StatusCode::SEE_OTHER);
    let again = page.sent_by(&scene.owner).await;
    assert_eq!((again.status, again.location()), (StatusCode::GONE, ""), "once");

    let page = Page::seen_by(&scene, &scene.owner).await;
    let sealed = page.0.iter().find(|(name, _)| name == "request").unwrap().1.clone();
    for broken in [String::new(), sealed[1..].to_owned(), format!("{sealed}A"), "request".to_owned()] {
        let broken = Page(page.0.clone()).with("request", &broken).sent_by(&scene.owner).await;
        assert_eq!((broken.status, broken.location()), (StatusCode::GONE, ""));
    }
    scene.app.clock.advance(Duration::from_secs(601));
    assert_eq!(page.sent_by(&scene.owner).await.status, StatusCode::GONE, "too late");
    assert_eq!(scene.app.store().tenant(scene.tenant).list_connect_attempts(10).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_from_another_site_does_not_count() {
    let scene = Scene::set().await;
    let page = Page::seen_by(&scene, &scene.owner).await;
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&page.0).finish();
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:1"),
    ] {
        let request = scene.program.post("/authorize").header("cookie", scene.owner.cookie()).header(name, value);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.clone());
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
        assert!(!answer.headers().contains_key("location"));
    }
    let seen = page.sent_by(&scene.owner).await;
    assert_eq!(seen.status, StatusCode::SEE_OTHER, "none of those was an answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_gives_what_the_person_has_chosen_of_that_server_and_may_give() {
    let scene = Scene::set().await;
    let ask = async || Page::seen_by(&scene, &scene.owner).await;
    let wider = ask().await;
    let wider = Page(
        [wider.0, vec![("scope".into(), "google-ads:write".into()), ("scope".into(), "meta-ads:read".into())]].concat(),
    );
    let back = wider.sent_by(&scene.owner).await;
    let tokens =
        Tokens::of(&scene.program.ask("/token", &scene.program.redemption(&query(back.location())["code"])).await);
    assert_eq!(
        tokens.body["scope"], "google-ads:read google-ads:write",
        "more than was asked, and nothing of another server"
    );
    let none = ask().await.with("scope", "meta-ads:read").sent_by(&scene.owner).await;
    assert_eq!((none.status, none.location()), (StatusCode::UNPROCESSABLE_ENTITY, ""), "nothing was chosen");

    let (_, other) = scene.app.sign_up("Other", "bob@example.com").await;
    for tenant in [other.to_string(), String::new(), "nobody".into()] {
        let seen = ask().await.with("tenant", &tenant).sent_by(&scene.owner).await;
        assert_eq!((seen.status, seen.location()), (StatusCode::NOT_FOUND, ""), "{tenant}");
    }
    assert!(scene.app.store().tenant(other).list_grants().await.unwrap().is_empty());

    let (auditor, _) = scene.app.member(scene.tenant, Role::Auditor).await;
    let seen = auditor.look(&Program::page(&scene.program.request(SERVER, READ))).await;
    assert!(
        seen.text.contains("You may look at your organisation's pages only") && !seen.text.contains("name=\"request\"")
    );
    // A page of before they became one does not help either.
    let (fallen, person) = scene.app.member(scene.tenant, Role::Member).await;
    let page = Page::seen_by(&scene, &fallen).await;
    scene.app.store().tenant(scene.tenant).set_member_role(person, Role::Auditor).await.unwrap();
    let seen = page.sent_by(&fallen).await;
    assert_eq!((seen.status, seen.location()), (StatusCode::FORBIDDEN, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_agree_is_sent_back_without_a_code() {
    let scene = Scene::set().await;
    for decision in ["deny", "", "ALLOW"] {
        let seen = Page::seen_by(&scene, &scene.owner).await.with("decision", decision).sent_by(&scene.owner).await;
        let answer = query(seen.location());
        assert_eq!((&*answer["error"], answer.contains_key("code")), ("access_denied", false), "{decision}");
        assert_eq!((&*answer["state"], &answer["iss"]), ("the state of the test", &scene.app.url));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_cannot_be_framed_and_leads_nowhere_but_here_and_to_the_program() {
    let scene = Scene::set().await;
    let web = scene.another_program().await;
    for (program, place) in [(&scene.program, "http://127.0.0.1:33418"), (&web, "https://client.example")] {
        let seen = scene.owner.look(&Program::page(&program.request(SERVER, READ))).await;
        let header = |name: &str| seen.headers[name].to_str().unwrap();
        assert_eq!(seen.headers.get_all("content-security-policy").iter().count(), 1);
        let policy = header("content-security-policy");
        let form = format!("form-action 'self' {place}");
        for directive in policy.split("; ") {
            let sources: Vec<_> = directive.split(' ').skip(1).collect();
            let own = directive == form || ["'self'", "'none'"].map(|own| vec![own]).contains(&sources);
            assert!(own, "{directive}");
        }
        for directive in [form.as_str(), "default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"] {
            assert!(policy.contains(directive), "{policy}");
        }
        assert_eq!((header("x-frame-options"), header("cache-control")), ("DENY", "no-store"));
        assert_eq!(header("referrer-policy"), "same-origin");
        assert!(seen.text.contains("nobody has checked it"), "the name is the program's own");
    }
    let seen = scene.owner.look(&Program::page(&scene.program.request(SERVER, READ))).await;
    assert!(seen.text.contains("any program could say"), "{CALLBACK} is on the person's computer");
}

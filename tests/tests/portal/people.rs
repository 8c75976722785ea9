//! Signing up, signing in, and what strangers learn.

use reqwest::{Method, StatusCode};
use turnpike_core::Role;
use turnpike_store::AuditFilter;
use turnpike_tests::{app::TestApp, visitor::PASSWORD};

#[tokio::test(flavor = "multi_thread")]
async fn somebody_signs_up_by_the_mailed_link_and_signs_in_again() {
    let app = TestApp::start().await;
    let (visitor, tenant) = app.sign_up("Acme", "ann@example.com").await;
    assert_eq!(app.store().tenant(tenant).get().await.unwrap().name, "Acme");
    assert_eq!(visitor.get("/start").await.location(), "/start/plan");

    visitor.submit("/sign-out", &[]).await;
    assert_eq!(visitor.get("/home").await.location(), "/sign-in?return_to=%2Fhome");
    let form = [("email", "Ann@Example.com"), ("password", PASSWORD), ("return_to", "/calls")];
    assert_eq!(visitor.submit("/sign-in", &form).await, "/calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_which_addresses_are_known() {
    let app = TestApp::start().await;
    app.sign_up("Acme", "ann@example.com").await;
    let stranger = app.visitor();
    let mut answers = vec![];
    for email in ["ann@example.com", "nobody@example.com"] {
        let sign_up = [("organisation", "B"), ("name", "B"), ("email", email), ("password", PASSWORD)];
        let up = stranger.post("/sign-up", &sign_up).await;
        let link = stranger.post("/sign-in/link", &[("email", email)]).await;
        let wrong = stranger.post("/sign-in", &[("email", email), ("password", "wrong password")]).await;
        answers.push(
            [up, link, wrong].map(|seen| (seen.status, seen.location().to_owned(), seen.text.replace(email, ""))),
        );
    }
    assert_eq!(answers[0], answers[1]);
    assert!(app.mail_to("ann@example.com", 2).await.text.contains("There is an account already"));
    assert!(app.mail_to("nobody@example.com", 2).await.text.contains("There is no account"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_works_once_and_opening_it_does_nothing() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let form = [("organisation", "Acme"), ("name", "Ann"), ("email", "ann@example.com"), ("password", PASSWORD)];
    visitor.submit("/sign-up", &form).await;
    let link = app.mail_to("ann@example.com", 1).await.link(&app.url);
    for _ in 0..2 {
        app.visitor().look(&link).await;
    }
    assert_eq!(app.store().system().find_person_by_email("ann@example.com").await.unwrap(), None);
    visitor.submit(&link, &[]).await;
    let again = app.visitor().post(&link, &[]).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert_eq!(app.visitor().get("/link/nonsense").await.status, StatusCode::GONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_attempts_are_refused_for_a_minute_known_or_not() {
    let app = TestApp::start().await;
    for email in ["ann@example.com", "nobody@example.com"] {
        let visitor = app.visitor();
        let mut refused = 0;
        for _ in 0..12 {
            let seen = visitor.post("/sign-in", &[("email", email), ("password", "wrong password")]).await;
            refused += usize::from(seen.status == StatusCode::TOO_MANY_REQUESTS);
        }
        assert_eq!(refused, 4, "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_from_before_a_sign_in_or_a_proof_is_worth_nothing() {
    let app = TestApp::start().await;
    let (visitor, _) = app.sign_up("Acme", "ann@example.com").await;
    let before = visitor.cookie();
    visitor.submit("/confirm", &[("password", PASSWORD), ("return_to", "/team")]).await;
    assert_ne!(visitor.cookie(), before);
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let old = client.get(format!("{}/home", app.url)).header("cookie", before).send().await.unwrap();
    assert_eq!(old.status(), StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dangerous_wants_a_fresh_proof() {
    let app = TestApp::start().await;
    let (visitor, _) = app.sign_up("Acme", "ann@example.com").await;
    assert_eq!(visitor.look("/agents/new").await.status, StatusCode::OK);
    app.clock.advance(std::time::Duration::from_secs(16 * 60));
    assert_eq!(visitor.get("/agents/new").await.location(), "/confirm?return_to=%2Fagents%2Fnew");
    let wrong = visitor.post("/confirm", &[("password", "wrong password"), ("return_to", "/agents/new")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = [("password", PASSWORD), ("return_to", "/agents/new")];
    assert_eq!(visitor.submit("/confirm", &form).await, "/agents/new");
    visitor.look("/agents/new").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_nothing_for_long_is_signed_out() {
    let app = TestApp::start().await;
    let (visitor, _) = app.sign_up("Acme", "ann@example.com").await;
    for _ in 0..3 {
        app.clock.advance(std::time::Duration::from_secs(100 * 60));
        visitor.look("/home").await;
    }
    app.clock.advance(std::time::Duration::from_secs(121 * 60));
    assert_eq!(visitor.get("/home").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_from_another_site_is_refused_on_every_route() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    for route in turnpike_portal::routes().into_iter().filter(|route| route.method == Method::POST) {
        let request = client.post(format!("{}{}", app.url, route.path)).header("sec-fetch-site", "cross-site");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{}", route.path);
        let request = client.post(format!("{}{}", app.url, route.path)).header("origin", "https://evil.example");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{}", route.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_invited_joins_changes_role_and_leaves() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    owner.submit("/team/invite", &[("email", "ben@example.com"), ("role", "member")]).await;
    let link = app.mail_to("ben@example.com", 1).await.link(&app.url);
    let ben = app.visitor();
    assert!(ben.look(&link).await.text.contains("Join Acme"));
    let short = ben.post(&link, &[("name", "Ben"), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(ben.submit(&link, &[("name", "Ben"), ("password", PASSWORD)]).await, "/home");
    assert_eq!(ben.get("/agents/new").await.status, StatusCode::FORBIDDEN);

    let id = app.store().system().find_person_by_email("ben@example.com").await.unwrap().unwrap().id;
    owner.submit(&format!("/team/{id}/role"), &[("role", "admin")]).await;
    ben.look("/agents/new").await;
    // An admin reaches no owner, and makes none.
    let ann = app.store().system().find_person_by_email("ann@example.com").await.unwrap().unwrap().id;
    for form in [[("role", "auditor")], [("role", "owner")]] {
        assert_eq!(ben.post(&format!("/team/{ann}/role"), &form).await.status, StatusCode::FORBIDDEN);
        let own = ben.post(&format!("/team/{id}/role"), &[("role", "owner")]).await;
        assert_eq!(own.status, StatusCode::FORBIDDEN);
    }
    assert!(owner.submit("/team/leave", &[]).await.contains("last-owner"));
    assert_eq!(ben.submit("/team/leave", &[]).await, "/sign-in");
    assert_eq!(app.store().system().list_members(tenant).await.unwrap().len(), 1);
    let filter = AuditFilter { limit: 50, ..AuditFilter::default() };
    let log = app.store().tenant(tenant).list_audit(&filter).await.unwrap();
    let actions: Vec<_> = log.into_iter().map(|event| event.action).collect();
    for action in ["tenant.created", "member.invited", "member.joined", "member.role_changed", "member.removed"] {
        assert!(actions.iter().any(|own| own == action), "{action} is not in {actions:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_none_of_ours_gets_no_page() {
    let app = TestApp::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("{}/sign-in", app.url)).header("host", "evil.example").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_that_is_deleted_leaves_its_books_and_nothing_else() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Canary Works", "works@example.com").await;
    app.connect(tenant, "google-ads").await;
    let (member, _) = app.member(tenant, Role::Member).await;
    let export = owner.post("/settings/export", &[]).await;
    assert!(export.text.contains("works@example.com") && export.text.contains("Canary Works"));

    let wrong = owner.post("/settings/delete", &[("name", "Other")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(owner.submit("/settings/delete", &[("name", "Canary Works")]).await, "/sign-in");
    assert_eq!(member.get("/home").await.status, StatusCode::SEE_OTHER);
    assert_eq!(owner.get("/home").await.status, StatusCode::SEE_OTHER);
    assert!(app.vendor("google-ads").tokens.as_ref().unwrap().is_revoked());
    let receipt = app.mail_to("works@example.com", 2).await.text;
    assert!(receipt.contains("took back: google-ads"), "{receipt}");
    assert_eq!(app.store().system().find_person_by_email("works@example.com").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_belongs_to_nobody_deletes_the_account_and_who_does_leaves_first() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    assert_eq!(owner.post("/account/delete", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let (email, visitor) = (app.add_member(tenant, Role::Member).await.1, app.visitor());
    visitor.submit("/sign-in/link", &[("email", &email)]).await;
    visitor.submit(&app.mail_to(&email, 1).await.link(&app.url), &[]).await;
    visitor.submit("/team/leave", &[]).await;
    visitor.submit("/sign-in/link", &[("email", &email)]).await;
    visitor.submit(&app.mail_to(&email, 2).await.link(&app.url), &[]).await;
    assert!(visitor.look("/account").await.text.contains("Delete your account"));
    assert_eq!(visitor.submit("/account/delete", &[]).await, "/sign-in");
    assert_eq!(app.store().system().find_person_by_email(&email).await.unwrap(), None);
    assert_eq!(visitor.get("/account").await.status, StatusCode::SEE_OTHER);
}

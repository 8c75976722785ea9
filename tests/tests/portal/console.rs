//! The operator console: staff see all clients and nobody else sees the console, and what is done there takes effect.

use std::time::Duration;

use reqwest::{Method, StatusCode, header::CONTENT_SECURITY_POLICY};
use serde_json::json;
use turnpike_core::{Role, TenantId};
use turnpike_portal::{Access, Route};
use turnpike_store::AuditFilter;
use turnpike_tests::{
    app::{Tenant, TestApp},
    probe,
    visitor::{PASSWORD, Visitor},
};

/// What is done in the console is effective within this time, on every server.
const PROMISED: Duration = Duration::from_secs(10);
/// The smallest picture that there is.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn console() -> impl Iterator<Item = Route> {
    turnpike_portal::routes().into_iter().filter(|route| route.access == Access::Staff)
}

/// A route's path with something in the place of its parameters.
fn filled(route: &Route, tenant: TenantId) -> String {
    let path = route.path.replace("{tenant}", &tenant.to_string()).replace("{host}", "*");
    let path = path.replace("{switch}", &TenantId::NONE.to_string());
    let path = path.replace("{announcement}", &TenantId::NONE.to_string());
    let path = path.replace("{invoice}", &TenantId::NONE.to_string());
    if path == "/console/switches/new" { format!("{path}?tenant={tenant}&what=probe/echo") } else { path }
}

/// Waits until it is so.
async fn until(mut so: impl AsyncFnMut() -> bool) {
    let looks = async {
        while !so().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PROMISED, looks).await.expect("it has not come about in time");
}

/// A tenant with a connection to the probe.
async fn client(app: &TestApp, name: &str) -> Tenant {
    let tenant = app.unconnected(name).await;
    app.connect(tenant.id, "probe").await;
    tenant
}

/// The class with which a call of the probe is refused now, if it is.
async fn refusal(tenant: &Tenant) -> Option<String> {
    let answer = tenant.agent.call("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    answer["_meta"]["error"]["class"].as_str().map(str::to_owned)
}

/// Sends a file as the logo of every host.
async fn upload(app: &TestApp, staff: &Visitor, file: &[u8]) -> StatusCode {
    let head = "--cut\r\nContent-Disposition: form-data; name=\"logo\"; filename=\"x.png\"\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--cut--\r\n"].concat();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
    let request = client.post(format!("{}/console/brand/*/logo", app.url)).header("cookie", staff.cookie());
    let request = request.header("content-type", "multipart/form-data; boundary=cut").body(body);
    request.send().await.unwrap().status()
}

async fn actions(app: &TestApp, tenant: TenantId) -> Vec<String> {
    let (rows, filter) = (app.store().tenant(tenant), AuditFilter { limit: 100, ..AuditFilter::default() });
    rows.list_audit(&filter).await.unwrap().into_iter().map(|event| event.action).collect()
}

const BRAND: [(&str, &str); 7] = [
    ("name", "Northern Light"),
    ("accent", "#0a7d33"),
    ("support_email", "help@agency.example"),
    ("website", "https://agency.example"),
    ("terms_url", ""),
    ("privacy_url", ""),
    ("mail_from", "Post <post@agency.example>"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_page_opens_for_staff_on_an_empty_deployment_and_on_a_furnished_one() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let pages = || {
        console().filter(|route| {
            route.method == Method::GET && ![".csv", "/logo"].iter().any(|end| route.path.ends_with(end))
        })
    };
    for route in pages().filter(|route| !route.path.contains("{tenant}") && !route.path.ends_with("/new")) {
        staff.look(&filled(&route, TenantId::NONE)).await;
    }

    let tenant = client(&app, "Acme <i>&\u{202e}").await;
    let (rows, by_name) = (app.store().tenant(tenant.id), json!({ "account": probe::ACCOUNT, "text": "9" }));
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    tenant.agent.refused("probe", "echo", json!({ "no such": 1 })).await;
    tenant.agent.call("probe", "dig", by_name).await;
    app.member(tenant.id, Role::Owner).await;
    let connection = rows.find_connection("probe").await.unwrap().unwrap();
    rows.predict_connection_end(connection.id, Some(connection.created_at), connection.created_at).await.unwrap();
    let reason = [("tenant", ""), ("what", "probe"), ("reason", "<i>incident")];
    staff.submit("/console/switches", &reason).await;
    staff.submit("/console/brand/*", &BRAND).await;
    let said = [("title", "<i>News"), ("body", "<i>Soon"), ("until", "2099-01-01")];
    staff.submit("/console/announcements", &said).await;
    let visit = format!("/console/clients/{}/visit", tenant.id);
    staff.submit(&visit, &[("reason", "<i>asked"), ("hours", "1")]).await;
    for route in pages() {
        let (path, seen) = (filled(&route, tenant.id), staff.look(&filled(&route, tenant.id)).await);
        assert!(seen.text.contains("data-page=\"console/"), "{path}");
        assert!(
            !seen.text.contains('\u{202e}') && !seen.text.contains("<i>"),
            "{path} takes what somebody wrote for its own"
        );
        assert!(
            ![" style=", "<style", " onclick=", "<script>"].iter().any(|inline| seen.text.contains(inline)),
            "{path}"
        );
    }
    let seen = staff.look("/console").await.words();
    assert!(seen.contains("Acme &#60;i&#62;&#38;") && seen.contains("invalid_argument"), "{seen}");
    let seen = staff.look("/console/jobs").await.words();
    assert!(seen.contains("pending") && seen.contains("dig"), "{seen}");
    let seen = staff.look("/console/credentials").await.words();
    assert!(seen.contains("Over") && seen.contains("Probe"), "{seen}");
    let seen = staff.look("/console/prices").await.words();
    assert!(seen.contains("0.004 USD") && seen.contains("[plans.starter]"), "{seen}");
    let seen = staff.look("/console/deprecations").await.words();
    assert!(seen.contains("2099-12-31"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_learns_that_there_is_a_console() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let stranger = app.visitor();
    for route in console() {
        let path = filled(&route, tenant);
        let form = (route.method == Method::POST).then_some(&BRAND[..]);
        let seen = owner.send(route.method.clone(), &path, form).await;
        assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
        let seen = stranger.send(route.method.clone(), &path, form).await;
        assert!(seen.location().starts_with("/sign-in?return_to="), "{path}: {}", seen.status);
    }
    assert!(!owner.look("/home").await.text.contains("/console"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_hurt_wants_a_fresh_proof() {
    let app = TestApp::start().await;
    let (staff, tenant) = (app.staff().await, client(&app, "Acme").await);
    app.clock.advance(Duration::from_secs(16 * 60));
    for route in console().filter(|route| route.method == Method::POST) {
        let harmless =
            ["/leave-visit", "/console/brand", "/console/announcements/{announcement}/end", "/console/prices/preview"];
        assert_eq!(route.fresh, !harmless.contains(&route.path), "{}", route.path);
        if route.fresh {
            let seen = staff.post(&filled(&route, tenant.id), &BRAND).await;
            assert!(seen.location().starts_with("/confirm?return_to="), "{}: {}", route.path, seen.status);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_added_found_and_its_owner_joins_by_mail() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let wrong = staff.post("/console/clients", &[("name", "Acme"), ("email", "nowhere")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("value=\"Acme\"") && app.store().system().list_tenants().await.unwrap().is_empty());

    let form = [("name", "Acme"), ("email", "ann@example.com")];
    let path = staff.submit("/console/clients", &form).await;
    client(&app, "Other").await;
    assert!(staff.look(&path).await.words().contains("Invited: ann@example.com"));
    let owner = app.visitor();
    let link = app.mail_to("ann@example.com", 1).await.link(&app.url);
    assert_eq!(owner.submit(&link, &[("name", "Ann"), ("password", PASSWORD)]).await, "/home");
    owner.look("/settings").await;
    let seen = staff.look(&path).await.words();
    assert!(seen.contains("Ann, ann@example.com: owner") && !seen.contains("Invited:"), "{seen}");

    let found = |q: &'static str| {
        let staff = &staff;
        async move {
            let seen = staff.look(&format!("/console?q={q}")).await.text;
            (seen.contains(">Acme</a>"), seen.contains(">Other</a>"))
        }
    };
    assert_eq!(found("").await, (true, true));
    assert_eq!(found("aCM").await, (true, false));
    assert_eq!(found("nobody").await, (false, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_client_cannot_call_until_it_is_let_go_on() {
    let app = TestApp::start().await;
    let (staff, one, other) = (app.staff().await, client(&app, "one").await, client(&app, "other").await);
    assert_eq!(refusal(&one).await, None);
    let path = format!("/console/clients/{}", one.id);
    staff.submit(&format!("{path}/suspend"), &[]).await;
    assert!(staff.look(&path).await.words().contains("suspended"));
    until(async || refusal(&one).await.is_some()).await;
    assert_eq!(refusal(&other).await, None);
    staff.submit(&format!("{path}/suspend"), &[]).await;
    staff.submit(&format!("{path}/resume"), &[]).await;
    until(async || refusal(&one).await.is_none()).await;
    let done = actions(&app, one.id).await;
    assert_eq!(done[..2], ["tenant.resumed", "tenant.suspended"]);
    assert_eq!(done.iter().filter(|action| *action == "tenant.suspended").count(), 1, "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_stop_is_told_first_then_it_stops_and_goes_on_again() {
    let app = TestApp::start().await;
    let (staff, one, other) = (app.staff().await, client(&app, "one").await, client(&app, "other").await);
    assert_eq!(refusal(&one).await, None);
    let id = one.id.to_string();
    let told = staff.look(&format!("/console/switches/new?tenant={id}&what=probe/echo")).await.words();
    assert!(told.contains("Calls of echo of Probe, of one only"), "{told}");
    assert!(told.contains("1 call of 1 client"), "{told}");
    assert_eq!(refusal(&one).await, None, "telling stops nothing");
    // Where nothing is said, not everything is meant.
    assert_eq!(staff.get("/console/switches/new").await.location(), "/console/switches");
    let unsaid = staff.post("/console/switches", &[("reason", "why")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(staff.get("/console/switches/new?tenant=&what=probe/no-such").await.status, StatusCode::NOT_FOUND);

    let target = [("tenant", id.as_str()), ("what", "probe/echo")];
    for wrong in ["", "two\nlines", &"x".repeat(301)] {
        let seen = staff.post("/console/switches", &[target[0], target[1], ("reason", wrong)]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    staff.submit("/console/switches", &[target[0], target[1], ("reason", "an incident")]).await;
    until(async || refusal(&one).await.as_deref() == Some("switched_off")).await;
    assert_eq!(refusal(&other).await, None);
    assert!(staff.look(&format!("/console/clients/{id}")).await.words().contains("an incident"));
    assert!(!staff.look(&format!("/console/clients/{}", other.id)).await.words().contains("an incident"));

    let switch = app.store().system().list_switches().await.unwrap().remove(0);
    staff.submit(&format!("/console/switches/{}/lift", switch.id), &[]).await;
    until(async || refusal(&one).await.is_none()).await;
    let again = staff.post(&format!("/console/switches/{}/lift", switch.id), &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
    assert!(staff.look("/console/switches").await.words().contains("by Staff"));
    assert_eq!(actions(&app, one.id).await[..2], ["switch.lifted", "switch.set"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_shows_at_once_and_what_could_harm_is_refused() {
    let app = TestApp::start().await;
    let (staff, stranger) = (app.staff().await, app.visitor());
    let mut preview = BRAND.to_vec();
    preview.push(("preview", "yes"));
    assert!(staff.post("/console/brand/*", &preview).await.text.contains("#0a7d33"));
    assert!(!stranger.look("/sign-in").await.text.contains("Northern Light"), "a preview stores nothing");
    for (at, bad) in
        [(1, "red"), (3, "javascript:alert(1)"), (4, "http://agency.example"), (6, "a@b.example, c@d.example")]
    {
        let mut form = BRAND;
        form[at].1 = bad;
        let seen = staff.post("/console/brand/*", &form).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    staff.submit("/console/brand/*", &BRAND).await;
    let seen = stranger.look("/sign-in").await.text;
    assert!(seen.contains("Northern Light") && seen.contains("https://agency.example"), "{seen}");
    assert!(stranger.look("/assets/theme.css").await.text.contains("#0a7d33"));

    for (file, status) in [
        (b"<html><svg></svg></html>".to_vec(), StatusCode::UNPROCESSABLE_ENTITY),
        (vec![], StatusCode::UNPROCESSABLE_ENTITY),
        ([PNG, &[0; 200 * 1024]].concat(), StatusCode::UNPROCESSABLE_ENTITY),
        (PNG.to_vec(), StatusCode::SEE_OTHER),
        (b"<svg onload='alert(1)'/>".to_vec(), StatusCode::SEE_OTHER),
    ] {
        assert_eq!(upload(&app, &staff, &file).await, status, "{} bytes", file.len());
    }
    let logo = stranger.look("/assets/logo").await;
    assert_eq!(logo.headers["content-type"], "image/svg+xml");
    let policy = logo.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("sandbox"), "{policy}");

    staff.submit("/console/brand/*/logo/delete", &[]).await;
    assert_eq!(stranger.get("/assets/logo").await.status, StatusCode::NOT_FOUND);
    staff.submit("/console/brand/*/delete", &[]).await;
    assert!(!stranger.look("/sign-in").await.text.contains("Northern Light"));
    assert!(actions(&app, TenantId::NONE).await.iter().any(|action| action == "brand.set"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_has_a_brand_of_its_own() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    for wrong in ["", "https://portal.example", "a/b", "*.example"] {
        let seen = staff.post("/console/brand", &[("host", wrong)]).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let path = staff.submit("/console/brand", &[("host", "Portal.Example")]).await;
    assert_eq!(path, "/console/brand/portal.example");
    assert!(staff.look(&path).await.words().contains("not set yet"));
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let see = async || {
        let request = client.get(format!("{}/sign-in", app.url)).header("host", "portal.example");
        let answer = request.send().await.unwrap();
        (answer.status(), answer.text().await.unwrap().contains("Northern Light"))
    };
    assert_eq!(see().await, (StatusCode::MISDIRECTED_REQUEST, false));
    staff.submit(&path, &BRAND).await;
    assert_eq!(see().await, (StatusCode::OK, true));
    assert!(!app.visitor().look("/sign-in").await.text.contains("Northern Light"), "it is of that host only");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_is_that_of_an_auditor_and_the_client_sees_it() {
    let app = TestApp::start().await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    let staff = app.staff().await;
    assert_ne!(staff.get("/home").await.status, StatusCode::OK);
    let path = format!("/console/clients/{tenant}/visit");
    for wrong in
        [[("reason", ""), ("hours", "1")], [("reason", "why"), ("hours", "9")], [("reason", "why"), ("hours", "0")]]
    {
        assert_eq!(staff.post(&path, &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(staff.submit(&path, &[("reason", "Ticket 7: no calls"), ("hours", "2")]).await, "/home");
    assert!(staff.look("/home").await.words().contains("as an auditor until"));
    staff.look("/team").await;
    assert_eq!(staff.get("/agents/new").await.status, StatusCode::FORBIDDEN);
    assert_eq!(staff.post("/settings/name", &[("name", "Mine")]).await.status, StatusCode::FORBIDDEN);
    assert!(owner.look("/team").await.words().contains("Ticket 7: no calls"));

    staff.submit("/leave-visit", &[]).await;
    assert_ne!(staff.get("/home").await.status, StatusCode::OK);
    assert_eq!(actions(&app, tenant).await[..2], ["visit.ended", "visit.begun"]);
    // A second one takes the place of a first, and ends by itself.
    for reason in ["first", "second"] {
        staff.submit(&path, &[("reason", reason), ("hours", "1")]).await;
    }
    let going_on = |words: String| words.matches("goes on").count();
    assert_eq!(going_on(staff.look(&format!("/console/clients/{tenant}")).await.words()), 1);
    app.clock.advance(Duration::from_secs(3600));
    assert_ne!(staff.get("/home").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announcement_is_read_by_every_client_until_it_is_ended() {
    let app = TestApp::start().await;
    let (owner, _) = app.sign_up("Acme", "ann@example.com").await;
    let staff = app.staff().await;
    for until in ["", "2020-01-01"] {
        let form = [("title", "Work on Sunday"), ("body", "From 8 to 9."), ("until", until)];
        assert_eq!(staff.post("/console/announcements", &form).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let form = [("title", "Work on Sunday"), ("body", "From 8 to 9."), ("until", "2099-01-01")];
    staff.submit("/console/announcements", &form).await;
    let read = async || owner.look("/home").await.words().contains("Work on Sunday");
    until(read).await;
    let made = app.store().system().list_announcements().await.unwrap().remove(0);
    let end = format!("/console/announcements/{}/end", made.id);
    staff.submit(&end, &[]).await;
    until(async || !read().await).await;
    assert_eq!(staff.post(&end, &[]).await.status, StatusCode::NOT_FOUND);
    let log = staff.look("/console/audit").await.words();
    assert!(log.contains("announcement.made") && log.contains("announcement.ended"), "{log}");
}

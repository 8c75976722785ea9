//! Who may open what: every route, for every role, for strangers, for the agency's staff, and for the members of another
//! tenant.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use turnpike_core::{Role, TenantId};
use turnpike_portal::{Access, Route, routes};
use turnpike_tests::{
    app::TestApp,
    places::Furnished,
    visitor::{Seen, Visitor},
};

async fn go(visitor: &Visitor, route: &Route, path: &str) -> Seen {
    let fields = (route.method == Method::POST).then_some(&[][..]);
    visitor.send(route.method.clone(), path, fields).await
}

/// Those that end the visitor's own session, or what the others need.
fn is_an_end(route: &Route) -> bool {
    ["/sign-out", "/team/leave", "/leave-visit"].contains(&route.path)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_the_table_says_and_no_more() {
    let mut cells = 0;
    for role in Role::ALL {
        // What a role may do, it does: each has a deployment of its own, whose vendors take grants back for good.
        let app = TestApp::start_unlimited().await;
        let ours = app.furnish("Acme", &format!("{role}@example.com")).await;
        let (visitor, _) = app.member(ours.tenant, *role).await;
        for route in routes().iter().filter(|route| !is_an_end(route)) {
            let Access::Tenant(permission) = route.access else { continue };
            let seen = go(&visitor, route, &ours.path(route)).await;
            let refused = seen.status == StatusCode::FORBIDDEN;
            assert_eq!(refused, !role.reaches(permission.least_role()), "{role} {} {}", route.method, route.path);
            assert!(!seen.status.is_server_error(), "{role} {}: {}", route.path, seen.words());
            cells += 1;
        }
    }
    println!("{cells} cells of role and route are as the table says");
    assert!(cells > 150);
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_asked_to_sign_in_and_members_do_not_find_the_console() {
    let app = TestApp::start_unlimited().await;
    let ours = app.furnish("Acme", "ann@example.com").await;
    let (stranger, mut counted) = (app.visitor(), 0);
    for route in routes().iter().filter(|route| route.access != Access::Anyone) {
        let path = ours.path(route);
        let seen = go(&stranger, route, &path).await;
        assert!(seen.location().starts_with("/sign-in?return_to="), "{path}: {}", seen.status);
        if route.access == Access::Staff {
            let seen = go(&ours.owner, route, &path).await;
            assert_eq!(seen.status, StatusCode::NOT_FOUND, "{path}");
        }
        counted += 1;
    }
    println!("{counted} routes are closed to strangers");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_tenants_looks_like_nothing_and_stays_as_it_is() {
    let app = TestApp::start_unlimited().await;
    let (ours, theirs) =
        (app.furnish("Ours", "ours@example.com").await, app.furnish("Theirs", "theirs@example.com").await);
    let before = settled(&app, theirs.tenant).await;
    let mut tried = 0;
    for route in routes().iter().filter(|route| matches!(route.access, Access::Tenant(_))) {
        let Some(nowhere) = theirs.nowhere(&app, route) else { continue };
        let foreign = go(&ours.owner, route, &theirs.path(route)).await;
        let absent = go(&ours.owner, route, &nowhere).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{} {}", route.method, route.path);
        assert_eq!((foreign.status, foreign.text), (absent.status, absent.text), "{}", route.path);
        tried += 1;
    }
    assert_eq!(app.store().export(theirs.tenant).await.unwrap(), before, "something of theirs has changed");
    println!("{tried} routes were tried with another tenant's ids; 0 found or changed anything");
    assert!(tried >= 10);
}

/// All that is kept of a tenant, once the arguments of its calls are, which nobody waits for.
async fn settled(app: &TestApp, tenant: TenantId) -> Value {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let all = app.store().export(tenant).await.unwrap();
        let rows = |table: &str| all["tables"][table].as_array().unwrap().len();
        if rows("call_arguments") == rows("calls") {
            return all;
        }
        assert!(Instant::now() < until, "the arguments of some calls are not kept");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_look_at_a_tenant_as_auditors_for_a_time_and_not_otherwise() {
    let app = TestApp::start_unlimited().await;
    let ours = app.furnish("Acme", "ann@example.com").await;
    let staff = app.staff().await;
    assert!(staff.get("/home").await.location().starts_with("/sign-in"));
    let path = format!("/console/clients/{}/visit", ours.tenant);
    assert_eq!(staff.submit(&path, &[("reason", "A question about calls"), ("hours", "1")]).await, "/home");
    look_as_auditor(&staff, &ours).await;
    assert!(ours.owner.look("/team").await.text.contains("A question about calls"));
    app.clock.advance(Duration::from_secs(3601));
    assert!(staff.get("/home").await.location().starts_with("/sign-in"));
}

async fn look_as_auditor(staff: &Visitor, ours: &Furnished) {
    for route in routes().iter().filter(|route| !is_an_end(route)) {
        let Access::Tenant(permission) = route.access else { continue };
        let seen = go(staff, route, &ours.path(route)).await;
        let refused = seen.status == StatusCode::FORBIDDEN;
        assert_eq!(refused, !Role::Auditor.reaches(permission.least_role()), "{} {}", route.method, route.path);
    }
}

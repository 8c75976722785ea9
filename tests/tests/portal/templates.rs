//! Every template is shown to somebody.

use std::{collections::BTreeSet, fs, path::Path};

use reqwest::Method;
use turnpike_core::Role;
use turnpike_portal::{Access, routes};
use turnpike_tests::{
    app::TestApp,
    oauth::Program,
    places::Furnished,
    visitor::{Seen, Visitor},
};

/// How a page calls itself.
fn name(text: &str) -> Option<String> {
    Some(text.split("data-page=\"").nth(1)?.split('"').next()?.to_owned())
}

/// The names of all pages that there are templates for.
fn templates(folder: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            names.extend(templates(&entry));
        } else {
            names.extend(name(&fs::read_to_string(entry).unwrap()));
        }
    }
    names
}

/// What no address alone leads to.
async fn on_the_way(app: &TestApp, ours: &Furnished, staff: &Visitor) -> Vec<Seen> {
    let stranger = app.visitor();
    let form = [("organisation", "B"), ("name", "B"), ("email", "ben@example.com"), ("password", "a long enough one")];
    stranger.submit("/sign-up", &form).await;
    let key = &app.vendor("supermetrics").credential[0];
    let new_key = [("name", "agent"), ("scope", "google-ads:read"), ("days", "30")];
    let new_service = [("name", "agent"), ("scope", "google-ads:read"), ("days", "30"), ("role", "auditor")];
    let program = Program::register(&app.url).await;
    let asked = Program::page(&program.request("/mcp", "google-ads:read"));
    let (auditor, _) = app.member(ours.tenant, Role::Auditor).await;
    let path = |path: &str| ours.path(routes().iter().find(|route| route.path == path).unwrap());
    vec![
        stranger.look(&app.mail_to("ben@example.com", 1).await.link(&app.url)).await,
        ours.owner.look(&asked).await,
        auditor.look(&asked).await,
        ours.owner.post("/agents/new", &new_key).await,
        ours.owner.post("/agents/service/new", &new_service).await,
        ours.owner.post(&path("/changes/{change}/take-back"), &[]).await,
        staff.look("/console/switches/new?tenant=&what=").await,
        stranger.post(&path("/connect-for/{secret}/form"), &[(key.0, &key.1)]).await,
        stranger.get("/no/such/page").await,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_template_is_shown_to_somebody() {
    let app = TestApp::start_unlimited().await;
    let ours = app.furnish("Acme", "ann@example.com").await;
    let (staff, stranger) = (app.staff().await, app.visitor());
    let mut seen = BTreeSet::new();
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let visitor = match route.access {
            Access::Anyone => &stranger,
            Access::SignedIn | Access::Tenant(_) => &ours.owner,
            Access::Staff => &staff,
        };
        seen.extend(name(&visitor.get(&ours.path(route)).await.text));
    }
    // Who belongs to one organisation is not asked which.
    ours.owner.submit("/organisations/found", &[("name", "Second")]).await;
    seen.extend(name(&ours.owner.look("/organisations").await.text));
    // Back from the payment provider before it has told us.
    seen.extend(name(&ours.owner.look("/billing/return?session=cs_1").await.text));
    ours.owner.submit("/organisations", &[("tenant", &ours.tenant.to_string())]).await;
    for shown in on_the_way(&app, &ours, &staff).await {
        seen.extend(name(&shown.text));
    }
    let all = templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../portal/templates"));
    assert_eq!(all.difference(&seen).collect::<Vec<_>>(), Vec::<&String>::new(), "shown to nobody");
    println!("{} templates were shown", all.len());
}

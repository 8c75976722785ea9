//! Every page of the portal at two widths: nothing on the console, nothing that axe-core calls serious, no page that is wider
//! than a phone. What they look like is kept in `target/screenshots`.

use reqwest::Method;
use turnpike_core::Role;
use turnpike_portal::{Access, Route, routes};
use turnpike_tests::{app::TestApp, browser::Browser};

/// Answers that are no pages to look at.
fn is_page(route: &Route) -> bool {
    let files = route.path.starts_with("/assets/")
        || route.path.ends_with(".csv")
        || ["/logo", "/pdf"].iter().any(|end| route.path.ends_with(end));
    let data = route.path.ends_with("/server.json") || route.path.starts_with("/v0.1/");
    let on_the_way = ["/oidc/start", "/oidc/callback", "/connect/callback"].contains(&route.path);
    route.method == Method::GET && !files && !data && !on_the_way
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_fit_to_be_seen() {
    let app = TestApp::start_unlimited().await;
    let ours = app.furnish("Acme", "ann@example.com").await;
    let (stranger, member) = (Browser::start(&app.url, "pages").await, Browser::start(&app.url, "pages").await);
    let staff = Browser::start(&app.url, "pages").await;
    member.sign_in(&app, ours.tenant, Role::Owner).await;
    staff.sign_in_as_staff(&app).await;
    let (mut faults, mut seen) = (vec![], 0);
    for route in routes().iter().filter(|route| is_page(route)) {
        let browser = match route.access {
            Access::Anyone => &stranger,
            Access::SignedIn | Access::Tenant(_) => &member,
            Access::Staff => &staff,
        };
        browser.open(&ours.path(route)).await;
        // What a link of nobody's leads to is a page too, as is what a program does that does not say which it is; the status
        // of both is said on the console.
        let refused = [("/link/{secret}", "status of 410"), ("/authorize", "status of 400")];
        let known = |fault: &str| refused.iter().any(|(path, said)| route.path == *path && fault.contains(said));
        let found = browser.examine(route.path.trim_matches('/')).await;
        faults.extend(found.into_iter().filter(|fault| !known(fault)));
        seen += 1;
    }
    println!("{seen} pages at {:?} px: {} faults", turnpike_tests::browser::WIDTHS, faults.len());
    assert_eq!(faults, Vec::<String>::new());
    for browser in [stranger, member, staff] {
        browser.close().await;
    }
}

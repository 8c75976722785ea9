//! Every page and every mail: in the agency's name and no other, without secrets, with its guards up.

use reqwest::{Method, StatusCode, header};
use turnpike_portal::{Access, routes};
use turnpike_tests::{
    app::{Backend, TestApp, unlimited},
    visitor::{PASSWORD, Visitor},
};

async fn app(brand: &'static str) -> TestApp {
    TestApp::start_with(Backend::Sqlite, move |settings| {
        unlimited(settings);
        settings.writes.approve_starts = false;
        settings.brand.name = brand.into();
    })
    .await
}

/// Every page that can be shown, with what it is made of.
async fn all_pages(app: &TestApp) -> Vec<(String, String)> {
    let ours = app.furnish("Acme", "ann@example.com").await;
    let (staff, stranger) = (app.staff().await, app.visitor());
    let mut pages = vec![];
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let visitor: &Visitor = match route.access {
            Access::Anyone => &stranger,
            Access::SignedIn | Access::Tenant(_) => &ours.owner,
            Access::Staff => &staff,
        };
        let path = ours.path(route);
        let seen = visitor.get(&path).await;
        let known = seen.status == StatusCode::OK || seen.status.is_redirection();
        // A brand without a picture, single sign-on that is not set up, an answer that nobody waits for,
        // a program that does not say which it is.
        let absent = [
            "/assets/logo",
            "/console/brand/{host}/logo",
            "/oidc/start",
            "/oidc/callback",
            "/connect/callback",
            "/authorize",
        ];
        let lapsed = ["/link/{secret}"];
        assert!(
            known || absent.contains(&route.path) || lapsed.contains(&route.path),
            "{path}: {} {}",
            seen.status,
            seen.words()
        );
        assert_guarded(&path, &seen.headers);
        pages.push((path, format!("{:?}\n{}", seen.headers, seen.text)));
    }
    let refused = stranger.get("/no/such/page").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    pages.push(("/no/such/page".into(), refused.text));
    pages
}

fn assert_guarded(path: &str, headers: &header::HeaderMap) {
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe-inline' 'self"), "{path}: {policy}");
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
    assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY", "{path}");
    assert!(headers.contains_key(header::CACHE_CONTROL), "{path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_seen_or_mailed_names_the_product() {
    let app = app("Northlight").await;
    let pages = all_pages(&app).await;
    for (path, text) in &pages {
        // The path of a settings section is told to the agency's own staff.
        assert!(!text.to_lowercase().contains("turnpike"), "{path}: {text}");
    }
    let mails = app.mails();
    for mail in &mails {
        assert!(!mail.text.to_lowercase().contains("turnpike") && mail.text.contains("Northlight"), "{}", mail.text);
    }
    println!("{} pages and {} mails bear the agency's name only", pages.len(), mails.len());
    assert!(pages.len() > 40 && mails.len() >= 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_and_no_mail_holds_a_secret() {
    let app = app("Northlight").await;
    let pages = all_pages(&app).await;
    let credentials = app.vendors.values().flat_map(|vendor| vendor.credential.iter().map(|(_, value)| value.clone()));
    let secrets: Vec<_> =
        credentials.filter(|value| value.len() > 12).chain([PASSWORD.to_owned(), "$argon2".to_owned()]).collect();
    let texts = pages.into_iter().chain(app.mails().into_iter().map(|mail| (mail.to, mail.text)));
    let mut looked_at = 0;
    for (place, text) in texts {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{place} holds {secret}");
        }
        assert!(!text.contains("tpk_live_") || text.contains('…'), "{place} holds a key");
        looked_at += 1;
    }
    println!("{} secrets were looked for in {looked_at} pages and mails; 0 were found", secrets.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_write_stays_text() {
    let app = app("<script>alert(1)</script>").await;
    let hostile = "\"><img src=x onerror=alert(1)>";
    let ours = app.furnish(hostile, "ann@example.com").await;
    ours.owner.submit("/account/name", &[("name", hostile)]).await;
    let staff = app.staff().await;
    for route in routes().iter().filter(|route| route.method == Method::GET) {
        let visitor = if route.access == Access::Staff { &staff } else { &ours.owner };
        let seen = visitor.get(&ours.path(route)).await;
        let page =
            seen.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.to_str().unwrap().starts_with("text/html"));
        assert!(!page || !seen.text.contains("<img src=x") && !seen.text.contains("<script>alert"), "{}", route.path);
    }
}

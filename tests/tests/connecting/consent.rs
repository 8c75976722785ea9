//! The vendor's consent page, and the way through it.

use reqwest::{StatusCode, Url};
use serde_json::json;
use turnpike_store::ConnectionState;
use turnpike_tenancy::{ConnectError, Side};

use crate::connecting::{
    browser::{open, parameter, press},
    scene::{Scene, answer, by_shape, unchosen},
};

#[tokio::test]
async fn every_vendor_that_asks_for_consent_is_connected_by_a_browser_live_and_as_a_sandbox() {
    for side in [Side::Live, Side::Sandbox] {
        let scene = Scene::new().await;
        for integration in by_shape().0 {
            let name = integration.manifest.name;
            assert!(scene.tenancy().has_app(name, side), "{name}");
            let url = scene.begin(name, side).await.unwrap();
            let at_ours = url.as_str().starts_with(&format!("{}/sandbox/{name}/authorize?", scene.app.url));
            assert_eq!(at_ours, side == Side::Sandbox, "{url}");

            let connected = scene.consent(name, side).await;
            assert!(connected.first && !connected.offered.is_empty(), "{name}: {connected:?}");
            assert_eq!(connected.connection.accounts, unchosen(&connected), "{name}: nobody has chosen yet");
            assert_eq!((connected.tenant, &connected.actor), (scene.tenant.id, &scene.person.0));
            let all = scene.choose_all(&connected).await;
            let listed = scene.tenant.agent.ok(name, "list_accounts", json!({})).await;
            assert_eq!(listed["accounts"].as_array().unwrap().len(), all.len(), "{name}: {listed}");
            scene.read(&integration).await;
            let row = scene.row(name).await;
            assert_eq!((row.state, row.sandbox), (ConnectionState::Ok, side == Side::Sandbox), "{name}");
        }
    }
}

#[tokio::test]
async fn a_grant_that_a_person_gave_is_refreshed_and_is_not_the_one_that_the_sandbox_began_with() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        let connected = scene.consent(name, Side::Live).await;
        scene.choose_all(&connected).await;
        let tokens = scene.vendor_tokens(name);
        let refreshes = tokens.refreshes();
        tokens.expire_all();
        scene.read(&integration).await;
        assert_eq!(tokens.refreshes() - refreshes, 1, "{name}");
    }
}

#[tokio::test]
async fn who_chooses_one_region_of_amazon_is_offered_its_profiles_only() {
    let scene = Scene::new().await;
    let url = scene.begin("amazon-ads", Side::Sandbox).await.unwrap();
    let answer = scene.allow(&url, &[("choice", "eu")]).await;
    let connected = scene.finish(&answer).await.unwrap();
    assert!(!connected.offered.is_empty());
    assert!(connected.offered.iter().all(|account| account.region.as_deref() == Some("eu")), "{connected:?}");
    scene.choose_all(&connected).await;
    scene.tenant.agent.ok("amazon-ads", "list_accounts", json!({})).await;
}

#[tokio::test]
async fn who_says_no_leaves_no_connection_and_an_event_that_says_so() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        let url = scene.begin(name, Side::Sandbox).await.unwrap();
        let back = press(&open(&url).await, Some(("decision", "deny")), &[]).await.leads_to();
        let error = scene.finish(&answer(&back)).await.unwrap_err();
        assert!(matches!(&error, ConnectError::Denied { words, .. } if words == "access_denied"), "{name}: {error}");
        assert!(scene.find_row(name).await.is_none(), "{name}");
        let event = scene.audit().await.into_iter().next().unwrap();
        let subject = format!("integration:{name}");
        assert_eq!((&*event.action, &event.subject), ("connection.refused", &subject));
        assert_eq!(event.actor, scene.person.0);
        assert!(event.details_json.contains("denied"), "{event:?}");
    }
}

#[tokio::test]
async fn the_page_is_plain_and_names_nobody_but_the_vendor_and_the_client() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let (name, title) = (integration.manifest.name, integration.manifest.title);
        let page = open(&scene.begin(name, Side::Sandbox).await.unwrap()).await;
        for needed in ["<html lang=\"en\">", "<title>Sandbox of ", "<h1>Sandbox of ", "Allow", "Deny", title] {
            assert!(page.html.contains(needed), "{name} lacks {needed}: {}", page.html);
        }
        assert_eq!(page.html.matches("<h1>").count(), 1, "{name}");
        for absent in ["<script", "style", "onclick", "urnpike"] {
            assert!(!page.html.contains(absent), "{name} has {absent}: {}", page.html);
        }
        let policy = page.headers["content-security-policy"].to_str().unwrap();
        for part in ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert_eq!(page.headers["cache-control"], "no-store", "{name}");
    }
}

#[tokio::test]
async fn a_wrong_request_is_told_on_the_page_and_sends_the_browser_nowhere() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let name = integration.manifest.name;
        let good = scene.begin(name, Side::Sandbox).await.unwrap();
        assert_eq!(open(&good).await.status, StatusCode::OK);
        let callback = format!("{}/connect/callback", scene.app.url);
        let wrong = [
            ("client_id", Some("somebody-else".to_owned())),
            ("redirect_uri", Some(format!("{callback}/evil"))),
            ("redirect_uri", Some(format!("{callback}?x=1"))),
            ("redirect_uri", Some("https://evil.example/connect/callback".into())),
            ("redirect_uri", None),
            ("response_type", Some("token".into())),
            ("scope", Some("everything".into())),
            ("state", None),
            ("state", Some(String::new())),
            ("code_challenge_method", Some("plain".into())),
            ("unheard_of", Some("1".into())),
        ];
        for (parameter, value) in wrong {
            let page = open(&with(&good, parameter, value.as_deref())).await;
            assert_eq!(page.status, StatusCode::BAD_REQUEST, "{name}: {parameter} {value:?}");
            assert!(page.headers.get("location").is_none() && !page.html.contains("<form"), "{name}: {parameter}");
        }
        for (parameter, _) in integration.manifest.auth.oauth().unwrap().authorize_parameters {
            assert_eq!(
                open(&with(&good, parameter, None)).await.status,
                StatusCode::BAD_REQUEST,
                "{name}: {parameter}"
            );
        }
        let mut twice = good.clone();
        twice.query_pairs_mut().append_pair("state", "another");
        assert_eq!(open(&twice).await.status, StatusCode::BAD_REQUEST, "{name}: a state that is there twice");
    }
}

#[tokio::test]
async fn a_challenge_is_sent_to_every_vendor_that_takes_one_and_to_no_other() {
    let scene = Scene::new().await;
    for integration in by_shape().0 {
        let (name, oauth) = (integration.manifest.name, integration.manifest.auth.oauth().unwrap());
        let url = scene.begin(name, Side::Live).await.unwrap();
        let method = parameter(&url, "code_challenge_method");
        assert_eq!(method.as_deref(), oauth.pkce.then_some("S256"), "{name}");
        assert_eq!(parameter(&url, "code_challenge").is_some(), oauth.pkce, "{name}");
        assert_eq!(parameter(&url, "scope").unwrap_or_default(), oauth.scopes.join(" "), "{name}");
        assert!(!url.query().unwrap().contains('+'), "{name}: {url}");
    }
}

#[tokio::test]
async fn of_the_sandboxes_only_their_pages_are_to_be_had_from_outside() {
    let scene = Scene::new().await;
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        for path in ["_sandbox/tokens", "_sandbox/script", "token", "revoke", "auth/o2/token", "me", ""] {
            let url: Url = format!("{}/sandbox/{name}/{path}", scene.app.url).parse().unwrap();
            assert_eq!(open(&url).await.status, StatusCode::NOT_FOUND, "{url}");
        }
    }
}

/// The address with another value of the parameter, or without it.
fn with(url: &Url, name: &str, value: Option<&str>) -> Url {
    let kept: Vec<_> =
        url.query_pairs().filter(|(own, _)| own != name).map(|(a, b)| (a.into_owned(), b.into_owned())).collect();
    let mut other = url.clone();
    other.query_pairs_mut().clear().extend_pairs(kept).extend_pairs(value.map(|value| (name, value)));
    other
}

//! What the vendor sees: each auth shape as it must be, and no secret where it does not belong.

use turnpike_sdk::{AuthShape, Integration, Recorded, SystemUser, TokenRequest, TokenStyle};
use turnpike_tests::{app::FakeVendor, tour::tour};

use crate::scene::{certified, start_unlimited};

#[tokio::test]
async fn each_request_carries_what_its_auth_shape_asks_for_and_no_secret_in_its_address() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let name = integration.manifest.name;
        let vendor = app.vendor(name);
        tour(&integration, &tenant.agent).await;
        let (tokens, calls): (Vec<_>, Vec<_>) =
            vendor.script.recorded().into_iter().partition(|request| vendor.is_about_tokens(request));
        assert!(calls.len() > 5, "{name} was called {} times", calls.len());
        for request in &calls {
            check_call(&integration, request);
        }
        let style = integration.manifest.auth.oauth().map_or(TokenStyle::USUAL, |oauth| oauth.token_style);
        for request in &tokens {
            let content_type = request.headers["content-type"].to_str().unwrap();
            let expected = match style.request {
                TokenRequest::Form => "application/x-www-form-urlencoded",
                TokenRequest::BasicJson => "application/json",
            };
            assert_eq!(content_type, expected, "{name}");
            let basic = request.headers.get("authorization").is_some_and(|it| it.as_bytes().starts_with(b"Basic "));
            assert_eq!(basic, style.request == TokenRequest::BasicJson, "{name}");
            if let Some(header) = style.version_header {
                assert_eq!(request.headers[header], integration.manifest.version.version, "{name}");
            }
        }
        for request in calls.iter().chain(&tokens) {
            check_address(vendor, carrier(&integration.manifest.auth), request);
        }
    }
}

/// The header that carries the credential, and what stands before it there.
pub fn carrier(auth: &AuthShape) -> (&'static str, &'static str) {
    match auth {
        AuthShape::ApiKey { header, prefix } => (header, prefix),
        _ => ("authorization", "Bearer "),
    }
}

fn check_call(integration: &Integration, request: &Recorded) {
    let name = integration.manifest.name;
    let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
    let (carrier, prefix) = carrier(&integration.manifest.auth);
    let Some(credential) = header(carrier) else {
        return check_download(integration, request);
    };
    assert_eq!(request.headers.get_all(carrier).iter().count(), 1, "{name}");
    let known = credential.strip_prefix(prefix).is_some_and(|secret| secret.len() > 5);
    assert!(known, "{name}: {} carries no credential in {carrier}", request.uri.path());
    match &integration.manifest.auth {
        AuthShape::OAuthRefresh(_)
        | AuthShape::SystemUserToken(SystemUser { app: None, .. })
        | AuthShape::ApiKey { .. } => {}
        AuthShape::SystemUserToken(SystemUser { app: Some(_), .. }) => {
            let proof = request.uri.query().into_iter().flat_map(|query| query.split('&'));
            let proof = proof.filter_map(|pair| pair.strip_prefix("appsecret_proof=")).next().unwrap_or_default();
            let hexadecimal = proof.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            assert!(proof.len() == 64 && hexadecimal, "{name}: {}", request.uri.path());
        }
        AuthShape::LoginWithAmazon(_) => {
            assert!(header("amazon-advertising-api-clientid").is_some(), "{name}: {}", request.uri);
            let scoped = header("amazon-advertising-api-scope").is_some_and(|scope| scope.parse::<u64>().is_ok());
            assert_ne!(scoped, request.uri.path().ends_with("/v2/profiles"), "{name}: {}", request.uri);
        }
        AuthShape::RestliOAuth(_) => {
            assert_eq!(header("x-restli-protocol-version"), Some("2.0.0"), "{name}");
            assert_eq!(header("linkedin-version"), Some(integration.manifest.version.version), "{name}");
        }
    }
}

/// A link that the vendor has signed is fetched as a stranger would.
fn check_download(integration: &Integration, request: &Recorded) {
    let AuthShape::LoginWithAmazon(_) = integration.manifest.auth else {
        panic!("{}: {} carries no credential", integration.manifest.name, request.uri.path());
    };
    let ours = request.headers.keys().find(|name| name.as_str().starts_with("amazon-"));
    assert_eq!(ours, None, "{}", request.uri.path());
}

fn check_address(vendor: &FakeVendor, (carrier, prefix): (&str, &str), request: &Recorded) {
    let address = request.uri.to_string();
    for (field, value) in vendor.credential.iter().filter(|(_, value)| value.len() > 7) {
        assert!(!address.contains(value.as_str()), "{field} stands in {}", request.uri.path());
    }
    let token = request.headers.get(carrier).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = token.trim_start_matches(prefix);
    assert!(token.is_empty() || !address.contains(token), "a token stands in {}", request.uri.path());
}

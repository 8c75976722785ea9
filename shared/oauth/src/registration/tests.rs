use serde_json::json;

use super::*;

fn rules() -> RedirectRules {
    RedirectRules::new(vec!["cursor://anysphere.cursor-mcp/oauth/callback".into()])
}

fn registered(body: Value) -> ClientMetadata {
    read(&body, &rules()).unwrap()
}

fn claude() -> Value {
    json!({
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "google-ads:read offline_access",
    })
}

/// What hosts send.
fn hosts() -> Vec<Value> {
    vec![
        claude(),
        json!({
            "client_name": "Claude Code (ads)",
            "redirect_uris": ["http://localhost:53682/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }),
        json!({
            "client_name": "ChatGPT",
            "redirect_uris": ["https://chatgpt.com/connector/oauth/abc"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        }),
        json!({
            "client_name": "Cursor",
            "redirect_uris": [
                "cursor://anysphere.cursor-mcp/oauth/callback",
                "https://www.cursor.com/agents/mcp/oauth/callback",
                "http://localhost:8787/callback",
            ],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "software_id": "cursor",
            "logo_uri": null,
        }),
        json!({
            "client_name": "Visual Studio Code",
            "redirect_uris": ["https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"],
            "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "native",
        }),
        json!({
            "client_name": "GitHub Copilot CLI",
            "redirect_uris": ["http://127.0.0.1:49733/callback"],
        }),
    ]
}

#[test]
fn the_hosts_of_today_register_with_all_their_redirects() {
    for body in hosts() {
        let client = registered(body.clone());
        assert_eq!(body["client_name"], client.name);
        assert_eq!(body["redirect_uris"], json!(client.redirect_uris));
        assert_eq!(client.auth_method, AuthMethod::None);
    }
}

#[test]
fn a_client_that_asks_for_a_secret_gets_one() {
    for (said, method) in [
        (json!("client_secret_basic"), AuthMethod::ClientSecretBasic),
        (json!("client_secret_post"), AuthMethod::ClientSecretPost),
        (json!(null), AuthMethod::None),
    ] {
        let mut body = claude();
        body["token_endpoint_auth_method"] = said;
        assert_eq!(registered(body).auth_method, method);
    }
    let mut signing = claude();
    signing["token_endpoint_auth_method"] = json!("private_key_jwt");
    signing["token_endpoint_auth_methods_supported"] = json!(["private_key_jwt", "none"]);
    assert_eq!(registered(signing).auth_method, AuthMethod::None);
}

#[test]
fn a_name_is_one_line_that_hides_nothing_and_else_the_place_to_go_back_to() {
    let named = |name: Value, uri: &str| registered(json!({ "client_name": name, "redirect_uris": [uri] })).name;
    assert_eq!(named(json!("  Acme\n\tAgent "), "http://localhost/"), "Acme Agent");
    assert_eq!(named(json!("Acme\u{202e}Agent"), "http://localhost/"), "Acme\u{fffd}Agent");
    assert_eq!(named(json!("ä".repeat(100)), "http://localhost/"), "ä".repeat(100));
    for nothing in [json!(null), json!(""), json!("\u{200b}\n")] {
        assert_eq!(named(nothing.clone(), "https://client.example/callback"), "client.example");
        assert_eq!(named(nothing.clone(), "http://127.0.0.1:1/"), "localhost");
        assert_eq!(named(nothing, "cursor://anysphere.cursor-mcp/oauth/callback"), "cursor");
    }
}

#[test]
fn a_registration_that_cannot_work_is_refused_with_the_code_of_the_standard() {
    use RegistrationError as E;
    let with = |name: &str, value: Value| {
        let mut body = claude();
        body[name] = value;
        body
    };
    for (body, error) in [
        (json!("Claude"), E::NotAnObject),
        (with("client_name", json!(1)), E::Name),
        (with("client_name", json!("a".repeat(101))), E::Name),
        (with("grant_types", json!(["client_credentials"])), E::GrantTypes),
        (with("grant_types", json!("authorization_code")), E::GrantTypes),
        (with("response_types", json!(["token"])), E::ResponseTypes),
        (with("token_endpoint_auth_method", json!("private_key_jwt")), E::AuthMethod),
        (with("token_endpoint_auth_method", json!(["none"])), E::AuthMethod),
        (with("redirect_uris", json!(null)), RedirectError::Missing.into()),
        (with("redirect_uris", json!(["myapp://callback"])), RedirectError::Unlisted.into()),
        (
            with("redirect_uris", json!(["http://localhost/", "http://client.example/"])),
            RedirectError::PlainHttp.into(),
        ),
    ] {
        let refused = read(&body, &rules()).unwrap_err();
        let code = if matches!(error, E::Redirect(_)) { "invalid_redirect_uri" } else { "invalid_client_metadata" };
        assert_eq!((refused, refused.code()), (error, code));
        // What RFC 6749 §5.2 lets a description hold.
        let text = refused.to_string();
        assert!(text.chars().all(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\')), "{text}");
    }
    for accepted in [
        with("grant_types", json!(["authorization_code", "implicit"])),
        with("grant_types", json!(null)),
        with("response_types", json!(null)),
    ] {
        registered(accepted);
    }
}

#[test]
fn the_same_client_has_the_same_fingerprint_and_another_has_another() {
    let of = |name: &str, redirects: &[&str], method: &str| {
        let body = json!({ "client_name": name, "redirect_uris": redirects, "token_endpoint_auth_method": method });
        fingerprint(&registered(body))
    };
    let (site, here) = ("https://client.example/callback", "http://127.0.0.1:49733/callback");
    let one = of("Acme", &[site, here], "none");
    assert_eq!(one, of("Acme", &[here, site], "none"));
    assert_eq!(one, of("Acme", &[site, "http://127.0.0.1:1/callback", here], "none"));
    for other in [
        of("Acme!", &[site, here], "none"),
        of("Acme", &[site], "none"),
        of("Acme", &[site, "http://localhost:49733/callback"], "none"),
        of("Acme", &[site, here], "client_secret_basic"),
        of("Acme", &[site, here], "client_secret_post"),
    ] {
        assert_ne!(one, other);
    }
}

#[test]
fn the_answer_has_no_member_that_is_null_and_an_end_only_with_a_secret() {
    let at = Timestamp::from_micros(1_800_000_000_999_999);
    let answer = response("c1", &registered(claude()), at, None);
    let expected = json!({
        "client_id": "c1",
        "client_id_issued_at": 1_800_000_000,
        "client_name": "Claude",
        "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    });
    assert_eq!(answer, expected);
    let answer = response("c1", &registered(claude()), at, Some("s"));
    assert_eq!((&answer["client_secret"], &answer["client_secret_expires_at"]), (&json!("s"), &json!(0)));
}

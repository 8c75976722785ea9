use serde_json::json;

use super::*;

const CURSOR: &str = "cursor://anysphere.cursor-mcp/oauth/callback";

fn rules() -> RedirectRules {
    RedirectRules::new(vec![CURSOR.into(), "javascript:alert(1)".into()])
}

#[test]
fn sites_the_own_computer_and_listed_apps_are_places_to_go_back_to() {
    for uri in [
        "https://claude.ai/api/mcp/auth_callback",
        "https://chatgpt.com/connector/oauth/abc",
        "https://www.cursor.com/agents/mcp/oauth/callback",
        "https://vscode.dev/redirect",
        "https://client.example:8443/callback?tenant=a&b=%20",
        "https://xn--bcher-kva.example/",
        "http://localhost/callback",
        "http://localhost:8787/callback",
        "http://127.0.0.1",
        "http://127.0.0.1/",
        "http://127.0.0.1:33418/",
        "http://[::1]:1?a=b",
        CURSOR,
    ] {
        assert_eq!(rules().check(uri), Ok(()), "{uri}");
    }
}

#[test]
fn every_other_place_is_refused_for_its_reason() {
    use RedirectError as E;
    for (uri, error) in [
        ("javascript:alert(1)", E::Scheme),
        ("JavaScript://x/%0aalert(1)", E::Scheme),
        ("data:text/html,hi", E::Scheme),
        ("file:///etc/passwd", E::Scheme),
        ("vbscript:x", E::Scheme),
        ("view-source:https://client.example/", E::Scheme),
        ("cursor://anysphere.cursor-mcp/oauth/callback/", E::Unlisted),
        ("cursor://other/oauth/callback", E::Unlisted),
        ("CURSOR://anysphere.cursor-mcp/oauth/callback", E::Unlisted),
        ("com.example.app:/callback", E::Unlisted),
        ("http://client.example/callback", E::PlainHttp),
        ("http://127.0.0.1.client.example/", E::PlainHttp),
        ("http://localhost.client.example/", E::PlainHttp),
        ("http://localhost@client.example/", E::PlainHttp),
        ("http://localhost:1@client.example/", E::PlainHttp),
        ("http://localhost:0/", E::PlainHttp),
        ("http://localhost:65536/", E::PlainHttp),
        ("http://localhost:+80/", E::PlainHttp),
        ("http://127.0.0.2/", E::PlainHttp),
        ("http://2130706433/", E::PlainHttp),
        ("http://LOCALHOST/", E::PlainHttp),
        ("http:/localhost/", E::PlainHttp),
        ("/callback", E::Relative),
        ("//client.example/callback", E::Relative),
        ("client.example/callback", E::Relative),
        ("", E::Relative),
        ("1a:b", E::Relative),
        ("https://client.example/callback#", E::Fragment),
        ("http://localhost/#a", E::Fragment),
        ("https://claude.ai@client.example/callback", E::UserInfo),
        ("https://a:b@client.example/callback", E::UserInfo),
        ("https://@client.example/callback", E::UserInfo),
        ("https://*.client.example/callback", E::Characters),
        ("https://client.example/*", E::Characters),
        ("http://localhost:*/", E::Characters),
        ("https://claude.ai\\@client.example/callback", E::Characters),
        ("https:\\\\client.example/callback", E::Characters),
        ("https://client.exa\tmple/callback", E::Characters),
        ("java\nscript:alert(1)", E::Characters),
        (" https://client.example/callback", E::Characters),
        ("https://client.example/\u{202e}", E::Characters),
        ("https://cliеnt.example/", E::Characters),
        ("https://client.example/\"><script>", E::Characters),
        ("https://client.example", E::Spelling),
        ("https://client.example?a=b", E::Spelling),
        ("https:client.example/callback", E::Spelling),
        ("https:///client.example/callback", E::Spelling),
        ("https://", E::Spelling),
        ("HTTPS://client.example/callback", E::Spelling),
        ("https://Client.example/callback", E::Spelling),
        ("https://client.example:443/callback", E::Spelling),
        ("https://client.example/a/../callback", E::Spelling),
        ("https://client.example/a/%2e%2e/callback", E::Spelling),
        ("https://cl%69ent.example/callback", E::Spelling),
        ("https://0x7f.1/callback", E::Spelling),
    ] {
        assert_eq!(rules().check(uri), Err(error), "{uri}");
    }
    let long = format!("https://client.example/{}", "a".repeat(2_000));
    assert_eq!(rules().check(&long), Err(RedirectError::TooLong));
}

#[test]
fn a_redirect_matches_letter_for_letter_but_for_the_port_on_the_own_computer() {
    for (registered, wanted) in [
        ("https://claude.ai/api/mcp/auth_callback", "https://claude.ai/api/mcp/auth_callback"),
        ("http://localhost/callback", "http://localhost:51234/callback"),
        ("http://127.0.0.1:33418/", "http://127.0.0.1:5000/"),
        ("http://[::1]:1/callback?a=b", "http://[::1]/callback?a=b"),
        (CURSOR, CURSOR),
    ] {
        assert!(matches(registered, wanted), "{registered} {wanted}");
    }
    for (registered, wanted) in [
        ("https://client.example/callback", "https://client.example/callback/"),
        ("https://client.example/callback", "https://client.example/callback?a=b"),
        ("https://client.example/callback", "https://client.example:8443/callback"),
        ("https://client.example:1/callback", "https://client.example:2/callback"),
        ("https://client.example/callback", "https://client.example/Callback"),
        ("https://localhost:1/callback", "https://localhost:2/callback"),
        ("http://localhost/callback", "http://127.0.0.1/callback"),
        ("http://127.0.0.1/callback", "http://[::1]/callback"),
        ("http://localhost/callback", "https://localhost/callback"),
        ("http://localhost/callback", "http://localhost:1/callback/x"),
        ("http://localhost/callback", "http://localhost:1/callback?x"),
        ("http://localhost/callback", "http://localhost:1@client.example/callback"),
        ("http://localhost/callback", "http://localhost.client.example/callback"),
        ("http://localhost", "http://localhost/"),
        (CURSOR, "cursor://anysphere.cursor-mcp/oauth"),
    ] {
        assert!(!matches(registered, wanted), "{registered} {wanted}");
    }
}

#[test]
fn a_person_is_told_the_host_the_own_computer_or_the_app() {
    let web = |host: &str| RedirectTarget::Web { host: host.into() };
    for (uri, target) in [
        ("https://claude.ai/api/mcp/auth_callback", web("claude.ai")),
        ("https://client.example:8443/callback", web("client.example:8443")),
        ("https://claude.ai.client.example/", web("claude.ai.client.example")),
        ("http://localhost:8787/callback", RedirectTarget::ThisComputer),
        ("http://127.0.0.1/", RedirectTarget::ThisComputer),
        ("http://[::1]/", RedirectTarget::ThisComputer),
        ("https://localhost/", RedirectTarget::ThisComputer),
        (CURSOR, RedirectTarget::App { scheme: "cursor".into() }),
    ] {
        assert_eq!(RedirectTarget::of(uri), target, "{uri}");
    }
}

#[test]
fn a_list_of_redirects_is_read_whole_or_not_at_all() {
    let read = |value| rules().read(Some(&value));
    assert_eq!(read(json!([CURSOR, "http://localhost/", CURSOR])).unwrap(), [CURSOR, "http://localhost/"]);
    assert_eq!(rules().read(None), Err(RedirectError::Missing));
    assert_eq!(read(json!([])), Err(RedirectError::Missing));
    assert_eq!(read(json!("http://localhost/")), Err(RedirectError::NotTexts));
    assert_eq!(read(json!(["http://localhost/", 1])), Err(RedirectError::NotTexts));
    assert_eq!(read(json!(["http://localhost/", "http://client.example/"])), Err(RedirectError::PlainHttp));
    assert_eq!(read(json!(vec!["http://localhost/"; 11])), Err(RedirectError::TooMany));
}

//! Authorization requests that nobody is asked about: the client is told at its own redirect, or, where that is not certain,
//! the person on a page.

use reqwest::StatusCode;
use turnpike_tests::{
    oauth::{CALLBACK, Program, query},
    visitor::Seen,
};
use url::form_urlencoded;

use crate::oauth::scene::{READ, SERVER, Scene, with};

/// Asserts that a person is told, with a number that finds the step again, and that nobody is sent anywhere.
async fn stays_here(scene: &Scene, path: &str, words: &str) {
    let seen: Seen = scene.owner.get(path).await;
    assert_eq!((seen.status, seen.location()), (StatusCode::BAD_REQUEST, ""), "{path}");
    assert!(seen.text.contains(words) && !seen.text.contains("<form method=\"post\" action=\"/authorize\""), "{path}");
    assert!(!seen.headers.contains_key("refresh") && !seen.text.contains("http-equiv"), "{path}");
    let number = seen.text.split("id=\"attempt\"").nth(1).unwrap().split(['>', '<']).nth(1).unwrap();
    let attempt = scene.app.store().system().find_connect_attempt(number.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((&*attempt.step, attempt.error.as_deref()), ("authorization", Some("invalid_request")));
    assert!(attempt.description.contains(words), "{attempt:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_to_a_place_that_the_client_has_not_registered() {
    let scene = Scene::set().await;
    let web = scene.another_program().await;
    let foreign = [
        "https://client.example/callback/",
        "https://client.example/callback/evil",
        "https://client.example/callbackevil",
        "https://client.example/callback?next=evil",
        "https://client.example/callback#",
        "https://client.example/callback#evil",
        "https://client.example/",
        "https://evil.client.example/callback",
        "https://client.example.evil.example/callback",
        "https://clientexample/callback",
        "https://client.example./callback",
        "https://client.example:443/callback",
        "https://client.example:8443/callback",
        "http://client.example/callback",
        "https://client.example/a/../callback",
        "https://client.example/./callback",
        "https://client.example/callback/../evil",
        "https://client.example/%63allback",
        "https://client.example//callback",
        "https://client.example@evil.example/callback",
        "https://user@client.example/callback",
        "https://evil.example\\@client.example/callback",
        "https://evil.example/?https://client.example/callback",
        "https://CLIENT.example/callback",
        "HTTPS://client.example/callback",
        " https://client.example/callback",
        "https://client.example/callback ",
        "https://client.example/callback\r\nlocation: https://evil.example",
        "//client.example/callback",
        "/callback",
        "javascript:alert(1)//client.example/callback",
        "data:text/html,https://client.example/callback",
        CALLBACK,
    ];
    let at_home = [
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:33418@evil.example/callback",
        "http://127.0.0.1:33418/other",
        "http://127.0.0.1:33418/callback/",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:33418evil/callback",
        "http://127.0.0.1:/callback",
        "http://localhost:33418/callback",
        "http://[::1]:33418/callback",
        "http://127.1:33418/callback",
        "http://2130706433/callback",
        "http://0x7f.0.0.1/callback",
        "http://127.0.0.2:33418/callback",
        "https://127.0.0.1:33418/callback",
        "https://client.example/callback",
    ];
    let cases = foreign.map(|uri| (&web, uri)).into_iter().chain(at_home.map(|uri| (&scene.program, uri)));
    for (program, uri) in cases {
        let request = program.request(SERVER, READ);
        stays_here(&scene, &Program::page(&with(&request, "redirect_uri", uri)), "has not registered").await;
        // Neither with something else wrong, which the client would be told.
        let wrong = with(&with(&request, "redirect_uri", uri), "response_type", "token");
        stays_here(&scene, &Program::page(&wrong), "has not registered").await;
    }
    println!("{} foreign redirects lead nowhere", foreign.len() + at_home.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_and_a_request_that_says_who_it_is_twice_stay_here() {
    let scene = Scene::set().await;
    let (program, web) = (&scene.program, scene.another_program().await);
    let request = program.request(SERVER, READ);
    for unknown in
        ["nobody", "01a200cc-b0de-71d8-895a-91ea46af2c17", "' OR 1=1 --", "https://", "https://client.example"]
    {
        stays_here(&scene, &Program::page(&with(&request, "client_id", unknown)), "is not known here").await;
    }
    stays_here(&scene, &Program::page(&with(&request, "client_id", "")), "which program asks").await;
    stays_here(&scene, "/authorize", "which program asks").await;
    for (name, value) in [("client_id", &web.client_id), ("redirect_uri", &web.redirect_uri), ("state", &web.url)] {
        let twice = |more: &[(&str, &str)]| {
            let more = form_urlencoded::Serializer::new(String::new()).extend_pairs(more).finish();
            format!("{}&{more}", Program::page(&request))
        };
        let words = format!("says `{name}` twice");
        let escaped = words.as_str();
        stays_here(&scene, &twice(&[(name, value)]), escaped).await;
        stays_here(&scene, &twice(&[(name, "")]), escaped).await;
        stays_here(&scene, &twice(&[(name, value), ("scope", READ), ("resource", "x")]), escaped).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_told_at_its_redirect_with_state_and_issuer() {
    let scene = Scene::set().await;
    let request = scene.program.request(SERVER, READ);
    let long = "s".repeat(4097);
    let cases = [
        ("response_type", "", "unsupported_response_type"),
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "code token", "unsupported_response_type"),
        ("response_type", "id_token", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("response_mode", "form_post", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge", &"+".repeat(43), "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "s256", "invalid_request"),
        ("prompt", "none", "interaction_required"),
        ("prompt", "consent none", "interaction_required"),
        ("resource", "https://mcp.example.com/mcp", "invalid_target"),
        ("resource", "not a URL", "invalid_target"),
        ("resource", &scene.app.url, "invalid_target"),
        ("resource", &format!("{}#x", scene.program.server(SERVER)), "invalid_target"),
        ("resource", &format!("{}?x=y", scene.program.server(SERVER)), "invalid_target"),
        ("scope", "everything", "invalid_scope"),
        ("scope", "meta-ads:read", "invalid_scope"),
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://client.example/request", "request_not_supported"),
    ];
    let mut pages: Vec<_> =
        cases.iter().map(|(name, value, code)| (Program::page(&with(&request, name, value)), *code)).collect();
    for name in ["scope", "resource", "code_challenge", "code_challenge_method", "response_type", "prompt"] {
        let request = with(&request, "prompt", "consent");
        pages.push((format!("{}&{name}=other", Program::page(&request)), "invalid_request"));
    }
    for (page, code) in &pages {
        let seen = scene.app.visitor().get(page).await;
        let back = seen.location();
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{page}");
        assert!(back.starts_with(&format!("{CALLBACK}?")), "{page}: {back}");
        let answer = query(back);
        assert_eq!(answer["error"], *code, "{page}: {back}");
        assert_eq!((&*answer["state"], &answer["iss"]), ("the state of the test", &scene.app.url), "{back}");
        assert!(!answer.contains_key("code") && !answer["error_description"].is_empty(), "{back}");
    }
    let seen = scene.app.visitor().get(&Program::page(&with(&request, "state", &long))).await;
    assert_eq!(query(seen.location())["error"], "invalid_request");
    println!("{} requests are refused at the client's redirect", pages.len() + 1);
}

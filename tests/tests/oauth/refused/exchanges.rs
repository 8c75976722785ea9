//! Authorization codes that are not redeemed.

use std::time::Duration;

use reqwest::StatusCode;
use turnpike_tests::oauth::{Program, Tokens};

use crate::oauth::scene::{READ, SERVER, Scene, denied, with};

const BAD: StatusCode = StatusCode::BAD_REQUEST;

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_comes_twice_ends_all_that_came_of_the_first_time() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    let redemption = scene.program.redemption(&code);
    let tokens = Tokens::of(&scene.program.ask("/token", &redemption).await);
    assert_eq!(scene.status(&tokens).await, StatusCode::OK);

    for _ in 0..2 {
        let again = scene.program.ask("/token", &redemption).await;
        denied(&again, BAD, "invalid_grant", "used before");
    }
    scene.ends(&tokens).await;
    let refreshed = scene.program.refresh(tokens.refresh.as_deref().unwrap()).await;
    denied(&refreshed, BAD, "invalid_grant", "must agree again");
    assert_eq!(scene.revocations().await, ["code_reused"], "once, however often it comes");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_code_that_comes_many_times_at_once_no_token_is_left() {
    let scene = Scene::set().await;
    let redemption = scene.program.redemption(&scene.code().await);
    let answers = futures_util::future::join_all((0..8).map(|_| scene.program.ask("/token", &redemption))).await;
    let won: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    scene.ends(&Tokens::of(won[0])).await;
    assert_eq!(scene.revocations().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_only_for_whom_and_for_what_it_was_given() {
    let scene = Scene::set().await;
    let other = scene.another_program().await;
    let good = scene.program.redemption(&scene.code().await);
    let elsewhere = scene.program.server("/meta-ads/mcp");
    let (long, short) = ("v".repeat(129), "v".repeat(42));
    for (name, value, code, words) in [
        ("client_id", &*other.client_id, "invalid_grant", "another client"),
        ("code", "nothing", "invalid_grant", "not known"),
        ("code_verifier", &other.verifier, "invalid_grant", "does not fit"),
        ("code_verifier", &scene.program.challenge(), "invalid_grant", "does not fit"),
        ("code_verifier", &long, "invalid_grant", "does not fit"),
        ("code_verifier", &short, "invalid_grant", "does not fit"),
        ("redirect_uri", &other.redirect_uri, "invalid_grant", "redirect_uri"),
        ("redirect_uri", "http://127.0.0.1:33419/callback", "invalid_grant", "redirect_uri"),
        ("resource", &elsewhere, "invalid_target", "only"),
        ("resource", "https://mcp.example.com/mcp", "invalid_target", "only"),
        ("scope", "google-ads:read google-ads:write", "invalid_scope", "only this was granted: google-ads:read"),
        ("grant_type", "password", "unsupported_grant_type", "grant_type"),
        ("grant_type", "", "invalid_request", "grant_type"),
        ("code", "", "invalid_request", "`code` is missing"),
        ("code_verifier", "", "invalid_request", "`code_verifier` is missing"),
    ] {
        denied(&scene.program.ask("/token", &with(&good, name, value)).await, BAD, code, words);
    }
    let unknown = scene.program.ask("/token", &with(&good, "client_id", "nobody")).await;
    denied(&unknown, StatusCode::UNAUTHORIZED, "invalid_client", "register again");

    // None of these has spent it: who cannot prove to be the client cannot take it from the client either.
    Tokens::of(&scene.program.ask("/token", &with(&good, "resource", &scene.program.server(SERVER))).await);
    assert!(scene.revocations().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_for_a_minute() {
    let scene = Scene::set().await;
    let code = scene.code().await;
    scene.app.clock.advance(Duration::from_secs(60));
    let late = scene.program.ask("/token", &scene.program.redemption(&code)).await;
    denied(&late, BAD, "invalid_grant", "expired");
    let code = scene.code().await;
    scene.app.clock.advance(Duration::from_secs(50));
    Tokens::of(&scene.program.ask("/token", &scene.program.redemption(&code)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_redeemed_in_the_name_of_somebody_who_has_left() {
    let scene = Scene::set().await;
    let (member, person) = scene.app.member(scene.tenant, turnpike_core::Role::Member).await;
    let code = scene.program.code(&member, SERVER, READ).await;
    let now = scene.app.operator.ambient.now();
    scene.app.store().tenant(scene.tenant).delete_member(person, now).await.unwrap();
    let late = scene.program.ask("/token", &scene.program.redemption(&code)).await;
    assert_eq!((late.status, &late.body["error"]), (BAD, &"invalid_grant".into()), "{late:?}");
    let asked = member.get(&Program::page(&scene.program.request(SERVER, READ))).await;
    assert!(asked.text.contains("You belong to no organisation yet"), "{}", asked.words());
}

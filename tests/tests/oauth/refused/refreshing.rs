//! Refresh tokens: each once, but for the answer that was lost.

use std::time::Duration;

use reqwest::StatusCode;
use turnpike_tests::oauth::Tokens;

use crate::oauth::scene::{Scene, denied, with};

const BAD: StatusCode = StatusCode::BAD_REQUEST;

fn refresh(tokens: &Tokens) -> &str {
    tokens.refresh.as_deref().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_was_used_before_ends_the_family() {
    let scene = Scene::set().await;
    let first = scene.connect().await;
    let second = Tokens::of(&scene.program.refresh(refresh(&first)).await);
    let third = Tokens::of(&scene.program.refresh(refresh(&second)).await);
    assert_eq!(scene.status(&third).await, StatusCode::OK);

    // Two before the newest: no lost answer explains it, however soon it comes.
    denied(&scene.program.refresh(refresh(&first)).await, BAD, "invalid_grant", "used before");
    for tokens in [&first, &second, &third] {
        denied(&scene.program.refresh(refresh(tokens)).await, BAD, "invalid_grant", "taken back");
        scene.ends(tokens).await;
    }
    assert_eq!(scene.revocations().await, ["token_reused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_answer_gets_it_again_for_half_a_minute() {
    let scene = Scene::set().await;
    let first = scene.connect().await;
    let second = Tokens::of(&scene.program.refresh(refresh(&first)).await);
    scene.app.clock.advance(Duration::from_secs(28));
    let again = Tokens::of(&scene.program.refresh(refresh(&first)).await);
    assert_eq!(again.refresh, second.refresh, "the same next one");
    assert_eq!(scene.status(&again).await, StatusCode::OK);

    scene.app.clock.advance(Duration::from_secs(3));
    denied(&scene.program.refresh(refresh(&first)).await, BAD, "invalid_grant", "used before");
    denied(&scene.program.refresh(refresh(&second)).await, BAD, "invalid_grant", "taken back");
    scene.ends(&again).await;
    assert_eq!(scene.revocations().await, ["token_reused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_good_only_for_whom_and_for_what_it_was_given() {
    let scene = Scene::set().await;
    let other = scene.another_program().await;
    let tokens = scene.connect().await;
    let good = scene.program.refreshing(refresh(&tokens));
    let made_up = refresh(&tokens).replace(".1.", ".2.");
    for (name, value, code, words) in [
        ("client_id", &*other.client_id, "invalid_grant", "another client"),
        ("refresh_token", &tokens.access, "invalid_grant", "no refresh token"),
        ("refresh_token", &made_up, "invalid_grant", "no refresh token"),
        ("refresh_token", "", "invalid_request", "`refresh_token` is missing"),
        ("resource", &scene.program.server("/mcp"), "invalid_target", "only"),
        ("scope", "google-ads:read google-ads:write", "invalid_scope", "only this was granted"),
    ] {
        denied(&scene.program.ask("/token", &with(&good, name, value)).await, BAD, code, words);
    }
    let next = Tokens::of(&scene.program.ask("/token", &with(&good, "scope", "google-ads:read offline_access")).await);
    assert_eq!(next.body["scope"], "google-ads:read");
    assert!(scene.revocations().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_family_that_nobody_uses_for_thirty_days_has_ended() {
    let scene = Scene::set().await;
    let tokens = scene.connect().await;
    scene.app.clock.advance(Duration::from_secs(29 * 86_400));
    let next = Tokens::of(&scene.program.refresh(refresh(&tokens)).await);
    scene.app.clock.advance(Duration::from_secs(30 * 86_400));
    denied(&scene.program.refresh(refresh(&next)).await, BAD, "invalid_grant", "has ended");
}

//! What a token is (RFC 7662) and taking one back (RFC 7009): a client's own, and nobody else's.

use std::{collections::BTreeMap, time::Duration};

use reqwest::StatusCode;
use serde_json::json;
use turnpike_tests::{
    agent::Answer,
    oauth::{Program, Tokens},
};

use crate::oauth::scene::{Parameters, SERVER, Scene, denied};

fn about(client: &str, secret: &str, token: &str) -> Parameters {
    let own = [("client_id", client), ("client_secret", secret), ("token", token)];
    own.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

async fn told(program: &Program, client: &str, secret: &str, token: &str) -> Answer {
    let answer = program.ask("/introspect", &about(client, secret, token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_learns_of_its_own_tokens_and_a_foreign_one_nothing() {
    let scene = Scene::set().await;
    let (program, other) = (&scene.program, scene.another_program().await);
    let tokens = scene.connect().await;
    let refresh = tokens.refresh.as_deref().unwrap();
    let (agent, secret) = scene.app.service_agent(scene.tenant, &["google-ads:read"]).await;
    let (_, elsewhere) = scene.app.sign_up("Other", "bob@example.com").await;
    let (stranger, known) = scene.app.service_agent(elsewhere, &["google-ads:read"]).await;
    for token in [&*tokens.access, refresh] {
        for (client, secret) in [(&*program.client_id, ""), (&agent, &secret)] {
            let body = told(program, client, secret, token).await.body;
            assert_eq!((&body["active"], &body["scope"]), (&json!(true), &json!("google-ads:read")), "{body}");
            assert_eq!((&body["client_id"], &body["iss"]), (&json!(program.client_id), &json!(scene.app.url)));
            assert!(body["exp"].is_i64() && body["sub"].as_str().unwrap().starts_with("person:"), "{body}");
        }
        for (client, secret) in [(&*other.client_id, ""), (&stranger, &known)] {
            assert_eq!(told(program, client, secret, token).await.body, json!({ "active": false }));
        }
    }
    for unknown in ["", "nothing", "a.b.c", "tpr.a.1.b", &format!("{}x", tokens.access)] {
        assert_eq!(told(program, &program.client_id, "", unknown).await.body, json!({ "active": false }), "{unknown}");
    }
    for (client, secret) in [("nobody", ""), (&*agent, "wrong"), (&agent, ""), (&program.client_id, "made up")] {
        let answer = program.ask("/introspect", &about(client, secret, &tokens.access)).await;
        denied(&answer, StatusCode::UNAUTHORIZED, "invalid_client", "");
    }
    scene.app.clock.advance(Duration::from_secs(611));
    assert_eq!(told(program, &program.client_id, "", &tokens.access).await.body, json!({ "active": false }));
    program.refresh(refresh).await;
    assert_eq!(told(program, &program.client_id, "", refresh).await.body, json!({ "active": false }), "not the newest");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_takes_back_its_own_and_a_foreign_one_nothing() {
    let scene = Scene::set().await;
    let (program, other) = (&scene.program, scene.another_program().await);
    let revoke =
        async |client: &str, secret: &str, token: &str| program.ask("/revoke", &about(client, secret, token)).await;
    let tokens = scene.connect().await;
    let refresh = tokens.refresh.as_deref().unwrap();
    for (client, token) in
        [(&other.client_id, &*tokens.access), (&other.client_id, refresh), (&program.client_id, "no")]
    {
        assert_eq!(revoke(client, "", token).await.status, StatusCode::OK, "as if it were unknown");
    }
    denied(&revoke("nobody", "", refresh).await, StatusCode::UNAUTHORIZED, "invalid_client", "not known");
    assert_eq!((scene.status(&tokens).await, scene.revocations().await.len()), (StatusCode::OK, 0));

    for _ in 0..2 {
        assert_eq!(revoke(&program.client_id, "", refresh).await.status, StatusCode::OK);
    }
    scene.ends(&tokens).await;
    denied(&program.refresh(refresh).await, StatusCode::BAD_REQUEST, "invalid_grant", "taken back");
    assert_eq!(scene.revocations().await, ["by_client"]);

    // An access token stands for the whole grant.
    let tokens = scene.connect().await;
    assert_eq!(revoke(&program.client_id, "", &tokens.access).await.status, StatusCode::OK);
    scene.ends(&tokens).await;
    assert_eq!(scene.revocations().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_agent_gets_what_it_may_and_one_that_is_revoked_nothing() {
    let scene = Scene::set().await;
    let (id, secret) = scene.app.service_agent(scene.tenant, &["google-ads:read"]).await;
    let request = |secret: &str, scope: &str, server: &str| {
        let server = if server.is_empty() { String::new() } else { scene.program.server(server) };
        let own =
            [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", secret), ("scope", scope)];
        let own = own.into_iter().map(|(name, value)| (name, value.to_owned()));
        own.chain([("resource", server)]).collect::<BTreeMap<_, _>>()
    };
    let ask = async |secret: &str, scope: &str, server: &str| {
        scene.program.ask("/token", &request(secret, scope, server)).await
    };
    let unauthorized = StatusCode::UNAUTHORIZED;
    denied(&ask("wrong", "", SERVER).await, unauthorized, "invalid_client", "secret is wrong");
    denied(&ask("", "", SERVER).await, unauthorized, "invalid_client", "secret is wrong");
    denied(&ask(&secret, "google-ads:write", SERVER).await, StatusCode::BAD_REQUEST, "invalid_scope", "only");
    denied(
        &ask(&secret, "", "/meta-ads/mcp").await,
        StatusCode::BAD_REQUEST,
        "invalid_scope",
        "nothing on that server",
    );
    denied(&ask(&secret, "", "/nowhere").await, StatusCode::BAD_REQUEST, "invalid_target", "resource");

    let tokens = Tokens::of(&ask(&secret, "", SERVER).await);
    assert_eq!((&tokens.refresh, &tokens.body["scope"]), (&None, &json!("google-ads:read")));
    scene.program.agent(&tokens).ok("google-ads", "list_accounts", json!({})).await;
    let back = scene.program.ask("/revoke", &about(&id, &secret, &tokens.access)).await;
    denied(&back, StatusCode::BAD_REQUEST, "unsupported_token_type", "ends by itself");

    let now = scene.app.operator.ambient.now();
    assert!(scene.app.store().tenant(scene.tenant).revoke_service_agent(id.parse().unwrap(), now).await.unwrap());
    scene.ends(&tokens).await;
    denied(&ask(&secret, "", SERVER).await, unauthorized, "invalid_client", "secret is wrong");
}

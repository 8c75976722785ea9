//! Who asks at an endpoint, and in which form.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, StatusCode};
use serde_json::json;
use turnpike_config::OAuthClientSettings;
use turnpike_tests::{
    agent::{Agent, Answer, send},
    oauth::{CALLBACK, Program, Tokens},
};

use crate::oauth::scene::{READ, SERVER, Scene, denied, with};

const FORM: &str = "application/x-www-form-urlencoded";
const SECRET: &str = "canary client secret: %&+";

fn basic(id: &str, secret: &str) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret))))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_another_form_is_refused() {
    let scene = Scene::set().await;
    let program = &scene.program;
    let good = program.redemption(&scene.code().await);
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&good).finish();
    let ask = |kind: &str, body: String| send(program.post("/token").header("content-type", kind).body(body));
    for (kind, body, words) in [
        ("application/json", json!(good).to_string(), "application/x-www-form-urlencoded"),
        ("text/plain", body.clone(), "application/x-www-form-urlencoded"),
        (FORM, format!("{body}&code=another"), "comes twice"),
        (FORM, format!("{body}&client_id={}", program.client_id), "comes twice"),
        (FORM, format!("{body}&resource=a&resource=b"), "comes twice"),
        (FORM, format!("{body}&padding={}", "x".repeat(64 * 1024)), "too large"),
        (FORM, body.replace("client_id=", "client="), "`client_id` is missing"),
    ] {
        let answer: Answer = ask(kind, body).await;
        denied(&answer, StatusCode::BAD_REQUEST, "invalid_request", words);
    }
    // In the query they would stand in logs.
    let in_url = send(program.post(&format!("/token?{body}")).header("content-type", FORM)).await;
    denied(&in_url, StatusCode::BAD_REQUEST, "invalid_request", "`client_id` is missing");
    let read = send(Agent::new(&scene.app.url, "").request(Method::GET, &format!("/token?{body}"))).await;
    assert_eq!(read.status, StatusCode::METHOD_NOT_ALLOWED);
    Tokens::of(&ask(FORM, body).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_secret_shows_it_in_one_way() {
    let scene = Scene::set_with(|settings| {
        let (name, redirect_uris) = ("Acme desk".to_owned(), vec![CALLBACK.to_owned()]);
        let own = OAuthClientSettings { name, redirect_uris, client_secret: SECRET.into() };
        settings.oauth_clients.insert("acme-desk".into(), own);
    })
    .await;
    let program = Program::new(&scene.app.url, "acme-desk", CALLBACK);
    let good = program.redemption(&program.code(&scene.owner, SERVER, READ).await);
    let ask = async |header: Option<String>, secret: &str| {
        let parameters = with(&good, "client_secret", secret);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&parameters).finish();
        let request = program.post("/token").header("content-type", FORM).body(body);
        send(match header {
            Some(value) => request.header("authorization", value),
            None => request,
        })
        .await
    };
    for (header, secret) in [(None, ""), (None, "wrong"), (Some(basic("acme-desk", "wrong")), "")] {
        let answer = ask(header.clone(), secret).await;
        denied(&answer, StatusCode::UNAUTHORIZED, "invalid_client", "missing or wrong");
        let challenge = answer.headers.get("www-authenticate").map(|value| value.to_str().unwrap());
        assert_eq!(challenge, header.map(|_| "Basic realm=\"token\""), "as it was asked");
        assert!(!answer.body.to_string().contains("wrong\""), "{answer:?}");
    }
    for (header, secret, words) in [
        (basic("acme-desk", SECRET), SECRET, "send one"),
        (basic("another", SECRET), "", "different clients"),
        ("Bearer x".to_owned(), "", "not Basic"),
        ("Basic !".to_owned(), "", "not Basic"),
    ] {
        denied(&ask(Some(header), secret).await, StatusCode::BAD_REQUEST, "invalid_request", words);
    }
    let tokens = Tokens::of(&ask(Some(basic("acme-desk", SECRET)), "").await);
    let next = with(&program.refreshing(tokens.refresh.as_deref().unwrap()), "client_secret", SECRET);
    Tokens::of(&program.ask("/token", &next).await);

    // One that has none must not send any: it would believe that it proves something.
    let public = scene.program.redemption(&scene.code().await);
    let answer = scene.program.ask("/token", &with(&public, "client_secret", SECRET)).await;
    denied(&answer, StatusCode::UNAUTHORIZED, "invalid_client", "send none");
}

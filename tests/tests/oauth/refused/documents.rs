//! Clients whose documents make no client: the person is told on a page, and nobody is sent anywhere.

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_tests::{
    app::{Backend, TestApp},
    oauth::Program,
    strangers::{INSIDE, Strangers},
};

use crate::oauth::scene::{READ, SERVER};

const HOST: &str = "client.example";
const JSON: &str = "200 OK\r\ncontent-type: application/json";

fn document(id: &str) -> Value {
    json!({ "client_id": id, "client_name": "Acme Agent", "redirect_uris": ["https://client.example/callback"] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_cannot_be_taken_is_explained_on_a_page() {
    let strangers = Strangers::named(&[HOST]).await;
    let app = TestApp::start_prepared(Backend::Sqlite, |_| {}, |operator| operator.egress = strangers.egress()).await;
    let (owner, _) = app.sign_up("Acme", "ann@example.com").await;
    let at = |path: &str| format!("https://{HOST}/{path}");
    let mut cases = vec![];
    let mut say = |path: &str, head: &str, body: &[u8], words: &'static str| {
        strangers.say(&at(path), head, body);
        cases.push((at(path), words));
    };
    let large = format!("{{\"client_id\":\"{}\",\"x\":\"{}\"}}", at("large"), "x".repeat(65 << 10));
    say("large", JSON, large.as_bytes(), "larger than 64 KiB");
    let moved = format!("302 Found\r\nlocation: {}", at("good"));
    say("moved", &moved, b"", "answered with a redirect");
    say("inside", &format!("301 Moved\r\nlocation: https://{INSIDE}/"), b"", "answered with a redirect");
    say("other", JSON, document(&at("another")).to_string().as_bytes(), "another client_id");
    say("page", "200 OK\r\ncontent-type: text/html", document(&at("page")).to_string().as_bytes(), "not JSON");
    say("text", JSON, b"hello", "not JSON");
    say("list", JSON, b"[]", "not a JSON object");
    say("gone", "410 Gone", b"", "status 410");
    let mut published = |path: &str, name: &str, value: Value, words: &'static str| {
        let mut document = document(&at(path));
        document[name] = value;
        strangers.publish(&at(path), &document);
        cases.push((at(path), words));
    };
    published("secret", "client_secret", json!("x"), "holds a client secret");
    published("signs", "token_endpoint_auth_method", json!("private_key_jwt"), "does not offer the method none");
    published("plain", "redirect_uris", json!(["http://client.example/callback"]), "redirect_uris are not allowed");
    published("nameless", "client_name", Value::Null, "no client_name");
    cases.extend([
        (at("missing"), "status 404"),
        (format!("https://{INSIDE}/client.json"), "leads into a private network"),
        ("https://127.0.0.1/client.json".into(), "no full host name"),
        ("https://[::1]/client.json".into(), "no full host name"),
        ("https://localhost/client.json".into(), "no full host name"),
        (format!("https://{HOST}:8443/client.json"), "names a port"),
        ("https://unknown.example/client.json".into(), "cannot be reached by https"),
    ]);
    for (id, words) in &cases {
        let program = Program::new(&app.url, id, "https://client.example/callback");
        let seen = owner.get(&Program::page(&program.request(SERVER, READ))).await;
        assert_eq!((seen.status, seen.location()), (StatusCode::BAD_REQUEST, ""), "{id}");
        assert!(seen.text.contains(words), "{id}: {words}: {}", seen.words());
        let number = seen.text.split("id=\"attempt\"").nth(1).unwrap().split(['>', '<']).nth(1).unwrap();
        let attempt = app.store().system().find_connect_attempt(number.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((&attempt.client_id, attempt.description.contains(words)), (id, true));
    }
    strangers.publish(&at("good"), &document(&at("good")));
    let program = Program::new(&app.url, &at("good"), "https://client.example/callback");
    owner.look(&Program::page(&program.request(SERVER, READ))).await;
    println!("{} documents are not taken", cases.len());
}

//! The hosts that people use, each as its maker says that it asks: from its registration or its document to a call and to
//! the next token. `hosts/*.json` holds what they send.

use std::{collections::BTreeMap, fs, path::Path};

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_tests::{
    app::{Backend, TestApp, unlimited},
    oauth::{Program, Tokens, query},
    strangers::Strangers,
    visitor::Visitor,
};

const SERVER: &str = "/google-ads/mcp";

#[tokio::test(flavor = "multi_thread")]
async fn every_host_is_let_in_as_it_asks() {
    let strangers = Strangers::named(&["claude.ai", "chatgpt.com", "vscode.dev"]).await;
    let reach = |operator: &mut turnpike::operator::Operator| operator.egress = strangers.egress();
    let app = TestApp::start_prepared(Backend::Sqlite, unlimited, reach).await;
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    app.connect(tenant, "google-ads").await;
    let hosts = hosts();
    for (name, host) in &hosts {
        for redirect in host["sent_back_to"].as_array().unwrap() {
            let client_id = known(&app, &strangers, host).await;
            let program = Program::new(&app.url, &client_id, redirect.as_str().unwrap());
            comes_in(name, host, &program, &owner).await;
        }
    }
    println!("{} hosts are let in: {:?}", hosts.len(), hosts.keys());
}

/// What hosts send, by name.
fn hosts() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oauth/hosts");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: &Path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), read(&path))).collect()
}

/// The client's id, once its document stands at its host or it has registered.
async fn known(app: &TestApp, strangers: &Strangers, host: &Value) -> String {
    if let Some(id) = host["client_id"].as_str() {
        strangers.publish(id, &host["document"]);
        return id.to_owned();
    }
    let answer = Program::new(&app.url, "", "").send_registration(&host["registration"]).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    assert!(answer.body.as_object().unwrap().values().all(|value| !value.is_null()), "some stumble over null");
    assert_eq!(answer.body["redirect_uris"], host["registration"]["redirect_uris"]);
    answer.body["client_id"].as_str().unwrap().to_owned()
}

async fn comes_in(name: &str, host: &Value, program: &Program, owner: &Visitor) {
    let redirect = ("redirect_uri".to_owned(), program.redirect_uri.clone());
    let client = ("client_id".to_owned(), program.client_id.clone());
    let fill = |step: &str, own: &[(&str, &str)]| {
        let sent = host[step].as_object().unwrap().iter();
        let sent = sent
            .map(|(name, value)| (name.clone(), value.as_str().unwrap().replace("{server}", &program.server(SERVER))));
        let own = own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        sent.chain(own).chain([client.clone()]).collect::<BTreeMap<_, _>>()
    };
    let mut asked = fill("authorize", &[("code_challenge", &program.challenge())]);
    asked.extend([redirect.clone()]);
    let back = program.allowed(owner, &asked).await;
    assert!(back.starts_with(&program.redirect_uri), "{name}: {back}");
    let answer = query(&back);
    assert_eq!((&answer["state"], &answer["iss"]), (&asked["state"], &program.url), "{name}");

    let mut redeemed = fill("token", &[("code", &answer["code"]), ("code_verifier", &program.verifier)]);
    redeemed.extend([redirect]);
    let answer = program.ask("/token", &redeemed).await;
    assert_eq!(answer.headers["cache-control"], "no-store", "{name}");
    let tokens = Tokens::of(&answer);
    assert_eq!((&tokens.body["token_type"], &tokens.body["scope"]), (&json!("Bearer"), &json!("google-ads:read")));
    program.agent(&tokens).ok("google-ads", "list_accounts", json!({})).await;

    let next = fill("refresh", &[("refresh_token", tokens.refresh.as_deref().unwrap())]);
    let next = Tokens::of(&program.ask("/token", &next).await);
    assert_ne!(next.refresh, tokens.refresh, "{name}: the refresh token rotates");
    program.agent(&next).ok("google-ads", "list_accounts", json!({})).await;
}

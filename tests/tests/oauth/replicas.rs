//! Several servers on one PostgreSQL are one authorization server.

use std::{
    collections::{BTreeSet, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::{
    agent::{Agent, send},
    app::{Backend, TestApp, unlimited},
    oauth::{Program, Tokens, query},
    process::{Deployment, Server},
};

use crate::oauth::scene::{PROMISED, READ, SERVER, until};

/// Where clients find all of them.
const PUBLIC: &str = "http://localhost";
/// Behind that address, and without limits that a test would meet.
const SETTINGS: &str = "[server]\npublic_url = \"http://localhost\"\nallowed_hosts = [\"127.0.0.1\"]\n[limits]\n\
                        principal_burst = 100000\ntenant_burst = 100000\n[integrations.google-ads]\nread_burst = 100000\n";

/// A call's status at a server.
async fn status(url: &str, access: &str) -> StatusCode {
    let params = json!({ "name": "list_accounts", "arguments": {} });
    Agent::new(url, access).rpc(SERVER, json!(1), "tools/call", params).await.status
}

/// The public keys that a server shows.
async fn keys(url: &str) -> Value {
    send(Agent::new(url, "").request(Method::GET, "/.well-known/jwks.json")).await.body
}

/// The key that has signed a token.
fn kid(access: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(access.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&header).unwrap()["kid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_gives_the_other_takes() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let settings = SETTINGS.to_owned() + &Deployment::redis_section(&redis);
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let (one, two) = tokio::join!(deployment.serve(), deployment.serve());

    // The first key is made when somebody asks, here both at once.
    let (first, second) = tokio::join!(keys(&one.url), keys(&two.url));
    assert_eq!((&first, first["keys"].as_array().unwrap().len()), (&second, 1));
    assert_eq!(deployment.count("SELECT COUNT(*) FROM signing_keys").await, 1);

    let mut program = Program::register(&one.url).await;
    program.url = PUBLIC.to_owned();
    let owner = deployment.owner(tenant, &one).await;
    let back = program.allowed(&owner, &program.request(SERVER, READ)).await;
    let redemption = program.redemption(&query(&back)["code"]);
    let mut tokens = Tokens::of(&program.ask_at(&two.url, "/token", &redemption).await);
    for round in 0..5 {
        for server in [&one, &two] {
            assert_eq!(status(&server.url, &tokens.access).await, StatusCode::OK);
        }
        tokens = all_at_once(&program, &tokens, [&one, &two], round).await;
    }
    assert_eq!(deployment.count("SELECT COUNT(*) FROM grants WHERE revoked_at IS NOT NULL").await, 0);

    emergency(&deployment, &program, tokens, [&one, &two]).await;

    // What ends at one ends at the other.
    assert_eq!(program.ask_at(&two.url, "/token", &redemption).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(deployment.count("SELECT COUNT(*) FROM grants WHERE revoked_for = 'code_reused'").await, 1);
}

/// Twenty windows of one program exchange its refresh token at once, at both servers.
async fn all_at_once(program: &Program, tokens: &Tokens, servers: [&Server; 2], round: usize) -> Tokens {
    let parameters = program.refreshing(tokens.refresh.as_deref().unwrap());
    let asked = (0..20).map(|window| program.ask_at(&servers[window % 2].url, "/token", &parameters));
    let answers: Vec<_> = join_all(asked).await.iter().map(Tokens::of).collect();
    let next: HashSet<_> = answers.iter().map(|tokens| tokens.refresh.clone()).collect();
    assert_eq!((answers.len(), next.len()), (20, 1), "round {round}: one next token");
    answers.into_iter().next().unwrap()
}

/// What was signed before is refused soon everywhere, and agents go on by themselves.
async fn emergency(deployment: &Deployment, program: &Program, old: Tokens, servers: [&Server; 2]) {
    let lost = kid(&old.access);
    let said = deployment.run(&["signing-key", "rotate", "--revoke"], None).await;
    let began = Instant::now();
    assert!(said.contains("A new key signs from") && said.contains("within 10 seconds"), "{said}");
    let mut newest = old.clone();
    until(PROMISED, async || {
        let parameters = program.refreshing(newest.refresh.as_deref().unwrap());
        newest = Tokens::of(&program.ask_at(&servers[0].url, "/token", &parameters).await);
        kid(&newest.access) != lost
    })
    .await;
    println!("signed with the new key after {:?}", began.elapsed());
    for server in servers {
        assert_eq!(status(&server.url, &newest.access).await, StatusCode::OK, "the new key is taken at once");
    }
    let ends = servers
        .map(|server| until(PROMISED, async || status(&server.url, &old.access).await == StatusCode::UNAUTHORIZED));
    join_all(ends).await;
    println!("the old one is refused at both servers after {:?}", began.elapsed());
    assert!(began.elapsed() < PROMISED);
    for server in servers {
        let shown = keys(&server.url).await;
        assert!(!shown.to_string().contains(&lost), "{shown}");
        assert_eq!(status(&server.url, &newest.access).await, StatusCode::OK);
    }
    let list = deployment.run(&["signing-key", "list"], None).await;
    let line = |id: &str| list.lines().find(|line| line.starts_with(id)).unwrap().to_owned();
    assert!(line(&lost).contains("revoked") && line(&kid(&newest.access)).contains("signs  "), "{list}");
    deployment.run(&["signing-key", "rotate"], None).await;
    assert!(deployment.run(&["signing-key", "list"], None).await.contains("next"));
}

/// Callers at both servers, and what they were answered.
#[derive(Default)]
struct Load {
    access: Mutex<String>,
    over: AtomicBool,
    answered: AtomicUsize,
    refused: AtomicUsize,
}

impl Load {
    async fn call(self: Arc<Self>, url: String) {
        while !self.over.load(Ordering::SeqCst) {
            let access = self.access.lock().unwrap().clone();
            let status = status(&url, &access).await;
            assert!([StatusCode::OK, StatusCode::UNAUTHORIZED].contains(&status), "{status}");
            self.answered.fetch_add(1, Ordering::SeqCst);
            self.refused.fetch_add(usize::from(status == StatusCode::UNAUTHORIZED), Ordering::SeqCst);
        }
    }
}

/// A token lives for 900 seconds of the test's clock, which goes on by 300 with a new token each time: what a call bears
/// has always time left, so that each refusal would be the keys'.
#[tokio::test(flavor = "multi_thread")]
async fn keys_change_under_load_and_not_one_call_is_turned_away() {
    let redis = Redis::start().await.unwrap();
    let app = TestApp::start_with(Backend::Postgres, |settings| {
        unlimited(settings);
        settings.redis.url = redis.url().into();
        settings.oauth.access_token_seconds = 900;
    })
    .await;
    let (replica, oauth) = app.start_replica().await;
    let urls = [app.url.clone(), replica];
    let (owner, tenant) = app.sign_up("Acme", "ann@example.com").await;
    app.connect(tenant, "google-ads").await;
    let program = Program::register(&app.url).await;
    let mut tokens = program.connect(&owner, SERVER, READ).await;
    let load = Arc::new(Load { access: Mutex::new(tokens.access.clone()), ..Load::default() });
    let callers: Vec<_> = urls.iter().cycle().take(4).map(|url| tokio::spawn(load.clone().call(url.clone()))).collect();

    let (mut signers, mut shown) = (BTreeSet::from([kid(&tokens.access)]), 1);
    for rotation in 0..4 {
        let server = if rotation % 2 == 0 { &app.oauth } else { &oauth };
        server.rotate_keys(false).await.unwrap();
        // Ten minutes are enough for every server to know the new key; here the clock waits for them.
        let known = async |url: &str| keys(url).await["keys"].as_array().unwrap().len() > shown;
        until(PROMISED, async || known(&urls[0]).await && known(&urls[1]).await).await;
        for step in 0..8 {
            app.clock.advance(Duration::from_secs(300));
            let parameters = program.refreshing(tokens.refresh.as_deref().unwrap());
            tokens = Tokens::of(&program.ask_at(&urls[step % 2], "/token", &parameters).await);
            signers.insert(kid(&tokens.access));
            *load.access.lock().unwrap() = tokens.access.clone();
            let before = load.answered.load(Ordering::SeqCst);
            until(PROMISED, async || load.answered.load(Ordering::SeqCst) > before + 8).await;
        }
        shown = keys(&urls[0]).await["keys"].as_array().unwrap().len();
    }
    load.over.store(true, Ordering::SeqCst);
    for caller in callers {
        caller.await.unwrap();
    }
    let (answered, refused) = (load.answered.load(Ordering::SeqCst), load.refused.load(Ordering::SeqCst));
    println!("{answered} calls while {} keys signed in turn; turned away: {refused}", signers.len());
    assert_eq!((signers.len(), refused), (5, 0));
}

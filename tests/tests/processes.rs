//! One program, several processes: what each role answers, who may serve beside whom, and how a process ends.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{sleep, timeout},
};
use turnpike_sdk::Behaviour;
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::process::{Caller, Deployment, PATIENCE, Server, Vendor};

const METADATA: &str = "/.well-known/oauth-protected-resource";

async fn status(server: &Server, path: &str) -> u16 {
    reqwest::get(format!("{}{path}", server.url)).await.unwrap().status().as_u16()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "never {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_apart_answer_their_own_requests_and_work_together() {
    let postgres = Postgres::shared().await.unwrap();
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), "").await;
    let tenant = deployment.add_tenant().await;
    deployment.connect_sandbox(tenant).await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    let gateway = deployment.serve_as(&["--roles", "gateway", "--servers", "google-ads"]).await;
    let portal = deployment.serve_as(&["--roles", "portal"]).await;
    let worker = deployment.serve_as(&["--roles", "worker"]).await;

    println!("path                                     gateway  portal  worker");
    let expected = [
        ("/health", [200, 200, 200]),
        ("/ready", [200, 200, 200]),
        (METADATA, [200, 404, 404]),
        ("/google-ads/mcp", [401, 404, 404]),
        ("/meta-ads/mcp", [404, 404, 404]),
        ("/sign-in", [404, 200, 404]),
        ("/.well-known/oauth-authorization-server", [404, 200, 404]),
        ("/catalog", [404, 200, 404]),
    ];
    for (path, expected) in expected {
        let mut seen = [0; 3];
        for (place, server) in [&gateway, &portal, &worker].into_iter().enumerate() {
            seen[place] = status(server, path).await;
        }
        println!("{path:<40} {:>7} {:>7} {:>7}", seen[0], seen[1], seen[2]);
        assert_eq!(seen, expected, "{path}");
    }
    assert_eq!(caller.at(&gateway).list_accounts().await.unwrap().class(), None);

    // Each has said what it is, and the worker does the work.
    let list = deployment.run(&["work", "list"], None).await;
    for words in ["gateway", "portal", "worker", "billing.work", "store.expire"] {
        assert!(list.contains(words), "{list}");
    }
    deployment.run(&["work", "retry", "store.expire"], None).await;
    let store = deployment.store().await;
    until("done", async || {
        let (items, _) = store.system().list_work().await.unwrap();
        items.iter().any(|item| item.kind == "store.expire" && item.last_ended_at.is_some())
    })
    .await;
    assert!(gateway.stop().await && worker.stop().await && portal.stop().await);
    assert_eq!(store.system().list_processes().await.unwrap().0.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_gateway_without_redis_is_refused_until_the_first_is_gone() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let database = postgres.database().await.unwrap();
    let alone = Deployment::on_postgres(&database, "").await;
    // The same deployment with another setting: it has the same key.
    let key = format!("[vault]\nkey_file = \"{}\"\n", alone.folder().join("data/local.key").display());
    let first = alone.serve().await;
    let with_redis = Deployment::on_postgres(&database, &(key + &Deployment::redis_section(&redis))).await;
    let refused = async |deployment: &Deployment, roles: &str| {
        let said = deployment.refused(&["--roles", roles]).await;
        assert!(said.contains("setting `redis.url`: another process serves agents"), "{said}");
    };
    refused(&alone, "gateway").await;
    refused(&alone, "gateway,portal,worker").await;
    refused(&with_redis, "gateway").await;
    // Those who serve no agents count nothing.
    assert!(alone.serve_as(&["--roles", "portal"]).await.stop().await);
    assert!(alone.serve_as(&["--roles", "worker"]).await.stop().await);
    // Killed, it frees the place at once.
    first.kill();
    let (one, two) = tokio::join!(with_redis.serve(), with_redis.serve());
    refused(&alone, "gateway").await;
    assert!(one.stop().await && two.stop().await);
    assert!(alone.serve().await.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_apart_on_sqlite_are_refused() {
    let deployment = Deployment::on_sqlite("");
    for roles in ["gateway", "portal", "worker", "gateway,portal", "gateway,worker", "portal,worker"] {
        let said = deployment.refused(&["--roles", roles]).await;
        assert!(said.contains("server.roles") && said.contains("PostgreSQL"), "{roles}: {said}");
    }
    let said = deployment.refused(&["--roles", "gatway"]).await;
    assert!(said.contains("gateway, portal, worker"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_goes_says_so_serves_on_for_a_while_and_ends_in_bounded_time() {
    let vendor = Vendor::start().await;
    let settings = format!("{}[server]\nready_seconds = 1\ndrain_seconds = 2\n", vendor.settings());
    let deployment = Deployment::on_sqlite(&settings);
    let tenant = deployment.add_tenant().await;
    deployment.connect(tenant, &vendor).await;
    let caller = Caller::new(&deployment.add_key(tenant).await);
    let server = deployment.serve().await;
    assert_eq!(caller.at(&server).list_accounts().await.unwrap().class(), None);

    // A connection that is kept and says nothing, one that never said anything, and a call whose vendor does not answer.
    let address = server.url.trim_start_matches("http://").to_owned();
    let mut idle = TcpStream::connect(&address).await.unwrap();
    idle.write_all(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").await.unwrap();
    let mut answer = [0; 512];
    assert!(idle.read(&mut answer).await.unwrap() > 0);
    let _silent = TcpStream::connect(&address).await.unwrap();
    vendor.script().next(100, Behaviour::Slow { millis: 600_000 });
    let hung = caller.at(&server);
    tokio::spawn(async move { hung.list_accounts().await.ok() });
    sleep(Duration::from_millis(300)).await;

    let (begun, url) = (Instant::now(), server.url.clone());
    let stopping = tokio::spawn(server.stop());
    until("unready", async || {
        let Ok(answer) = reqwest::get(format!("{url}/ready")).await else { return false };
        answer.status() == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;
    // It serves on, and each answer is the last of its connection.
    let answer = reqwest::get(format!("{url}/health")).await.unwrap();
    assert_eq!((answer.status(), answer.headers()["connection"].as_bytes()), (StatusCode::OK, &b"close"[..]));
    assert!(timeout(PATIENCE, stopping).await.unwrap().unwrap(), "it does not end well");
    println!("with a hung upstream and idle connections it ended after {} ms", begun.elapsed().as_millis());
    assert!(begun.elapsed() > Duration::from_secs(1));
}

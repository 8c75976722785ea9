//! PostgreSQL ends under load, as in a crash, and comes back: what was answered is in the ledger, what is refused says so, and
//! nobody restarts anything.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use turnpike_core::CallId;
use turnpike_store::CallFilter;
use turnpike_testkit::Postgres;
use turnpike_tests::{
    agent::Agent,
    process::{Deployment, PATIENCE, Vendor},
};

/// What the agents were answered, and how the others were told.
#[derive(Default)]
struct Memory {
    answered: Vec<CallId>,
    refused: Vec<String>,
}

async fn call_on(agent: Arc<Agent>, over: Arc<AtomicBool>, memory: Arc<Mutex<Memory>>) {
    while !over.load(Ordering::SeqCst) {
        let answer = agent
            .rpc("/google-ads/mcp", json!(1), "tools/call", json!({ "name": "list_accounts", "arguments": {} }))
            .await;
        let result = &answer.body["result"];
        let call = result["_meta"]["call_id"].as_str().and_then(|id| id.parse().ok());
        match call.filter(|_| result["isError"] == false) {
            Some(call) => memory.lock().unwrap().answered.push(call),
            None => {
                let class = result["_meta"]["error"]["class"].as_str().map(str::to_owned);
                let told = class.unwrap_or_else(|| format!("{} {}", answer.status, answer.body));
                memory.lock().unwrap().refused.push(told);
                sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_ends_under_load_and_comes_back_and_nothing_answered_is_lost() {
    let vendor = Vendor::start().await;
    let mut postgres = Postgres::start_durable().await.unwrap();
    let database = postgres.database().await.unwrap();
    let limits = "[limits]\ntenant_per_minute = 1000000\ntenant_burst = 100000\nprincipal_per_minute = 1000000\nprincipal_burst = 100000\n";
    let own = format!("{limits}{}read_per_minute = 1000000\nread_burst = 100000\n", vendor.settings());
    let deployment = Deployment::on_postgres(&database, &own).await;
    let tenant = deployment.add_tenant().await;
    let key = deployment.add_key(tenant).await;
    deployment.connect(tenant, &vendor).await;
    let server = deployment.serve().await;
    let (over, memory) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Memory::default())));
    let mut agents = JoinSet::new();
    for _ in 0..4 {
        agents.spawn(call_on(Arc::new(Agent::new(&server.url, &key)), over.clone(), memory.clone()));
    }
    let until = async |what: &str, done: &dyn Fn(&Memory) -> bool| {
        let wait = async {
            while !done(&memory.lock().unwrap()) {
                sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(3 * PATIENCE, wait).await.unwrap_or_else(|_| panic!("{what}"));
    };
    until("calls are answered", &|memory| memory.answered.len() >= 40).await;
    postgres.kill();
    until("calls are refused without a ledger", &|memory| memory.refused.len() >= 10).await;
    let before = memory.lock().unwrap().answered.len();
    let began = Instant::now();
    postgres.restart().await.unwrap();
    until("calls are answered again", &|memory| memory.answered.len() >= before + 40).await;
    let back = began.elapsed();
    over.store(true, Ordering::SeqCst);
    agents.join_all().await;

    let rows = deployment.store().await.tenant(tenant);
    let ledger = rows.list_calls(&CallFilter { limit: 100_000, ..CallFilter::default() }).await.unwrap();
    let ledger: HashSet<_> = ledger.iter().map(|call| call.call_id).collect();
    let memory = memory.lock().unwrap();
    let lost = memory.answered.iter().filter(|call| !ledger.contains(call)).count();
    let ways: HashSet<_> = memory.refused.iter().collect();
    println!(
        "{} answered, {lost} lost, {} refused ({ways:?}), answered again {back:?} after the start",
        memory.answered.len(),
        memory.refused.len()
    );
    assert_eq!(lost, 0);
    assert!(ways.iter().all(|way| !way.contains("postgres") && !way.contains("sqlx")), "{ways:?}");
}

//! Three servers are restarted one after the other, twice, while agents call without pause: no call fails, and each is in the
//! ledger once.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};
use turnpike_core::CallId;
use turnpike_store::CallFilter;
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::process::{Balancer, Caller, Deployment, PATIENCE, Server, Vendor};

const AGENTS: usize = 6;
const ROUNDS: usize = 2;
const NAMES: usize = 3;
/// A moment between two calls of an agent, so that the machine has time for the restarts.
const BREATH: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_of_three_servers_fails_no_call() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let (balancer, vendor) = (Balancer::start().await, Vendor::start().await);
    let settings = format!(
        "[server]\npublic_url = \"{}\"\nready_seconds = 2\n[redis]\nurl = \"{}\"\n[limits]\nprincipal_per_minute = 1000000\n\
         principal_burst = 100000\ntenant_per_minute = 1000000\ntenant_burst = 100000\n{}read_per_minute = 1000000\n\
         read_burst = 100000\n",
        balancer.url,
        redis.url(),
        vendor.settings()
    );
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
    let tenant = deployment.add_tenant().await;
    deployment.connect(tenant, &vendor).await;
    let caller = Caller::new(&deployment.add_key(tenant).await).at_url(&balancer.url);

    let mut servers = vec![];
    for _ in 0..NAMES {
        servers.push(deployment.serve().await);
    }
    let show = |servers: &[Server]| {
        balancer.set(&servers.iter().map(|server| server.url.as_str()).collect::<Vec<_>>());
    };
    show(&servers);
    all_ready(&balancer, NAMES).await;

    let (over, mut agents) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
    for _ in 0..AGENTS {
        let (caller, over) = (caller.clone(), over.clone());
        agents.spawn(async move {
            let (mut answered, mut failed, mut slowest) = (vec![], vec![], Duration::ZERO);
            while !over.load(Ordering::SeqCst) {
                let begun = Instant::now();
                match caller.list_accounts().await {
                    Ok(answer) if answer.class().is_none() => answered.push(answer.call_id()),
                    Ok(answer) => failed.push(answer.text().to_owned()),
                    Err(error) => failed.push(error.to_string()),
                }
                slowest = slowest.max(begun.elapsed());
                sleep(BREATH).await;
            }
            (answered, failed, slowest)
        });
    }
    println!("round  server  stopped in   ready in");
    for round in 1..=ROUNDS {
        for place in 0..NAMES {
            let begun = Instant::now();
            let old = servers.remove(0);
            // It is still asked: it must say by itself that it is going.
            let stopping = tokio::spawn(old.stop());
            assert!(stopping.await.unwrap(), "it does not end well");
            let stopped = begun.elapsed();
            let begun = Instant::now();
            servers.push(deployment.serve().await);
            show(&servers);
            all_ready(&balancer, NAMES).await;
            println!(
                "{round:>5}  {:>6}  {:>7} ms  {:>6} ms",
                place + 1,
                stopped.as_millis(),
                begun.elapsed().as_millis()
            );
        }
    }
    over.store(true, Ordering::SeqCst);
    let (mut answered, mut failed, mut slowest) = (Vec::<CallId>::new(), vec![], Duration::ZERO);
    for (own, bad, slow) in agents.join_all().await {
        answered.extend(own);
        failed.extend(bad);
        slowest = slowest.max(slow);
    }
    let filter = CallFilter { limit: 1_000_000, ..CallFilter::default() };
    let rows = deployment.store().await.tenant(tenant).list_calls(&filter).await.unwrap();
    let known: HashSet<_> = rows.iter().map(|row| row.call_id).collect();
    let lost = answered.iter().filter(|id| !known.contains(id)).count();
    println!(
        "restarts {}, calls answered {}, failed {}, broken off at the balancer {}, ledger rows {}, answers without a row {lost}, \
         slowest {} ms",
        ROUNDS * NAMES,
        answered.len(),
        failed.len(),
        balancer.failed(),
        rows.len(),
        slowest.as_millis()
    );
    assert_eq!((failed.as_slice(), balancer.failed(), lost), (&[] as &[String], 0, 0));
    assert_eq!(rows.len(), answered.len());
    assert!(answered.len() > 100, "there was no load");
    // Who has ended well has said so.
    let (processes, _) = deployment.store().await.system().list_processes().await.unwrap();
    assert_eq!(processes.len(), NAMES);
    for server in servers {
        assert!(server.stop().await);
    }
}

async fn all_ready(balancer: &Balancer, servers: usize) {
    let deadline = Instant::now() + PATIENCE;
    while balancer.ready() < servers {
        assert!(Instant::now() < deadline, "not all servers are ready");
        sleep(Duration::from_millis(10)).await;
    }
}

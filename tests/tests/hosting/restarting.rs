//! What systemd does for a process: it hands over the socket, is told how it goes, and starts the next one.

use std::{
    collections::HashSet,
    net::TcpListener,
    os::unix::net::UnixDatagram,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};
use turnpike_core::CallId;
use turnpike_sdk::Behaviour;
use turnpike_store::CallFilter;
use turnpike_testkit::Postgres;
use turnpike_tests::process::{Caller, Deployment, PATIENCE, Vendor, turnpike};

use crate::hosting::proxy::{Proxy, free_port, program};

const AGENTS: usize = 6;
const RESTARTS: usize = 4;
/// A moment between two calls of an agent.
const BREATH: Duration = Duration::from_millis(20);

fn socket() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_gateway_of_a_host_is_restarted_and_no_call_fails() {
    let (port, for_gateway, for_portal) = (free_port(), socket(), socket());
    let (postgres, vendor) = (Postgres::shared().await.unwrap(), Vendor::start().await);
    let settings = format!(
        "[server]\npublic_url = \"https://localhost:{port}\"\n[limits]\nprincipal_per_minute = 1000000\n\
         principal_burst = 100000\ntenant_per_minute = 1000000\ntenant_burst = 100000\n{}read_per_minute = 1000000\n\
         read_burst = 100000\n",
        vendor.settings()
    );
    let deployment = Deployment::on_postgres(&postgres.database().await.unwrap(), &settings).await;
    let tenant = deployment.add_tenant().await;
    deployment.connect(tenant, &vendor).await;
    let proxy = Proxy::start(port, &for_gateway, &for_portal).await;
    let key = deployment.add_key(tenant).await;
    let caller = Caller::new(&key).with_http(proxy.client()).at_url(&proxy.url);

    let mut server = deployment.serve_on(&for_gateway, &["--roles", "gateway"], &[]).await;
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
                    Err(error) => failed.push(format!("{error:?}")),
                }
                slowest = slowest.max(begun.elapsed());
                sleep(BREATH).await;
            }
            (answered, failed, slowest)
        });
    }
    for restart in 1..=RESTARTS {
        sleep(Duration::from_millis(500)).await;
        // One call is long under way when the process is told to go.
        vendor.script().next(1, Behaviour::Slow { millis: 700 });
        sleep(Duration::from_millis(100)).await;
        let begun = Instant::now();
        assert!(server.stop().await, "it does not end well");
        let stopped = begun.elapsed();
        server = deployment.serve_on(&for_gateway, &["--roles", "gateway"], &[]).await;
        println!(
            "restart {restart}: stopped in {} ms, serving after {} ms",
            stopped.as_millis(),
            begun.elapsed().as_millis()
        );
    }
    sleep(Duration::from_millis(500)).await;
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
        "restarts {RESTARTS}, calls answered {}, failed {}, ledger rows {}, answers without a row {lost}, slowest {} ms",
        answered.len(),
        failed.len(),
        rows.len(),
        slowest.as_millis()
    );
    assert_eq!((failed.len(), lost), (0, 0), "{:?}", failed.first());
    assert!(answered.len() > 50, "there was no load");
    assert!(server.stop().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_manager_is_told_that_it_serves_lives_and_goes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let deployment = Deployment::on_sqlite("");
    let socket = socket();
    let variables = [("NOTIFY_SOCKET", path.to_str().unwrap()), ("WATCHDOG_USEC", "200000")];
    let server = deployment.serve_on(&socket, &[], &variables).await;
    assert_eq!(server.url, format!("http://{}", socket.local_addr().unwrap()));
    let hear = || {
        let mut words = [0; 256];
        let length = manager.recv(&mut words).unwrap();
        String::from_utf8(words[..length].to_vec()).unwrap()
    };
    let mut heard = vec![];
    while heard.iter().filter(|words| *words == "WATCHDOG=1\n").count() < 3 {
        heard.push(hear());
    }
    assert!(heard.contains(&"READY=1\n".to_owned()), "{heard:?}");
    let stopping = tokio::spawn(server.stop());
    while hear() != "STOPPING=1\n" {}
    assert!(stopping.await.unwrap());
}

/// systemd's own tool for one socket and one program.
#[tokio::test(flavor = "multi_thread")]
async fn systemd_hands_its_socket_over() {
    let (deployment, port) = (Deployment::on_sqlite(""), free_port());
    let program_path = turnpike().get_program().to_owned();
    let mut child = program("systemd-socket-activate")
        .args(["-l", &format!("127.0.0.1:{port}")])
        .arg(program_path)
        .args(["serve", "--listen", "127.0.0.1:0", "-c"])
        .arg(deployment.settings_file())
        .spawn()
        .expect("there is no systemd-socket-activate: install the Debian package systemd");
    // Who connects first waits until the program, which is not there yet, answers.
    let deadline = Instant::now() + PATIENCE;
    let answer = loop {
        let answer = reqwest::get(format!("http://127.0.0.1:{port}/ready")).await;
        if answer.is_ok() || Instant::now() > deadline {
            break answer;
        }
        sleep(BREATH).await;
    };
    program("kill").arg(child.id().to_string()).status().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(answer.unwrap().text().await.unwrap(), "ready");
}

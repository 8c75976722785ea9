//! A connection to the database is held for as long as the database works, and never while anybody else is asked.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};
use turnpike_sdk::Behaviour;
use turnpike_tests::app::{Backend, TestApp, unlimited};

const SLOW: usize = 20;
const LATE: u64 = 2_500;
/// Far less than a slow call takes, and far more than a quick one on a busy machine.
const AT_ONCE: Duration = Duration::from_millis(1_500);

/// Connections that rest inside a transaction or hold a lock, of the role that serves.
const HELD: &str = "SELECT COUNT(*) FROM pg_stat_activity WHERE usename = 'turnpike_app' AND datname = current_database() \
                    AND state LIKE 'idle in transaction%' AND state_change < now() - interval '100 milliseconds'";

async fn arrived(app: &TestApp, requests: u64) {
    let arrive = async {
        while app.vendor("google-ads").script.received() < requests {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), arrive).await.expect("the vendor is asked");
}

async fn in_two_connections() -> TestApp {
    TestApp::start_with(Backend::Postgres, |settings| {
        unlimited(settings);
        settings.limits.tenant_concurrent = 64;
        settings.store.max_connections = 2;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_two_connections_twenty_slow_calls_keep_nobody_else_waiting() {
    let app = in_two_connections().await;
    let (one, two) = (app.tenant("one").await, app.tenant("two").await);
    let ask = |n: usize| json!({ "account_id": "1000000004", "max_rows": n + 1 });
    // Whatever is made on first use is made.
    one.agent.ok("google-ads", "list_campaigns", ask(SLOW)).await;
    let script = &app.vendor("google-ads").script;
    let before = script.received();
    script.next(SLOW, Behaviour::Slow { millis: LATE });
    let began = Instant::now();
    let slow = join_all((0..SLOW).map(|n| one.agent.ok("google-ads", "list_campaigns", ask(n))));
    let meanwhile = async {
        arrived(&app, before + SLOW as u64).await;
        let all_at_work = began.elapsed();
        let held = app.count_as_superuser(HELD).await;
        let ready = timeout(AT_ONCE, reqwest::get(format!("{}/ready", app.url))).await.expect("ready at once");
        let quick = timeout(AT_ONCE, two.agent.ok("supermetrics", "list_accounts", json!({}))).await;
        (all_at_work, held, ready.unwrap().status(), quick.is_ok(), began.elapsed())
    };
    let (answers, (all_at_work, held, ready, quick, done)) = tokio::join!(slow, meanwhile);
    println!(
        "20 slow calls under way after {all_at_work:?}; /ready and another tenant's call answered by {done:?}, all by {:?}",
        began.elapsed()
    );
    assert_eq!((answers.len(), held, ready.as_u16(), quick), (SLOW, 0, 200, true));
    assert!(done < Duration::from_millis(LATE) + all_at_work, "they were answered while the slow ones ran: {done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_transaction_is_open_while_a_token_is_refreshed() {
    let app = in_two_connections().await;
    let one = app.tenant("one").await;
    let script = &app.vendor("google-ads").script;
    one.agent.ok("google-ads", "list_campaigns", json!({ "account_id": "1000000004", "max_rows": 1 })).await;
    let before = script.received();
    script.next(1, Behaviour::ExpiredToken);
    script.on_tokens().next(1, Behaviour::Slow { millis: LATE });
    let call = one.agent.ok("google-ads", "list_campaigns", json!({ "account_id": "1000000004", "max_rows": 2 }));
    let look = async {
        arrived(&app, before + 2).await;
        let mut held = 0;
        for _ in 0..20 {
            held += app.count_as_superuser(HELD).await;
            sleep(Duration::from_millis(20)).await;
        }
        held
    };
    let (_, held) = tokio::join!(call, look);
    assert_eq!(held, 0);
}

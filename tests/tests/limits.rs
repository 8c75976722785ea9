//! Limits that several processes share through Redis, and what becomes of calls, and of people, while it is gone.

use std::{
    collections::{BTreeMap, HashSet},
    time::{Duration, Instant},
};

use reqwest::StatusCode;
use serde_json::json;
use turnpike_config::WhenGone;
use turnpike_core::Outcome;
use turnpike_redis::Script;
use turnpike_store::CallFilter;
use turnpike_testkit::{Postgres, Redis};
use turnpike_tests::{
    agent::Agent,
    app::{Backend, Tenant, TestApp},
    probe,
    process::{Caller, Deployment, PATIENCE, Vendor},
    visitor::Visitor,
};

/// Calls of one key: one a second, twenty at once.
const PER_MINUTE: u32 = 60;
const BURST: f64 = 20.0;

async fn start(redis: &Redis, when_gone: WhenGone) -> TestApp {
    TestApp::start_with(Backend::Sqlite, |settings| {
        (settings.redis.url, settings.redis.when_gone) = (redis.url().into(), when_gone);
        (settings.limits.principal_per_minute, settings.limits.principal_burst) = (PER_MINUTE, BURST as u32);
    })
    .await
}

/// The class of a call's refusal; "" when there is none.
async fn class(agent: &Agent) -> String {
    let result = agent.call("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    result["_meta"]["error"]["class"].as_str().unwrap_or_default().to_owned()
}

/// How often each class was answered, and in what time.
#[derive(Default, Debug)]
struct Told {
    counts: BTreeMap<String, u32>,
    lasted: Duration,
}

impl Told {
    fn of(&self, class: &str) -> u32 {
        self.counts.get(class).copied().unwrap_or_default()
    }

    fn admitted(&self) -> f64 {
        self.of("").into()
    }

    /// What one limit lets through in this time, if nothing was drawn before; one more for what is under way at its ends.
    fn most(&self) -> f64 {
        BURST + self.lasted.as_secs_f64() + 1.0
    }
}

/// Calls without pause at each server, until each was told this class so often.
async fn hammer(agents: &[Agent], enough: (&'static str, u32)) -> Told {
    let begun = Instant::now();
    let callers = agents.iter().cloned().map(|agent| {
        tokio::spawn(async move {
            let mut told = Told::default();
            while told.of(enough.0) < enough.1 {
                *told.counts.entry(class(&agent).await).or_default() += 1;
            }
            told.counts
        })
    });
    let mut all = Told::default();
    for caller in callers.collect::<Vec<_>>() {
        caller.await.unwrap().into_iter().for_each(|(class, count)| *all.counts.entry(class).or_default() += count);
    }
    Told { lasted: begun.elapsed(), ..all }
}

/// Two servers before, while and after Redis is gone; while it is, until each was told this class so often.
async fn outage(when_gone: WhenGone, enough: (&'static str, u32)) -> (TestApp, Tenant, [Told; 3]) {
    let mut redis = Redis::start().await.unwrap();
    let app = start(&redis, when_gone).await;
    let tenant = app.tenant("one").await;
    let (url, _) = app.start_replica().await;
    let agents = [tenant.agent.clone(), Agent::new(&url, tenant.agent.key())];

    let before = hammer(&agents, ("rate_limited", 5)).await;
    let load = tokio::spawn({
        let agents = agents.clone();
        async move { hammer(&agents, enough).await }
    });
    // The fault is this moment: calls are under way.
    tokio::time::sleep(Duration::from_millis(100)).await;
    redis.kill();
    let during = load.await.unwrap();
    redis.restart().await.unwrap();
    // The other server draws in it again, and so does this one.
    let shared = app.operator.redis.as_ref().unwrap();
    let size = Script::new("return redis.call('DBSIZE')");
    until(async || {
        class(&agents[1]).await;
        shared.run::<u64>(&size.prepare_invoke()).await.is_ok_and(|size| size > 0)
    })
    .await;
    let after = hammer(&agents, ("rate_limited", 5)).await;
    println!("{when_gone:?}: two servers, one key, {BURST} calls at once and one a second");
    let told = [before, during, after];
    for (when, Told { counts, lasted }) in ["before", "Redis gone", "after"].iter().zip(&told) {
        println!("  {when}, in {lasted:.1?}: {counts:?}");
    }
    (app, tenant, told)
}

async fn until(mut done: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done().await {
        assert!(Instant::now() < deadline, "Redis is not used again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_each_server_counts_for_itself_and_nothing_fails() {
    let (_app, _tenant, [before, during, after]) = outage(WhenGone::Local, ("", BURST as u32)).await;
    for told in [&before, &during, &after] {
        assert_eq!(told.of("") + told.of("rate_limited"), told.counts.values().sum::<u32>(), "{told:?}");
    }
    assert!((BURST..=before.most()).contains(&before.admitted()), "both share one limit: {before:?}");
    assert!(during.admitted() > during.most(), "each has one of its own: {during:?}");
    assert!(during.admitted() <= 2.0 * during.most(), "and no more: {during:?}");
    assert!((1.0..=after.most()).contains(&after.admitted()), "both share one again: {after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_calls_are_refused_where_the_settings_say_so_and_nothing_is_charged() {
    let (app, tenant, [before, during, after]) = outage(WhenGone::Refuse, ("limits_unreadable", 20)).await;
    assert!((BURST..=before.most()).contains(&before.admitted()), "{before:?}");
    assert!(during.admitted() <= 3.0, "what came before the end of Redis: {during:?}");
    assert!((1.0..=after.most()).contains(&after.admitted()), "{after:?}");
    let filter = CallFilter { limit: 10_000, outcome: Some(Outcome::OurFault), ..CallFilter::default() };
    let rows = app.store().tenant(tenant.id).list_calls(&filter).await.unwrap();
    assert!(rows.len() >= 40, "the ledger says what could not be served");
    for row in rows {
        assert_eq!((row.class.as_deref(), row.price.0, row.units), (Some("limits_unreadable"), 0, 0));
    }
}

#[tokio::test]
async fn the_refusal_says_that_nothing_was_done_and_what_to_do() {
    let mut redis = Redis::start().await.unwrap();
    let app = start(&redis, WhenGone::Refuse).await;
    let tenant = app.tenant("one").await;
    redis.kill();
    let error = tenant.agent.refused("probe", "echo", json!({ "account": probe::ACCOUNT })).await;
    assert_eq!(error["class"], "limits_unreadable");
    let told = error.to_string();
    assert!(told.contains("nothing was done") && told.contains("Try again in a minute."), "{told}");
    assert!(!told.contains("127.0.0.1") && !told.to_lowercase().contains("redis"), "{told}");
}

/// What becomes of an attempt to sign in with a wrong password.
async fn attempt(url: &str) -> StatusCode {
    let fields = [("email", "ann@example.com"), ("password", "not this one")];
    Visitor::new(url).post("/sign-in", &fields).await.status
}

#[tokio::test]
async fn two_portals_count_attempts_together_and_without_redis_people_can_still_sign_in() {
    let mut redis = Redis::start().await.unwrap();
    let app = start(&redis, WhenGone::Refuse).await;
    let (replica, _) = app.start_replica().await;
    let mut let_through = 0;
    for number in 0..14 {
        let url = [&app.url, &replica][number % 2];
        let_through += usize::from(attempt(url).await != StatusCode::TOO_MANY_REQUESTS);
    }
    // Eight at once, and five a minute.
    assert!((8..=9).contains(&let_through), "{let_through} of 14 were let through");

    redis.kill();
    assert_eq!(attempt(&app.url).await, StatusCode::UNPROCESSABLE_ENTITY, "calls would be refused; people are not");
    app.sign_up("Acme", "bob@example.com").await;
    let mut refused = 0;
    for _ in 0..10 {
        refused += usize::from(attempt(&app.url).await == StatusCode::TOO_MANY_REQUESTS);
    }
    assert!(refused >= 2, "whoever guesses is still counted");
}

/// Five a second, 120 at once, for all calls of one key: less than three processes manage on a busy machine.
const PROCESS_RATE: f64 = 5.0;
const PROCESS_BURST: u32 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_admit_what_one_would_within_a_hundredth() {
    let (postgres, redis) = (Postgres::shared().await.unwrap(), Redis::start().await.unwrap());
    let (database, vendor) =
        (postgres.database().await.unwrap(), Vendor::of(&turnpike_google_ads::integration()).await);
    let settings = format!(
        "{}read_per_minute = 60000\nread_burst = 10000\n[redis]\nurl = \"{}\"\nwhen_gone = \"refuse\"\n[limits]\n\
         tenant_per_minute = 60000\ntenant_burst = 10000\n\
         principal_per_minute = {}\nprincipal_burst = {PROCESS_BURST}\n",
        vendor.settings(),
        redis.url(),
        PROCESS_RATE * 60.0,
    );
    let deployment = Deployment::on_postgres(&database, &settings).await;
    let tenant = deployment.add_tenant().await;
    let (first_key, key) = (deployment.add_key(tenant).await, deployment.add_key(tenant).await);
    deployment.connect(tenant, &vendor).await;
    let mut servers = vec![];
    for _ in 0..3 {
        let server = deployment.serve().await;
        // By another key: what is warmed up does not count.
        assert_eq!(Caller::new(&first_key).at(&server).list_accounts().await.unwrap().class(), None);
        servers.push(server);
    }

    let begun = Instant::now();
    let caller = Caller::new(&key);
    let callers = servers.iter().flat_map(|server| [server, server]).map(|server| {
        let caller = caller.at(server);
        tokio::spawn(async move {
            let (mut admitted, mut refused) = (vec![], 0);
            while begun.elapsed() < Duration::from_secs(20) {
                let answer = caller.list_accounts().await.unwrap();
                match answer.class() {
                    None => admitted.push(answer.call_id()),
                    // The second where Redis takes too long to answer: nothing is let through.
                    Some("rate_limited" | "limits_unreadable") => refused += 1,
                    Some(other) => panic!("{other}: {}", answer.text()),
                }
            }
            (admitted, refused)
        })
    });
    let (mut admitted, mut refused) = (HashSet::new(), 0);
    println!("| process | admitted | refused |\n|---|---|---|");
    let told = futures_util::future::join_all(callers.collect::<Vec<_>>()).await;
    let told: Vec<(Vec<_>, u32)> = told.into_iter().map(Result::unwrap).collect();
    for (process, two) in told.chunks(2).enumerate() {
        let (good, bad) = (two[0].0.len() + two[1].0.len(), two[0].1 + two[1].1);
        println!("| {} | {good} | {bad} |", process + 1);
        assert!(good > 0, "the process admitted nothing");
        admitted.extend(two.iter().flat_map(|told| &told.0).copied());
        refused += bad;
    }
    // From the first call that was admitted to the last one, as the ledger has them.
    let filter = CallFilter { limit: 10_000, outcome: Some(Outcome::Success), ..CallFilter::default() };
    let mut rows = deployment.store().await.tenant(tenant).list_calls(&filter).await.unwrap();
    rows.retain(|row| admitted.contains(&row.call_id));
    assert_eq!(rows.len(), admitted.len(), "each admitted call stands in the ledger once");
    let lasted = rows[0].started_at.since(rows[rows.len() - 1].started_at).as_secs_f64();
    let should = f64::from(PROCESS_BURST) + lasted * PROCESS_RATE;
    let off = 100.0 * (rows.len() as f64 / should - 1.0);
    println!("| all | {} | {refused} |\nin {lasted:.2} s {should:.1} should be: off by {off:+.2} %", rows.len());
    assert!(refused > 10, "the limit was hardly reached");
    assert!(off.abs() < 1.0, "{} were admitted and not {should}", rows.len());
}

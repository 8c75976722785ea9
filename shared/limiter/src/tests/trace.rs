//! The limits in Redis answer as those in memory: the same admissions are put to both, and each answer is compared.

use std::collections::BTreeMap;

use proptest::strategy::ValueTree as _;
use turnpike_testkit::Redis as Server;

use super::*;

/// One admission of a trace.
#[derive(Clone, Debug)]
struct Step {
    tenant: u8,
    /// By how many microseconds the clock has moved; now and then it is turned back.
    micros: i64,
    buckets: Vec<Bucket>,
}

/// Limits as shipped, odd ones whose intervals are no whole number of microseconds, closed ones and senseless ones.
const RATES: [(u32, u32); 10] =
    [(60, 10), (600, 120), (300, 60), (7, 3), (37, 1), (1, 2), (0, 5), (999_983, 4), (u32::MAX, 1), (1, u32::MAX)];

fn step() -> impl Strategy<Value = Step> {
    let whose = prop::sample::select(vec![Whose::Tool, Whose::Tenant, Whose::Principal]);
    // Most buckets have one limit for ever; some calls come as if it had just been changed.
    let bucket = (whose, 0..6u8, prop_oneof![9 => Just(None), 1 => (0..RATES.len()).prop_map(Some)]);
    let bucket = bucket.prop_map(|(whose, name, changed)| {
        let (per_minute, burst) = RATES[changed.unwrap_or((whose as usize * 6 + usize::from(name)) % RATES.len())];
        Bucket { whose, key: format!("{whose:?}/{name}"), per_minute, burst }
    });
    let micros = prop_oneof![
        10 => Just(0i64), 20 => 0..100_000i64, 20 => 0..3_000_000i64, 1 => 0..4_000_000_000i64, 1 => -4_000_000_000i64..0,
    ];
    let parts = (0..4u8, micros, prop::collection::vec(bucket, 1..4));
    parts.prop_map(|(tenant, micros, buckets)| Step { tenant, micros, buckets })
}

/// Puts the trace to both; how often each answer was given.
async fn replay(server: &Server, trace: &[Step]) -> BTreeMap<String, usize> {
    let shared = Shared::new(Redis::open(&server.url().into()).unwrap(), WhenGone::Refuse);
    let (memory, run) = (Memory::default(), u128::from_be_bytes(Ambient::system().bytes()));
    let (mut now, mut answers) = (at(0).micros(), BTreeMap::new());
    for (number, step) in trace.iter().enumerate() {
        now += step.micros;
        let (now, tenant) = (Timestamp::from_micros(now), format!("{run}-{}", step.tenant));
        let here = memory.admit(&tenant, &step.buckets, now);
        let there = shared.replay(&tenant, &step.buckets, now).await;
        assert_eq!(here, there, "step {number}, at {}: {step:?}", now.micros());
        let answer = here.err().map_or("admitted".to_owned(), |refusal| format!("{:?}", refusal.whose));
        *answers.entry(answer).or_default() += 1;
    }
    answers
}

/// The recorded trace: proptest's own generator from a fixed seed gives the same 6,000 admissions on every machine.
#[tokio::test]
async fn redis_and_memory_answer_a_recorded_trace_the_same() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let trace = prop::collection::vec(step(), 6000).new_tree(&mut runner).unwrap().current();
    let server = Server::start().await.unwrap();
    let answers = replay(&server, &trace).await;
    println!("a recorded trace of {} admissions of 4 tenants, each answer the same: {answers:?}", trace.len());
    assert!(answers.len() == 4 && answers.values().all(|count| *count > 200), "too little was tried: {answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_memory_answer_any_trace_the_same() {
    let server = Server::start().await.unwrap();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
            cases: 64,
            failure_persistence: None,
            ..ProptestConfig::default()
        });
        let traces = prop::collection::vec(step(), 1..120);
        runner.run(&traces, |trace| {
            runtime.block_on(replay(&server, &trace));
            Ok(())
        })
    })
    .await
    .unwrap()
    .unwrap();
}

#[tokio::test]
async fn nothing_stays_in_redis_that_is_not_needed() {
    let server = Server::start().await.unwrap();
    let redis = Redis::open(&server.url().into()).unwrap();
    let limiter = Limiter::shared(redis.clone(), WhenGone::Refuse);
    let buckets = [bucket(Whose::Tool, 60, 5), bucket(Whose::Tenant, 600, 5)];
    for _ in 0..8 {
        let _ = limiter.admit("t", &buckets, at(0)).await;
    }
    let lives = turnpike_redis::Script::new(
        "local out = {} for i, key in ipairs(KEYS) do out[i] = redis.call('PTTL', key) end return out",
    );
    let mut call = lives.key("turnpike:limit:{t}:Tool");
    let lives: Vec<i64> = redis.run(call.key("turnpike:limit:{t}:Tenant")).await.unwrap();
    assert!((4_000..=6_100).contains(&lives[0]) && (1..=1_600).contains(&lives[1]), "{lives:?}");
}

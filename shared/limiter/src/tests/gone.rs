//! Redis goes while calls are made, and comes back.

use std::time::Instant;

use turnpike_testkit::Redis as Server;

use super::*;

/// What callers were told in one stretch of time.
#[derive(Default, Debug)]
struct Told {
    admitted: usize,
    empty: usize,
    unreadable: usize,
    slowest: Duration,
}

/// Four callers ask without pause for so long.
async fn hammer(limiter: &Limiter, buckets: &[Bucket], lasting: Duration) -> Told {
    let begun = Instant::now();
    let callers = (0..4).map(|_| {
        let (limiter, buckets) = (limiter.clone(), buckets.to_vec());
        tokio::spawn(async move {
            let mut told = Told::default();
            while begun.elapsed() < lasting {
                let asked = Instant::now();
                match limiter.admit("t", &buckets, Ambient::system().now()).await {
                    Ok(()) => told.admitted += 1,
                    Err(NotAdmitted::Empty(_)) => told.empty += 1,
                    Err(NotAdmitted::Unreadable(_)) => told.unreadable += 1,
                }
                told.slowest = told.slowest.max(asked.elapsed());
                tokio::task::yield_now().await;
            }
            told
        })
    });
    let mut all = Told::default();
    for caller in callers.collect::<Vec<_>>() {
        let told = caller.await.unwrap();
        all.admitted += told.admitted;
        all.empty += told.empty;
        all.unreadable += told.unreadable;
        all.slowest = all.slowest.max(told.slowest);
    }
    all
}

/// Redis there, then killed under load, then there again; what was told in each stretch.
async fn outage(when_gone: WhenGone) -> [Told; 3] {
    let mut server = Server::start().await.unwrap();
    let redis = Redis::open(&server.url().into()).unwrap();
    let limiter = Limiter::shared(redis.clone(), when_gone);
    // Ten a second, ten at once.
    let buckets = [bucket(Whose::Tenant, 600, 10)];
    let before = hammer(&limiter, &buckets, Duration::from_secs(1)).await;
    let load = tokio::spawn({
        let (limiter, buckets) = (limiter.clone(), buckets.clone());
        async move { hammer(&limiter, &buckets, Duration::from_secs(3)).await }
    });
    // The fault is this moment: calls are under way.
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.kill();
    let during = load.await.unwrap();
    server.restart().await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while redis.ping().await.is_err() {
        assert!(Instant::now() < deadline, "it is not used again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let after = hammer(&limiter, &buckets, Duration::from_secs(1)).await;
    let told = [before, during, after];
    println!("| {when_gone:?} | admitted | empty | unreadable | slowest |\n|---|---|---|---|---|");
    for (when, Told { admitted, empty, unreadable, slowest }) in ["before", "Redis gone", "after"].iter().zip(&told) {
        println!("| {when} | {admitted} | {empty} | {unreadable} | {slowest:?} |");
    }
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_a_process_counts_alone_with_the_same_limits() {
    let [before, during, after] = outage(WhenGone::CountAlone).await;
    assert!([&before, &during, &after].iter().all(|told| told.unreadable == 0));
    assert!((18..=22).contains(&before.admitted), "{before:?}");
    // A burst of its own, and the rate; with what Redis let through before it went.
    assert!((38..=44).contains(&during.admitted), "{during:?}");
    assert!(during.slowest < Duration::from_secs(1), "a call waited {:?}", during.slowest);
    assert!((18..=22).contains(&after.admitted), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_all_is_refused_where_the_settings_say_so() {
    let [before, during, after] = outage(WhenGone::Refuse).await;
    assert!((18..=22).contains(&before.admitted) && before.unreadable == 0, "{before:?}");
    assert!(during.admitted <= 2 && during.unreadable > 0, "{during:?}");
    assert!(during.slowest < Duration::from_secs(1), "a call waited {:?}", during.slowest);
    assert!((18..=22).contains(&after.admitted) && after.unreadable == 0, "{after:?}");
}

#[tokio::test]
async fn who_tries_to_sign_in_is_counted_and_let_in_without_redis() {
    let mut server = Server::start().await.unwrap();
    let redis = Redis::open(&server.url().into()).unwrap();
    let limiter = Limiter::shared(redis, WhenGone::Refuse);
    server.kill();
    let buckets = [bucket(Whose::Principal, 5, 8)];
    let mut told = vec![];
    for _ in 0..10 {
        told.push(limiter.throttle("ann", &buckets, at(0)).await.is_ok());
    }
    assert_eq!(told.iter().filter(|admitted| **admitted).count(), 8);
    assert!(matches!(limiter.admit("ann", &buckets, at(0)).await, Err(NotAdmitted::Unreadable(_))));
}

/// Redis that takes connections and answers nothing: the worst way to be gone.
#[tokio::test]
async fn a_redis_that_says_nothing_holds_up_one_call_a_second() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let redis = Redis::open(&format!("redis://{}/0", listener.local_addr().unwrap()).into()).unwrap();
    let limiter = Limiter::shared(redis, WhenGone::CountAlone);
    let buckets = [bucket(Whose::Tenant, 600_000, 100_000)];
    limiter.admit("t", &buckets, at(0)).await.unwrap();
    let (begun, mut slow, mut calls) = (Instant::now(), 0, 0);
    while begun.elapsed() < Duration::from_secs(3) {
        let asked = Instant::now();
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let (limiter, buckets) = (limiter.clone(), buckets.clone());
                tokio::spawn(async move {
                    let asked = Instant::now();
                    let _ = limiter.admit("t", &buckets, Ambient::system().now()).await;
                    asked.elapsed()
                })
            })
            .collect();
        for caller in callers {
            let took = caller.await.unwrap();
            calls += 1;
            slow += usize::from(took > Duration::from_millis(200));
            assert!(took < Duration::from_secs(1), "a call waited {took:?}");
        }
        assert!(asked.elapsed() < Duration::from_secs(2));
    }
    println!("of {calls} calls in three seconds {slow} waited for a Redis that says nothing");
    assert!(slow <= 4 && calls > 100, "{slow} of {calls}");
}

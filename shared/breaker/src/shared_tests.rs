//! Several processes on one Redis.

use turnpike_core::{Ambient, Class, Timestamp};
use turnpike_testkit::Redis as Server;

use super::*;

const PATIENCE: Duration = Duration::from_secs(45);
const MINUTE: Duration = Duration::from_secs(60);

fn process(server: &Server) -> Breakers {
    Breakers::new(Policy::default(), Some(Redis::open(&server.url().into()).unwrap()))
}

fn key(part: &str) -> Key {
    Key { upstream: "ads https://ads.example".into(), part: part.into() }
}

fn now() -> Timestamp {
    Ambient::system().now()
}

/// How long a request would have to wait, as this process's clock has it.
async fn wait(breakers: &Breakers, keys: &[Key], now: Timestamp) -> Option<Duration> {
    match breakers.check(keys, now, PATIENCE).await {
        Ok(()) => None,
        Err(Stopped::Held { until, .. } | Stopped::Open { until }) => Some(until.since(now)),
    }
}

#[tokio::test]
async fn what_one_process_is_told_stops_all_and_ends_for_all() {
    let server = Server::start().await.unwrap();
    let (one, two) = (process(&server), process(&server));
    let keys = [key("host"), key("account/1"), key("app/a")];
    assert_eq!(wait(&two, &keys, now()).await, None);
    let from = now();
    one.hold(&keys[1], Class::RateStorm, from.plus(Duration::from_millis(900)), from).await;
    let Err(Stopped::Held { at: 1, class: Class::RateStorm, .. }) = two.check(&keys, now(), PATIENCE).await else {
        panic!("the other process does not know of the hold");
    };
    assert_eq!(wait(&two, &[key("host"), key("account/2")], now()).await, None, "it holds no more than it is about");
    let deadline = from.plus(MINUTE);
    while wait(&two, &keys, now()).await.is_some() {
        assert!(now() < deadline, "the hold does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let held = now().since(from);
    assert!(held >= Duration::from_millis(890), "it ended after {held:?}");
}

#[tokio::test]
async fn a_shorter_hold_of_another_process_never_cuts_a_longer_one() {
    let server = Server::start().await.unwrap();
    let (one, two, three) = (process(&server), process(&server), process(&server));
    let keys = [key("app/a")];
    let from = now();
    one.hold(&keys[0], Class::QuotaDaily, from.plus(10 * MINUTE), from).await;
    two.hold(&keys[0], Class::RateStorm, from.plus(MINUTE), from).await;
    assert!(wait(&three, &keys, now()).await > Some(9 * MINUTE));
    two.hold(&keys[0], Class::RateStorm, from.plus(20 * MINUTE), from).await;
    assert!(wait(&three, &keys, now()).await > Some(19 * MINUTE), "a longer one does");
}

#[tokio::test]
async fn clocks_that_differ_agree_on_how_long_it_lasts() {
    let server = Server::start().await.unwrap();
    let (one, two) = (process(&server), process(&server));
    let from = now();
    one.hold(&key("app/a"), Class::RateStorm, from.plus(MINUTE), from).await;
    let late = now().plus(60 * MINUTE);
    let wait = wait(&two, &[key("app/a")], late).await.unwrap();
    assert!(wait <= MINUTE && wait > MINUTE / 2, "an hour ahead, and told to wait {wait:?}");
}

#[tokio::test]
async fn everybody_sees_the_holds_of_all_and_the_breakers_of_their_own() {
    let server = Server::start().await.unwrap();
    let (one, two) = (process(&server), process(&server));
    let from = now();
    one.hold(&key("app/a"), Class::RateStorm, from.plus(MINUTE), from).await;
    one.hold(&key("account/with spaces/1"), Class::VersionDead, from.plus(MINUTE), from).await;
    (0..5).for_each(|_| two.failed(&key("host"), from));
    let parts = async |breakers: &Breakers| {
        let mut all: Vec<_> = breakers.snapshot(now()).await.into_iter().map(|(key, _)| key.part).collect();
        all.sort();
        all
    };
    assert_eq!(parts(&one).await, ["account/with spaces/1", "app/a"]);
    assert_eq!(parts(&two).await, ["account/with spaces/1", "app/a", "host"]);
}

#[tokio::test]
async fn without_redis_its_own_holds_hold_and_nobody_waits() {
    let mut server = Server::start().await.unwrap();
    let breakers = process(&server);
    assert_eq!(wait(&breakers, &[key("app/a")], now()).await, None);
    server.kill();
    let from = now();
    breakers.hold(&key("app/a"), Class::RateStorm, from.plus(MINUTE), from).await;
    for _ in 0..1000 {
        assert!(wait(&breakers, &[key("app/a")], from).await.is_some());
        assert_eq!(wait(&breakers, &[key("app/b")], from).await, None);
    }
    assert_eq!(breakers.snapshot(from).await.len(), 1);
    let took = now().since(from);
    assert!(took < Duration::from_secs(4), "two thousand requests waited {took:?}");
}

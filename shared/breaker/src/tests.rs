use futures_util::FutureExt as _;
use proptest::prelude::*;

use super::*;

const PATIENCE: Duration = Duration::from_secs(45);

fn key(part: &str) -> Key {
    Key { upstream: "ads".into(), part: part.into() }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(0).plus(Duration::from_secs(seconds))
}

#[tokio::test]
async fn a_snapshot_tells_what_stands_in_the_way_and_no_more() {
    let breakers = Breakers::default();
    let key = |part: &str| Key { upstream: "it".into(), part: part.into() };
    let at = |seconds| Timestamp::from_micros(0).plus(Duration::from_secs(seconds));
    let states = async |seconds| {
        let all = breakers.snapshot(at(seconds)).await;
        all.into_iter().map(|(key, state)| (key.part, state)).collect::<HashMap<_, _>>()
    };
    breakers.failed(&key("fine"), at(0));
    (0..5).for_each(|_| breakers.failed(&key("open"), at(0)));
    breakers.hold(&key("held"), Class::RateStorm, at(9), at(0)).await;
    let open = ("open".to_owned(), State::Open { until: at(5) });
    let held = ("held".to_owned(), State::Held { class: Class::RateStorm, until: at(9) });
    assert_eq!(states(1).await, HashMap::from([open, held.clone()]));
    assert_eq!(states(5).await, HashMap::from([("open".to_owned(), State::HalfOpen), held]));
    breakers.healthy(&[key("open")], at(9));
    assert_eq!(states(9).await, HashMap::new());
}

#[tokio::test]
async fn failures_in_a_row_open_it_and_one_probe_closes_it() {
    let breakers = Breakers::default();
    let keys = [key("app")];
    for _ in 0..5 {
        assert!(breakers.check(&keys, at(0), PATIENCE).await.is_ok());
        breakers.failed(&keys[0], at(0));
    }
    assert_eq!(breakers.check(&keys, at(1), PATIENCE).await, Err(Stopped::Open { until: at(5) }));
    assert!(breakers.check(&keys, at(5), PATIENCE).await.is_ok(), "the probe goes");
    assert!(breakers.check(&keys, at(5), PATIENCE).await.is_err(), "one probe at a time");
    breakers.healthy(&keys, at(6));
    assert!(breakers.check(&keys, at(6), PATIENCE).await.is_ok());
    assert!(breakers.check(&keys, at(6), PATIENCE).await.is_ok());
}

#[tokio::test]
async fn a_failed_probe_doubles_the_pause_and_a_lost_probe_is_given_up() {
    let breakers = Breakers::default();
    let keys = [key("app")];
    (0..5).for_each(|_| breakers.failed(&keys[0], at(0)));
    assert!(breakers.check(&keys, at(5), PATIENCE).await.is_ok());
    breakers.failed(&keys[0], at(5));
    assert_eq!(breakers.check(&keys, at(6), PATIENCE).await, Err(Stopped::Open { until: at(15) }));
    assert!(breakers.check(&keys, at(15), PATIENCE).await.is_ok());
    assert!(breakers.check(&keys, at(59), PATIENCE).await.is_err());
    assert!(breakers.check(&keys, at(60), PATIENCE).await.is_ok(), "the first probe never reported back");
}

#[tokio::test]
async fn a_success_between_failures_starts_the_count_again() {
    let breakers = Breakers::default();
    let keys = [key("app")];
    for _ in 0..4 {
        breakers.failed(&keys[0], at(0));
    }
    breakers.healthy(&keys, at(0));
    for _ in 0..4 {
        breakers.failed(&keys[0], at(0));
    }
    assert!(breakers.check(&keys, at(0), PATIENCE).await.is_ok());
}

#[tokio::test]
async fn a_hold_stops_its_own_scope_until_its_end_and_outlives_a_late_success() {
    let breakers = Breakers::default();
    breakers.hold(&key("account/1"), Class::RateStorm, at(30), at(0)).await;
    breakers.hold(&key("account/1"), Class::RateStorm, at(10), at(0)).await;
    breakers.healthy(&[key("account/1")], at(1));
    let held = Err(Stopped::Held { at: 1, class: Class::RateStorm, until: at(30) });
    assert_eq!(breakers.check(&[key("app"), key("account/1")], at(29), PATIENCE).await, held);
    assert!(breakers.check(&[key("app"), key("account/2")], at(29), PATIENCE).await.is_ok());
    assert!(breakers.check(&[key("app"), key("account/1")], at(30), PATIENCE).await.is_ok());
}

proptest! {
    #[test]
    fn an_open_breaker_never_lets_two_probes_out_at_once(events in prop::collection::vec((0u8..3, 0u64..20), 1..200)) {
        let breakers = Breakers::default();
        let keys = [key("app")];
        let (mut now, mut in_a_row, mut open, mut probes) = (0, 0, false, 0u32);
        for (event, step) in events {
            now += step;
            match event {
                0 => if breakers.check(&keys, at(now), Duration::MAX).now_or_never().unwrap().is_ok() && open {
                    probes += 1;
                    prop_assert_eq!(probes, 1);
                },
                1 => {
                    breakers.failed(&keys[0], at(now));
                    in_a_row += 1;
                    open |= in_a_row >= 5;
                    probes = 0;
                }
                _ => {
                    breakers.healthy(&keys, at(now));
                    (in_a_row, open, probes) = (0, false, 0);
                }
            }
        }
    }
}

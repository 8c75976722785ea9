//! The limits in memory, and what the tests of those in Redis share.

mod gone;
mod replicas;
mod trace;

use std::time::Duration;

use proptest::prelude::*;
use turnpike_core::Ambient;

use super::*;

/// What calls draw from, with this much.
fn bucket(whose: Whose, per_minute: u32, burst: u32) -> Bucket {
    Bucket { whose, key: format!("{whose:?}"), per_minute, burst }
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_790_000_000_000_000).plus(Duration::from_secs(seconds))
}

/// How many of so many calls at one instant are admitted.
fn admitted(memory: &Memory, buckets: &[Bucket], calls: usize, now: Timestamp) -> usize {
    (0..calls).filter(|_| memory.admit("t", buckets, now).is_ok()).count()
}

#[test]
fn a_burst_is_admitted_at_once_and_then_the_steady_rate() {
    let memory = Memory::default();
    let buckets = [bucket(Whose::Tool, 60, 5)];
    assert_eq!(admitted(&memory, &buckets, 10, at(0)), 5);
    assert_eq!(memory.admit("t", &buckets, at(0)).unwrap_err().retry_at, at(1));
    assert_eq!(admitted(&memory, &buckets, 2, at(1)), 1);
}

#[test]
fn a_call_refused_by_one_bucket_draws_from_none() {
    let memory = Memory::default();
    let (wide, narrow) = (bucket(Whose::Tenant, 60, 3), bucket(Whose::Tool, 60, 1));
    assert!(memory.admit("t", &[wide.clone(), narrow.clone()], at(0)).is_ok());
    let refusal = memory.admit("t", &[wide.clone(), narrow], at(0)).unwrap_err();
    assert_eq!(refusal.whose, Whose::Tool);
    assert_eq!(admitted(&memory, &[wide], 5, at(0)), 2);
}

#[test]
fn one_tenant_never_spends_anothers_calls() {
    let memory = Memory::default();
    let buckets = [bucket(Whose::Tool, 60, 1)];
    assert!(memory.admit("a", &buckets, at(0)).is_ok());
    assert!(memory.admit("b", &buckets, at(0)).is_ok());
    assert!(memory.admit("a", &buckets, at(0)).is_err());
}

#[test]
fn a_clock_that_is_turned_back_locks_nobody_out() {
    let memory = Memory::default();
    let buckets = [bucket(Whose::Tool, 60, 5)];
    assert_eq!(admitted(&memory, &buckets, 10, at(7200)), 5);
    assert_eq!(
        admitted(&memory, &buckets, 10, at(3600)),
        1,
        "of what cannot have been nothing is held against anybody"
    );
    assert_eq!(admitted(&memory, &buckets, 10, at(3601)), 1);
    assert_eq!(admitted(&memory, &buckets, 10, at(3590)), 0, "a little earlier is what calls at the same time are");
}

#[test]
fn a_limit_beyond_all_sense_is_counted_all_the_same() {
    let memory = Memory::default();
    assert_eq!(admitted(&memory, &[bucket(Whose::Tool, 1, u32::MAX)], 100, at(0)), 100);
    assert_eq!(admitted(&memory, &[bucket(Whose::Tenant, u32::MAX, 1)], 100, at(0)), 100);
    assert_eq!(admitted(&memory, &[bucket(Whose::Principal, 0, 5)], 100, at(0)), 0);
}

proptest! {
    #[test]
    fn no_window_admits_more_than_burst_plus_rate(
        steps in prop::collection::vec(0u64..2_000_000, 1..200), per_minute in 1u32..600, burst in 1u32..20,
    ) {
        let memory = Memory::default();
        let buckets = [bucket(Whose::Tool, per_minute, burst)];
        let (mut now, mut admitted) = (at(0), 0u64);
        for step in steps {
            now = now.plus(Duration::from_micros(step));
            admitted += u64::from(memory.admit("t", &buckets, now).is_ok());
        }
        let elapsed = now.since(at(0)).as_secs_f64();
        prop_assert!(admitted as f64 <= f64::from(burst) + elapsed * f64::from(per_minute) / 60.0 + 1e-6);
    }
}

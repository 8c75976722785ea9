//! Call limits: a token bucket per (tenant, tool), per tenant and per principal.
//!
//! One call draws from all its buckets or from none. The algorithm is GCRA: a bucket is one instant, its "theoretical
//! arrival time", so that an idle bucket costs nothing and may be forgotten.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::Timestamp;

/// How many locks the buckets are spread over, by tenant.
const SHARDS: usize = 64;
/// A shard that grows beyond this drops the buckets that are full again.
const SWEEP_AT: usize = 1024;

/// Whose limit a bucket is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// The tenant's, for one tool.
    Tool,
    /// The tenant's, over all tools.
    Tenant,
    /// One API key's, one grant's or one member's.
    Principal,
}

impl Whose {
    /// In words for an agent.
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Tool => "your organisation's limit for this tool",
            Self::Tenant => "your organisation's limit over all tools",
            Self::Principal => "the limit of this credential",
        }
    }
}

/// One bucket that a call draws from.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Whose it is.
    pub whose: Whose,
    /// Names it among all buckets of the tenant.
    pub key: String,
    /// Calls a minute in the long run; nought admits nothing.
    pub per_minute: u32,
    /// Calls that may come at once.
    pub burst: u32,
}

/// A call that was not admitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Whose limit it was.
    pub whose: Whose,
    /// When the call would be admitted if nothing else comes.
    pub retry_at: Timestamp,
}

/// Limits kept in this process's memory.
pub struct Limiter {
    hasher: RandomState,
    shards: Vec<Mutex<HashMap<(String, String), Timestamp>>>,
}

impl Default for Limiter {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }
}

impl Limiter {
    /// Draws one call from every bucket, or from none when one of them is empty.
    pub fn admit(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<(), Refusal> {
        let mut shard = self.shard(tenant);
        if shard.len() > SWEEP_AT {
            shard.retain(|_, arrival| *arrival > now);
        }
        let mut drawn = Vec::with_capacity(buckets.len());
        for bucket in buckets {
            let key = (tenant.to_owned(), bucket.key.clone());
            let arrival = shard.get(&key).copied().unwrap_or_default();
            drawn.push((key, draw(bucket, arrival, now)?));
        }
        shard.extend(drawn);
        Ok(())
    }

    fn shard(&self, tenant: &str) -> MutexGuard<'_, HashMap<(String, String), Timestamp>> {
        #[expect(clippy::cast_possible_truncation, reason = "any part of the hash spreads as well")]
        let index = self.hasher.hash_one(tenant) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bucket's next arrival time if the call is admitted.
fn draw(bucket: &Bucket, arrival: Timestamp, now: Timestamp) -> Result<Timestamp, Refusal> {
    let Some(interval) = Duration::from_secs(60).checked_div(bucket.per_minute) else {
        return Err(Refusal { whose: bucket.whose, retry_at: now.plus(Duration::from_secs(3600)) });
    };
    let tolerance = interval * bucket.burst.max(1).saturating_sub(1);
    let earliest = arrival.minus(tolerance);
    if earliest > now {
        Err(Refusal { whose: bucket.whose, retry_at: earliest })
    } else {
        Ok(arrival.max(now).plus(interval))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(whose: Whose, per_minute: u32, burst: u32) -> Bucket {
        Bucket { whose, key: format!("{whose:?}"), per_minute, burst }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_micros(1_000_000_000).plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_burst_is_admitted_at_once_and_then_the_steady_rate() {
        let limiter = Limiter::default();
        let buckets = [bucket(Whose::Tool, 60, 5)];
        let admitted = (0..10).filter(|_| limiter.admit("t", &buckets, at(0)).is_ok()).count();
        assert_eq!(admitted, 5);
        assert_eq!(limiter.admit("t", &buckets, at(0)).unwrap_err().retry_at, at(1));
        assert!(limiter.admit("t", &buckets, at(1)).is_ok());
        assert!(limiter.admit("t", &buckets, at(1)).is_err());
    }

    #[test]
    fn a_call_refused_by_one_bucket_draws_from_none() {
        let limiter = Limiter::default();
        let (wide, narrow) = (bucket(Whose::Tenant, 60, 3), bucket(Whose::Tool, 60, 1));
        assert!(limiter.admit("t", &[wide.clone(), narrow.clone()], at(0)).is_ok());
        let refusal = limiter.admit("t", &[wide.clone(), narrow], at(0)).unwrap_err();
        assert_eq!(refusal.whose, Whose::Tool);
        let left = (0..5).filter(|_| limiter.admit("t", std::slice::from_ref(&wide), at(0)).is_ok()).count();
        assert_eq!(left, 2);
    }

    #[test]
    fn one_tenant_never_spends_anothers_calls() {
        let limiter = Limiter::default();
        let buckets = [bucket(Whose::Tool, 60, 1)];
        assert!(limiter.admit("a", &buckets, at(0)).is_ok());
        assert!(limiter.admit("b", &buckets, at(0)).is_ok());
        assert!(limiter.admit("a", &buckets, at(0)).is_err());
    }

    proptest! {
        #[test]
        fn no_window_admits_more_than_burst_plus_rate(
            steps in prop::collection::vec(0u64..2_000_000, 1..200), per_minute in 1u32..600, burst in 1u32..20,
        ) {
            let limiter = Limiter::default();
            let buckets = [bucket(Whose::Tool, per_minute, burst)];
            let (mut now, mut admitted) = (at(0), 0u64);
            for step in steps {
                now = now.plus(Duration::from_micros(step));
                admitted += u64::from(limiter.admit("t", &buckets, now).is_ok());
            }
            let elapsed = now.since(at(0)).as_secs_f64();
            prop_assert!(admitted as f64 <= f64::from(burst) + elapsed * f64::from(per_minute) / 60.0 + 1e-6);
        }
    }
}

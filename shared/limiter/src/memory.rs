//! Buckets in this process's memory.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Mutex, MutexGuard, PoisonError},
};

use turnpike_core::Timestamp;

use crate::{Bucket, Refusal};

/// How many locks the buckets are spread over, by tenant.
const SHARDS: usize = 64;
/// A shard that grows beyond this drops the buckets that are full again.
const SWEEP_AT: usize = 1024;

pub(crate) struct Memory {
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

struct Shard {
    arrivals: HashMap<(String, String), Timestamp>,
    sweep_at: usize,
}

impl Default for Memory {
    fn default() -> Self {
        let shard = || Mutex::new(Shard { arrivals: HashMap::new(), sweep_at: SWEEP_AT });
        Self { hasher: RandomState::new(), shards: (0..SHARDS).map(|_| shard()).collect() }
    }
}

impl Memory {
    pub(crate) fn admit(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<(), Refusal> {
        let mut shard = self.shard(tenant);
        shard.sweep(now);
        let mut drawn = Vec::with_capacity(buckets.len());
        for bucket in buckets {
            let key = (tenant.to_owned(), bucket.key.clone());
            let arrival = shard.arrivals.get(&key).copied().unwrap_or_default();
            drawn.push((key, bucket.draw(arrival, now)?));
        }
        shard.arrivals.extend(drawn);
        Ok(())
    }

    fn shard(&self, tenant: &str) -> MutexGuard<'_, Shard> {
        #[expect(clippy::cast_possible_truncation, reason = "any part of the hash spreads as well")]
        let index = self.hasher.hash_one(tenant) as usize % SHARDS;
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// Forgets the buckets that are full again. The next time is when as many have come as were left: whoever keeps many in
    /// use does not have all of them looked through for each call.
    fn sweep(&mut self, now: Timestamp) {
        if self.arrivals.len() > self.sweep_at {
            self.arrivals.retain(|_, arrival| *arrival > now);
            self.sweep_at = SWEEP_AT.max(2 * self.arrivals.len());
        }
    }
}

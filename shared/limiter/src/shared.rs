//! Buckets in Redis, which several processes draw from.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use turnpike_core::Timestamp;
use turnpike_redis::{Gone, Redis, Script};

use crate::{Bucket, Refusal, WhenGone, bucket::Pace};

pub(crate) struct Shared {
    redis: Redis,
    script: Script,
    pub(crate) when_gone: WhenGone,
    /// Redis could not be used the last time.
    gone: AtomicBool,
}

impl Shared {
    pub(crate) fn new(redis: Redis, when_gone: WhenGone) -> Self {
        Self { redis, script: Script::new(include_str!("admit.lua")), when_gone, gone: AtomicBool::new(false) }
    }

    /// Draws by Redis's clock. The process's own only says what the wait is added to.
    pub(crate) async fn admit(
        &self,
        tenant: &str,
        buckets: &[Bucket],
        now: Timestamp,
    ) -> Result<Result<(), Refusal>, Gone> {
        let answer = self.draw(tenant, buckets, None).await;
        self.tell(answer.is_err());
        Ok(refused(buckets, answer?, now))
    }

    /// The same by a given clock, of which Redis then knows no other.
    #[cfg(test)]
    pub(crate) async fn replay(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<(), Refusal> {
        refused(buckets, self.draw(tenant, buckets, Some(now)).await.unwrap(), now)
    }

    async fn draw(&self, tenant: &str, buckets: &[Bucket], at: Option<Timestamp>) -> Result<(usize, u64), Gone> {
        if buckets.is_empty() {
            return Ok((0, 0));
        }
        let mut call = self.script.prepare_invoke();
        call.arg(at.map(|at| at.micros().to_string()).unwrap_or_default());
        for bucket in buckets {
            let Pace { interval, tolerance } = bucket.pace();
            // What stands in braces decides where in a cluster a key lies: all buckets of a call together.
            call.key(format!("turnpike:limit:{{{tenant}}}:{}", bucket.key)).arg(interval.unwrap_or(-1)).arg(tolerance);
        }
        self.redis.run(&call).await
    }

    /// Once for each time that Redis goes or comes.
    fn tell(&self, gone: bool) {
        match (self.gone.swap(gone, Ordering::Relaxed), gone, self.when_gone) {
            (false, true, WhenGone::CountAlone) => {
                tracing::warn!("this process counts for itself how often calls are made, until Redis is back");
            }
            (false, true, WhenGone::Refuse) => {
                tracing::error!("calls are refused until Redis is back, as the setting `redis.when_gone` says");
            }
            (true, false, _) => tracing::info!("how often calls are made is counted in Redis again"),
            (false, false, _) | (true, true, _) => {}
        }
    }
}

/// What the script has answered: which bucket is empty, counted from one, and for how many microseconds.
fn refused(buckets: &[Bucket], (number, wait): (usize, u64), now: Timestamp) -> Result<(), Refusal> {
    match number.checked_sub(1).and_then(|index| buckets.get(index)) {
        Some(bucket) => Err(bucket.refuse(now, Duration::from_micros(wait))),
        None => Ok(()),
    }
}

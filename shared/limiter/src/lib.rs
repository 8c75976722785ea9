//! Call limits: a token bucket per (tenant, tool), per tenant and per principal, in memory or in Redis.
//!
//! One call draws from all its buckets or from none. The algorithm is GCRA: a bucket is one instant, its "theoretical
//! arrival time", so that an idle bucket costs nothing and may be forgotten.

mod bucket;
mod memory;
pub mod quota;
mod shared;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use bucket::{Bucket, Refusal, Whose};
use memory::Memory;
use shared::Shared;
use turnpike_core::Timestamp;
use turnpike_redis::{Gone, Redis};

/// What becomes of calls while Redis is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhenGone {
    /// Each process counts in its memory: at worst as many times the limit is let through as there are processes.
    CountAlone,
    /// They are refused.
    Refuse,
}

/// Why a call was not admitted.
#[derive(Debug)]
pub enum NotAdmitted {
    /// A bucket is empty.
    Empty(Refusal),
    /// The buckets are in Redis, which is gone, and without it nothing is to be admitted.
    Unreadable(Gone),
}

/// The limits. Cheap to clone; all clones draw from the same buckets.
#[derive(Clone, Default)]
pub struct Limiter(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// Of a process that is alone, or has to count alone.
    memory: Memory,
    shared: Option<Shared>,
}

impl Limiter {
    /// Counts in Redis, for all processes that use the same one, by its clock.
    pub fn shared(redis: Redis, when_gone: WhenGone) -> Self {
        Self(Arc::new(Inner { memory: Memory::default(), shared: Some(Shared::new(redis, when_gone)) }))
    }

    /// Draws one call from every bucket, or from none when one of them is empty.
    pub async fn admit(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<(), NotAdmitted> {
        match (self.try_shared(tenant, buckets, now).await, &self.0.shared) {
            (Err(gone), Some(Shared { when_gone: WhenGone::Refuse, .. })) => Err(NotAdmitted::Unreadable(gone)),
            (Err(_), _) => self.0.memory.admit(tenant, buckets, now).map_err(NotAdmitted::Empty),
            (Ok(decided), _) => decided.map_err(NotAdmitted::Empty),
        }
    }

    /// The same for attempts that must be possible without Redis, whatever is to become of calls: nobody shall be locked out
    /// because a cache is gone. This process then counts alone.
    pub async fn throttle(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<(), Refusal> {
        match self.try_shared(tenant, buckets, now).await {
            Ok(decided) => decided,
            Err(_) => self.0.memory.admit(tenant, buckets, now),
        }
    }

    /// In Redis where there is one, and in memory where there shall be none.
    async fn try_shared(&self, tenant: &str, buckets: &[Bucket], now: Timestamp) -> Result<Result<(), Refusal>, Gone> {
        match &self.0.shared {
            Some(shared) => shared.admit(tenant, buckets, now).await,
            None => Ok(self.0.memory.admit(tenant, buckets, now)),
        }
    }
}

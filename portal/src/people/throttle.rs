//! How often somebody may try: per account and per address.

use std::net::IpAddr;

use turnpike_core::{Canonical, Timestamp};
use turnpike_limiter::{Bucket, Limiter, Whose};

use crate::http::Failure;

/// Attempts a minute, and at once.
const PER_ACCOUNT: (u32, u32) = (5, 8);
const PER_ADDRESS: (u32, u32) = (30, 40);
const PER_SERVICE: (u32, u32) = (60, 120);

/// Counts attempts, with the other processes where there is Redis, and alone where it is gone: nobody shall be locked out because
/// of that.
pub(crate) struct Throttle(Limiter);

impl Throttle {
    pub(crate) fn new(limiter: Limiter) -> Self {
        Self(limiter)
    }

    /// Counts an attempt of this kind; refuses one too many, whether the account exists or not.
    pub(crate) async fn attempt(&self, kind: &str, account: &str, from: IpAddr, now: Timestamp) -> Result<(), Failure> {
        let account = Canonical::of(kind).field(account).digest().to_string();
        self.draw(&account, &account, PER_ACCOUNT, now).await?;
        self.draw("addresses", &from.to_string(), PER_ADDRESS, now).await
    }

    /// Counts what anybody may do, by address alone; the servers of a large service share few.
    pub(crate) async fn attempt_from(&self, kind: &str, from: IpAddr, now: Timestamp) -> Result<(), Failure> {
        self.draw(kind, &from.to_string(), PER_SERVICE, now).await
    }

    async fn draw(
        &self,
        among: &str,
        key: &str,
        (per_minute, burst): (u32, u32),
        now: Timestamp,
    ) -> Result<(), Failure> {
        let bucket = Bucket { whose: Whose::Principal, key: key.to_owned(), per_minute, burst };
        self.0.throttle(among, &[bucket], now).await.map_err(|_| Failure::TooMany)
    }
}

//! How often somebody may try: per account and per address.

use std::net::IpAddr;

use turnpike_core::{Canonical, Timestamp};
use turnpike_limiter::{Bucket, Limiter, Whose};

use crate::http::Failure;

/// Attempts a minute, and at once.
const PER_ACCOUNT: (u32, u32) = (5, 8);
const PER_ADDRESS: (u32, u32) = (30, 40);
const PER_SERVICE: (u32, u32) = (60, 120);

/// Counts attempts in this process's memory.
#[derive(Default)]
pub(crate) struct Throttle(Limiter);

impl Throttle {
    /// Counts an attempt of this kind; refuses one too many, whether the account exists or not.
    pub(crate) fn attempt(&self, kind: &str, account: &str, from: IpAddr, now: Timestamp) -> Result<(), Failure> {
        let account = Canonical::of(kind).field(account).digest().to_string();
        let admitted = self
            .0
            .admit(&account, &[bucket(&account, PER_ACCOUNT)], now)
            .and_then(|()| self.0.admit("addresses", &[bucket(&from.to_string(), PER_ADDRESS)], now));
        admitted.map_err(|_| Failure::TooMany)
    }

    /// Counts what anybody may do, by address alone; the servers of a large service share few.
    pub(crate) fn attempt_from(&self, kind: &str, from: IpAddr, now: Timestamp) -> Result<(), Failure> {
        let admitted = self.0.admit(kind, &[bucket(&from.to_string(), PER_SERVICE)], now);
        admitted.map_err(|_| Failure::TooMany)
    }
}

fn bucket(key: &str, (per_minute, burst): (u32, u32)) -> Bucket {
    Bucket { whose: Whose::Principal, key: key.to_owned(), per_minute, burst }
}

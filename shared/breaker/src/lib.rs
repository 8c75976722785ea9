//! Circuit breakers and timed holds, one per upstream scope.
//!
//! A breaker opens after several failures of class *Upstream* in a row and lets one probe through when its pause is over.
//! A hold stops a scope until an instant that the upstream named. No other failure touches either: a tenant that may not
//! read an account must not lock out the others.
//!
//! Holds are shared between processes where there is a Redis: what the vendor has told one of them stops all. Breakers are not:
//! each process learns for itself whether it reaches the upstream.

mod shared;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::{Class, Timestamp};
use turnpike_redis::Redis;

use crate::shared::Shared;

/// What a breaker or a hold covers.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    /// Name of the integration and the host behind it: the sandbox and the vendor fail apart.
    pub upstream: String,
    /// The vendor app, or the account below it.
    pub part: String,
}

/// When a breaker opens and how long it pauses.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// Failures in a row that open it.
    pub failures: u32,
    /// First pause; it doubles with each failed probe.
    pub pause: Duration,
    /// Longest pause.
    pub longest: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(5), longest: Duration::from_secs(120) }
    }
}

/// Why a request may not be sent now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// The upstream asked us to wait.
    Held {
        /// Which of the keys is held.
        at: usize,
        /// The failure that caused the hold.
        class: Class,
        /// When it ends.
        until: Timestamp,
    },
    /// The upstream keeps failing.
    Open {
        /// When the next probe may go.
        until: Timestamp,
    },
}

/// What stands in the way of a scope.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// The upstream asked us to wait.
    Held {
        /// The failure that caused the hold.
        class: Class,
        /// When it ends.
        until: Timestamp,
    },
    /// The upstream keeps failing.
    Open {
        /// When the next probe may go.
        until: Timestamp,
    },
    /// The pause is over: the next request decides.
    HalfOpen,
}

#[derive(Default)]
struct Entry {
    failures: u32,
    opened: u32,
    open_until: Option<Timestamp>,
    probing_until: Option<Timestamp>,
    hold: Option<(Class, Timestamp)>,
}

/// All breakers and holds of this process, and the holds of the others.
#[derive(Default)]
pub struct Breakers {
    policy: Policy,
    entries: Mutex<HashMap<Key, Entry>>,
    shared: Option<Shared>,
}

impl Breakers {
    /// Breakers with this policy, whose holds are shared with all processes on this Redis.
    pub fn new(policy: Policy, redis: Option<Redis>) -> Self {
        Self { policy, entries: Mutex::default(), shared: redis.map(Shared::new) }
    }

    /// Would a request of these scopes go now, as far as this process knows? Changes nothing, asks nobody.
    pub fn peek(&self, keys: &[Key], now: Timestamp) -> Result<(), Stopped> {
        look(&self.lock(), keys, now)
    }

    /// May a request of these scopes go now? Asks what other processes have been told, each time: an upstream takes a hundred
    /// times as long to answer. While Redis is gone only what this process was told counts. A half-open breaker admits one
    /// probe at a time; a probe that never reports back is given up after `patience`.
    pub async fn check(&self, keys: &[Key], now: Timestamp, patience: Duration) -> Result<(), Stopped> {
        // What this process knows costs no round trip.
        self.peek(keys, now)?;
        let told = match &self.shared {
            Some(shared) => shared.read(keys).await.unwrap_or_default(),
            None => vec![],
        };
        if let Some((at, (class, left))) = told.into_iter().enumerate().find_map(|(at, hold)| Some((at, hold?))) {
            return Err(Stopped::Held { at, class, until: now.plus(left) });
        }
        let mut entries = self.lock();
        // Others may have been answered meanwhile.
        look(&entries, keys, now)?;
        for key in keys {
            if let Some(entry) = entries.get_mut(key).filter(|entry| entry.open_until.is_some()) {
                entry.probing_until = Some(now.plus(patience));
            }
        }
        Ok(())
    }

    /// A request of these scopes was answered, well or with a failure that says nothing about the upstream's health.
    pub fn healthy(&self, keys: &[Key], now: Timestamp) {
        let mut entries = self.lock();
        for key in keys {
            if let Some(entry) = entries.get_mut(key) {
                *entry = Entry { hold: entry.hold.filter(|(_, until)| *until > now), ..Entry::default() };
                if entry.hold.is_none() {
                    entries.remove(key);
                }
            }
        }
    }

    /// A request of this scope failed with class *Upstream*.
    pub fn failed(&self, key: &Key, now: Timestamp) {
        let policy = self.policy;
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_default();
        entry.failures += 1;
        let probe_failed = entry.probing_until.take().is_some();
        if probe_failed || entry.failures >= policy.failures && entry.open_until.is_none() {
            let pause = policy.pause.saturating_mul(1 << entry.opened.min(16)).min(policy.longest);
            entry.opened += 1;
            entry.open_until = Some(now.plus(pause));
        }
    }

    /// The upstream asked to be left alone until an instant: at once here, and in all processes when this returns. A shorter
    /// hold never cuts a longer one.
    pub async fn hold(&self, key: &Key, class: Class, until: Timestamp, now: Timestamp) {
        self.hold_here(key, class, until);
        if let Some(shared) = &self.shared {
            // That Redis is gone is told by itself; each process then learns of the limit from the vendor.
            let _ = shared.write(key, class, until.since(now)).await;
        }
    }

    fn hold_here(&self, key: &Key, class: Class, until: Timestamp) {
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_default();
        entry.probing_until = None;
        if entry.hold.is_none_or(|(_, held)| held < until) {
            entry.hold = Some((class, until));
        }
    }

    /// Every scope in whose way something stands, in no order: the holds of all processes, the breakers of this one.
    pub async fn snapshot(&self, now: Timestamp) -> Vec<(Key, State)> {
        let mut all = self.snapshot_here(now);
        let told = match &self.shared {
            Some(shared) => shared.list().await.unwrap_or_default(),
            None => vec![],
        };
        for (key, (class, left)) in told {
            let state = State::Held { class, until: now.plus(left) };
            // This process knows the end of its own to the microsecond.
            all.entry(key)
                .and_modify(|own| {
                    if !matches!(own, State::Held { .. }) {
                        *own = state
                    }
                })
                .or_insert(state);
        }
        all.into_iter().collect()
    }

    fn snapshot_here(&self, now: Timestamp) -> HashMap<Key, State> {
        let entries = self.lock();
        let state = |entry: &Entry| match (entry.hold, entry.open_until) {
            (Some((class, until)), _) if until > now => Some(State::Held { class, until }),
            (_, Some(until)) if until > now => Some(State::Open { until }),
            (_, Some(_)) => Some(State::HalfOpen),
            (_, None) => None,
        };
        entries.iter().filter_map(|(key, entry)| Some((key.clone(), state(entry)?))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look(entries: &HashMap<Key, Entry>, keys: &[Key], now: Timestamp) -> Result<(), Stopped> {
    for (at, entry) in keys.iter().enumerate().filter_map(|(at, key)| Some((at, entries.get(key)?))) {
        if let Some((class, until)) = entry.hold.filter(|(_, until)| *until > now) {
            return Err(Stopped::Held { at, class, until });
        }
        if let Some(until) = entry.open_until {
            let until = entry.probing_until.map_or(until, |probing| probing.max(until));
            if until > now {
                return Err(Stopped::Open { until });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod shared_tests;

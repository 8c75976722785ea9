//! Circuit breakers and timed holds, one per upstream scope.
//!
//! A breaker opens after several failures of class *Upstream* in a row and lets one probe through when its pause is over.
//! A hold stops a scope until an instant that the upstream named. No other failure touches either: a tenant that may not
//! read an account must not lock out the others.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use turnpike_core::{Class, Timestamp};

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

/// All breakers and holds of this process.
#[derive(Default)]
pub struct Breakers {
    policy: Policy,
    entries: Mutex<HashMap<Key, Entry>>,
}

impl Breakers {
    /// Breakers with this policy.
    pub fn new(policy: Policy) -> Self {
        Self { policy, entries: Mutex::default() }
    }

    /// Would a request of these scopes go now? Changes nothing.
    pub fn peek(&self, keys: &[Key], now: Timestamp) -> Result<(), Stopped> {
        look(&self.lock(), keys, now)
    }

    /// May a request of these scopes go now? A half-open breaker admits one probe at a time; a probe that never reports
    /// back is given up after `patience`.
    pub fn check(&self, keys: &[Key], now: Timestamp, patience: Duration) -> Result<(), Stopped> {
        let mut entries = self.lock();
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

    /// The upstream asked to be left alone until an instant. A shorter hold never cuts a longer one.
    pub fn hold(&self, key: &Key, class: Class, until: Timestamp) {
        let mut entries = self.lock();
        let entry = entries.entry(key.clone()).or_default();
        entry.probing_until = None;
        if entry.hold.is_none_or(|(_, held)| held < until) {
            entry.hold = Some((class, until));
        }
    }

    /// Every scope in whose way something stands, in no order.
    pub fn snapshot(&self, now: Timestamp) -> Vec<(Key, State)> {
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

//! All that the server knows, behind one lock.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::Value;

use crate::{KeyKind, account::Account, faults::Waiting, refusal::Refusal, webhooks::Endpoint};

/// The world, as the server and the handles share it.
pub(crate) type Shared = Arc<Mutex<World>>;

/// A request as it came.
#[derive(Debug, Clone, PartialEq)]
pub struct RequestLog {
    /// Its method.
    pub method: String,
    /// Its path, without a query.
    pub path: String,
    /// Its parameters as a tree; lists are objects with the keys `0`, `1`, ….
    pub form: Value,
    /// The header `idempotency-key`.
    pub idempotency_key: Option<String>,
    /// The header `stripe-account`.
    pub account: Option<String>,
    /// Which key it came with; none if it had none that is known.
    pub key: Option<KeyKind>,
    /// The header `stripe-version`.
    pub version: Option<String>,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) now: i64,
    pub(crate) accounts: Vec<Account>,
    pub(crate) log: Vec<RequestLog>,
    pub(crate) faults: Vec<Waiting>,
    /// What is being worked on: one call at a time for a customer and a meter, and for an idempotency key.
    pub(crate) busy: HashSet<String>,
    pub(crate) latency: Duration,
    pub(crate) last_request: u64,
    pub(crate) endpoints: Vec<Endpoint>,
}

/// The world, even after a test has panicked while it held it.
pub(crate) fn lock(world: &Shared) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            url: String::new(),
            now,
            accounts: vec![Account::new(None, 0, now)],
            log: Vec::new(),
            faults: Vec::new(),
            busy: HashSet::new(),
            latency: Duration::ZERO,
            last_request: 0,
            endpoints: Vec::new(),
        }
    }

    /// The platform's account, or a connected one, which is there as soon as it is named.
    pub(crate) fn account(&mut self, name: Option<&str>) -> Result<&mut Account, Refusal> {
        if let Some(name) = name.filter(|name| !name.starts_with("acct_")) {
            return Err(Refusal::no_access_to(name));
        }
        let place = match self.accounts.iter().position(|account| account.name.as_deref() == name) {
            Some(place) => place,
            None => {
                let mut account = Account::new(name.map(str::to_owned), self.accounts.len(), self.now);
                account.settings = self.accounts[0].settings.clone();
                account.settings.declining.clear();
                account.url.clone_from(&self.url);
                self.accounts.push(account);
                self.accounts.len() - 1
            }
        };
        Ok(&mut self.accounts[place])
    }
}

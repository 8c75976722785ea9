//! What an account's owner sets in Stripe's dashboard, and what a test decides for it.

use std::collections::HashSet;

use crate::world::World;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

/// How the accounts behave.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// How late summaries are, in seconds.
    pub(crate) summary_lag: i64,
    /// How long an invoice is a draft, in seconds.
    pub(crate) grace: i64,
    /// How long after a failed charge the next is tried, in seconds.
    pub(crate) retries: Vec<i64>,
    /// What becomes of a subscription whose retries are used up.
    pub(crate) after_retries: &'static str,
    /// In thousandths of a percent, for what is taxed automatically.
    pub(crate) tax_rate: i64,
    /// Customers whose cards are declined.
    pub(crate) declining: HashSet<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            summary_lag: 0,
            grace: HOUR,
            retries: vec![3 * DAY, 5 * DAY, 7 * DAY],
            after_retries: "unpaid",
            tax_rate: 10_000,
            declining: HashSet::new(),
        }
    }
}

impl World {
    /// Changes the settings of every account.
    pub(crate) fn settings(&mut self, change: impl Fn(&mut Settings)) {
        self.accounts.iter_mut().for_each(|account| change(&mut account.settings));
    }
}

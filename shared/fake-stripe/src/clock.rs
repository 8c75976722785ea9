//! Time passes only when a test says so.

use crate::{billing::cycle, world::World};

impl World {
    /// Moves the clock forward; all that was due until then happens, each at its moment.
    pub(crate) fn advance(&mut self, to: i64) {
        self.now = self.now.max(to);
        for account in &mut self.accounts {
            while let Some((at, what, id)) = cycle::next(account, self.now) {
                account.now = account.now.max(at);
                if cycle::happen(account, what, &id).is_err() {
                    // What refuses would be due for ever.
                    account.remove(&id);
                }
            }
            account.now = self.now;
        }
    }
}

//! What a test does in place of people and banks.

use serde_json::Value;

use crate::{FakeStripe, account::Account, checkout::complete::complete, refusal::Answer, world::lock};

impl FakeStripe {
    /// Lets charges of a customer's cards fail, or succeed again.
    pub fn decline_cards(&self, customer: &str, decline: bool) {
        lock(&self.world).settings(|settings| {
            if decline {
                settings.declining.insert(customer.to_owned());
            } else {
                settings.declining.remove(customer);
            }
        });
    }

    /// Does what the button of the Checkout page does. A session that is not open stays as it is.
    pub async fn complete_checkout(&self, session_id: &str) {
        let _ = self.with(session_id, |account| complete(account, session_id, None));
    }

    /// For how long invoices are drafts, in seconds.
    pub fn set_grace(&self, seconds: i64) {
        lock(&self.world).settings(|settings| settings.grace = seconds);
    }

    /// After how many seconds each a failed charge is tried again, and what becomes of the subscription after the last:
    /// `unpaid`, `canceled` or `past_due`.
    pub fn set_retries(&self, seconds: &[i64], then: &'static str) {
        lock(&self.world).settings(|settings| {
            settings.retries = seconds.to_vec();
            settings.after_retries = then;
        });
    }

    /// The rate of automatic tax, in thousandths of a percent; 10 % until a test says otherwise.
    pub fn set_tax_rate(&self, thousandths: i64) {
        lock(&self.world).settings(|settings| settings.tax_rate = thousandths);
    }

    /// A customer tells the bank that a charge was wrong; the dispute, if there is such a charge.
    pub fn dispute(&self, charge: &str, reason: &str) -> Option<Value> {
        self.with(charge, |account| account.dispute(charge, reason))
    }

    /// The bank decides a dispute: `won` or `lost`.
    pub fn close_dispute(&self, dispute: &str, status: &str) -> Option<Value> {
        self.with(dispute, |account| account.close_dispute(dispute, status))
    }

    /// Notes an event of a kind that the fake does not know by itself, with any object.
    pub fn emit(&self, kind: &str, object: &Value) {
        lock(&self.world).accounts[0].emit(kind, object);
    }

    fn with(&self, id: &str, work: impl FnOnce(&mut Account) -> Answer) -> Option<Value> {
        let mut world = lock(&self.world);
        let account = world.accounts.iter_mut().find(|account| account.object(id).is_some())?;
        work(account).ok()
    }
}

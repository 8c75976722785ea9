//! What a period's units cost so far, and what they will if it goes on like this.

use turnpike_billing::Account;
use turnpike_core::{Micros, Timestamp};
use turnpike_metering::rate;
use turnpike_store::{InvoiceLine, LineKind};

use crate::pages::{calendar::DAY, money};

/// Units that cost the same.
pub(super) struct Tier {
    pub(super) name: String,
    pub(super) units: i64,
    pub(super) each: String,
    pub(super) amount: String,
}

/// What a period's units cost.
pub(super) struct Costs {
    pub(super) tiers: Vec<Tier>,
    pub(super) total: String,
    /// Units at the end of the period if it goes on like this, and what they cost; none while that is a guess.
    pub(super) expected: Option<(i64, String)>,
}

/// By the lines that the period's invoice would have now.
pub(super) fn costs(account: &Account, upcoming: Vec<InvoiceLine>, now: Timestamp) -> Costs {
    let currency = account.book.currency();
    let usage: Vec<_> = upcoming.into_iter().filter(|line| line.kind == LineKind::Usage).collect();
    let total: i64 = usage.iter().map(|line| line.amount.0).sum();
    let tiers = usage.into_iter().map(|own| Tier {
        each: own.unit_price.map(|price| money(price, currency)).unwrap_or_default(),
        amount: money(own.amount, currency),
        name: own.description,
        units: own.quantity,
    });
    let expected = account.plan.as_ref().zip(expected(account, now));
    Costs {
        tiers: tiers.collect(),
        total: money(Micros(total), currency),
        expected: expected.map(|(plan, units)| {
            let amount: i64 = rate(plan, units, currency).iter().map(|own| own.amount.0).sum();
            (units, money(Micros(amount), currency))
        }),
    }
}

/// Units at the end of the period if it goes on like this. Before a day is over nobody can tell, and a trial's cost nothing.
fn expected(account: &Account, now: Timestamp) -> Option<i64> {
    let own = &account.subscription;
    let (whole, gone) = (own.period_end.since(own.period_start), now.since(own.period_start));
    let tried = own.trial_ends_at.is_some_and(|end| end > own.period_start);
    if gone < DAY || gone >= whole || tried {
        return None;
    }
    let units = i128::from(account.used) * i128::from(whole.as_secs()) / i128::from(gone.as_secs());
    i64::try_from(units).ok()
}

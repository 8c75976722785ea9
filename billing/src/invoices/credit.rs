//! Prepaid and given credit: who grants, what invoices take, and what is left.

use std::collections::HashMap;

use turnpike_core::{Micros, Timestamp};
use turnpike_store::{Credit, CreditKind};

/// What is left of a tenant's credit: granted and not expired, less what invoices took.
pub fn credit_left(entries: &[Credit], now: Timestamp) -> Micros {
    let mut grants = grants(entries);
    for (at, amount) in taken(entries) {
        take(grants.iter_mut().filter(|(ends, _)| ends.is_none_or(|ends| ends >= at)), amount);
    }
    for entry in entries.iter().filter(|entry| entry.kind == CreditKind::Expired) {
        take(grants.iter_mut(), -entry.amount.0);
    }
    let left = grants.iter().filter(|(ends, _)| ends.is_none_or(|ends| ends > now));
    Micros(left.map(|(_, left)| left).sum())
}

/// Whether it adds to the credit.
pub(super) fn is_grant(entry: &Credit) -> bool {
    matches!(entry.kind, CreditKind::Paid | CreditKind::Promotional)
}

/// When each grant ends, and its amount; what ends first comes first, and what never ends last.
fn grants(entries: &[Credit]) -> Vec<(Option<Timestamp>, i64)> {
    let mut grants: Vec<_> =
        entries.iter().filter(|entry| is_grant(entry)).map(|entry| (entry.expires_at, entry.amount.0)).collect();
    grants.sort_by_key(|(ends, _)| ends.map_or(i64::MAX, Timestamp::micros));
    grants
}

/// When each invoice took credit, and how much, less what it gave back when it was taken back.
fn taken(entries: &[Credit]) -> Vec<(Timestamp, i64)> {
    let mut by_invoice = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == CreditKind::Applied) {
        let (at, amount) = by_invoice.entry(entry.invoice_id).or_insert((entry.created_at, 0));
        *at = entry.created_at.min(*at);
        *amount -= entry.amount.0;
    }
    let mut taken: Vec<_> = by_invoice.into_values().collect();
    taken.sort();
    taken
}

fn take<'a>(grants: impl Iterator<Item = &'a mut (Option<Timestamp>, i64)>, mut amount: i64) {
    for (_, left) in grants {
        let part = amount.min(*left).max(0);
        *left -= part;
        amount -= part;
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::{Ambient, Currency};

    use super::*;

    fn entry(kind: CreditKind, amount: i64, at: i64, expires_at: Option<i64>) -> Credit {
        let ids = Ambient::system();
        Credit {
            id: ids.id(),
            kind,
            amount: Micros(amount),
            currency: Currency::USD,
            note: String::new(),
            invoice_id: (kind == CreditKind::Applied).then(|| ids.id()),
            external_id: None,
            expires_at: expires_at.map(Timestamp::from_micros),
            made_by: String::new(),
            created_at: Timestamp::from_micros(at),
        }
    }

    #[test]
    fn what_ends_first_is_taken_first_and_what_has_ended_is_gone() {
        let left = |entries: &[Credit], now| credit_left(entries, Timestamp::from_micros(now)).0;
        let forever = entry(CreditKind::Paid, 100, 1, None);
        let brief = entry(CreditKind::Promotional, 50, 2, Some(20));
        assert_eq!(left(&[forever.clone(), brief.clone()], 10), 150);
        assert_eq!(left(&[forever.clone(), brief.clone()], 20), 100, "the rest of it has expired");
        let taken = entry(CreditKind::Applied, -70, 15, None);
        assert_eq!(left(&[forever.clone(), brief.clone(), taken.clone()], 16), 80);
        assert_eq!(left(&[forever.clone(), brief.clone(), taken.clone()], 30), 80, "all of the brief one was taken");
        let late = entry(CreditKind::Applied, -70, 25, None);
        assert_eq!(left(&[forever.clone(), brief.clone(), late], 30), 30, "what has expired pays nothing");
        let back = Credit { amount: Micros(70), created_at: Timestamp::from_micros(40), ..taken.clone() };
        assert_eq!(left(&[forever.clone(), brief.clone(), taken, back], 16), 150);
        let expired = entry(CreditKind::Expired, -50, 21, None);
        assert_eq!(left(&[forever, brief, expired], 30), 100);
        assert_eq!(left(&[entry(CreditKind::Applied, -70, 1, None)], 2), 0, "never below nought");
    }
}

//! Invoices of our own, from the ledger to the statement, on both databases: `sqlite::…` and `postgres::…` are the same test.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod closing;
mod credits;
mod deployment;
mod effects;
#[path = "../rows/ledger.rs"]
mod ledger;
mod margins;
mod notices;
mod paper;
mod sums;
mod terms;
mod years;

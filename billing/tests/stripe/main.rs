//! Stripe: what is made there, what it tells of, and that both agree in the end.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod catalog;
mod converging;
#[path = "../rows/ledger.rs"]
mod ledger;
mod receiving;
mod subscribing;
mod tiers;
mod world;

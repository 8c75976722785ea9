//! A strict stand-in for Stripe, with a clock and faults, for tests.
//!
//! It answers at an address of its own in Stripe's forms (API version `2026-09-30.endive`), keeps to the rules that Stripe
//! documents for meters, and refuses what Stripe refuses. Time stands still until a test moves it, and webhooks wait until a
//! test delivers them.

// Objects of Stripe's size, written out by `json!`.
#![recursion_limit = "512"]

mod account;
mod billing;
mod catalog;
mod checkout;
mod clock;
mod dispatch;
mod expand;
mod fake;
mod faults;
mod form;
mod hooks;
mod idempotency;
mod json;
mod keys;
mod list;
mod money;
mod refusal;
mod server;
mod settings;
mod test_clocks;
mod usage;
mod webhooks;
mod world;

pub use fake::FakeStripe;
pub use faults::Fault;
pub use keys::KeyKind;
pub use webhooks::{Delivery, sign};
pub use world::RequestLog;

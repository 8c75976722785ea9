//! Money: what tenants subscribe to, what they are invoiced, and the proof that it adds up.
//!
//! The ledger is the truth. What is used is summed up by the hour into batches that never change ([`usage`]); batches become lines
//! of an invoice, made here ([`invoices`]) or by Stripe ([`stripe`]); and [`proof`] compares all of them.

mod billing;
pub mod effect;
mod ending;
pub mod invoices;
pub mod margin;
pub mod notices;
pub mod payments;
pub mod proof;
pub mod stripe;
pub mod usage;
mod worker;

pub use billing::{Account, Billing, BillingError, Choice, Customer, Next, Parts};

//! The rules that the fake keeps to, asked over HTTP as a client would.

#![expect(clippy::expect_used, reason = "tests may panic: that is how they fail")]

mod ask;
mod catalog;
mod checkout;
mod keys;
mod meters;
mod money;
mod plans;
mod subscriptions;
mod typed;
mod webhooks;

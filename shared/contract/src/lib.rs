//! The bench on which an integration's contract tests run: its tools against its own sandbox.
//!
//! The way out is the plainest possible: no vault, no limits, no retries. Time passes when a tool waits, and only then.

#![expect(clippy::expect_used, clippy::panic, reason = "a bench that cannot be set up is a failed test")]

mod bench;
mod egress;

pub use bench::{Bench, NOW, with};
pub use egress::{Outgoing, Sign, percent_encoded};

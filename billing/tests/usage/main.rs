//! Usage from the ledger to the meter, and the proof that it arrived once.

#![expect(clippy::unwrap_used, reason = "a failing test panics")]

mod chaos;
#[path = "../rows/ledger.rs"]
mod ledger;
mod proving;
mod sealing;
mod sending;
mod world;

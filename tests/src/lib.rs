//! What the tests share: a running app, agents that call it, and integrations that misbehave on purpose.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "test equipment: a broken set-up is a failed test"
)]

pub mod agent;
pub mod app;
pub mod conformance;
pub mod probe;
pub mod process;

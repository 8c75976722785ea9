//! What the tests share: a running app, agents that call it, and integrations that misbehave on purpose.

pub mod agent;
pub mod app;
pub mod conformance;
pub mod probe;
pub mod process;
pub mod tour;

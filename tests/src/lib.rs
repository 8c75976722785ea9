//! What the tests share: a running app, agents that call it, and integrations that misbehave on purpose.

pub mod agent;
pub mod app;
pub mod browser;
pub mod conformance;
pub mod oauth;
pub mod places;
pub mod probe;
pub mod process;
pub mod strangers;
pub mod tour;
pub mod visitor;

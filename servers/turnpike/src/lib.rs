//! The Turnpike binary: the only crate that names concrete back ends.

pub mod app;
mod authorization;
pub mod cli;
mod clients;
mod commands;
mod keys;
mod member_calls;
pub mod operator;
mod presence;
pub mod sandboxes;
pub mod upkeep;
mod versions;

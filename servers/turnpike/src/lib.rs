//! The Turnpike binary: the only crate that names concrete back ends.

pub mod app;
pub mod cli;
mod clients;
mod commands;
pub mod operator;
pub mod sandboxes;

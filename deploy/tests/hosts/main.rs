//! What is rendered for a host passes the validators of whoever reads it, and each validator refuses what it must.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cloud;
mod nginx;
mod scripts;
mod systemd;
mod tools;

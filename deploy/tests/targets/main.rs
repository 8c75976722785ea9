//! What is rendered for each target, and what watches it, passes the validators of whoever reads it, and each validator refuses what
//! is wrong. The steps of the documents that can run without Docker and without a cloud are run. So do the files for GitHub pass.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod alarms;
mod cloud;
mod cloud_run;
mod compose;
mod github;
mod image;
mod kubernetes;
mod nginx;
mod programs;
mod rendered;
mod scripts;
mod settings;
mod steps;
mod systemd;

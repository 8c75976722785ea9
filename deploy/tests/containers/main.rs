//! Compose, Cloud Run, Kubernetes and the image: what is rendered passes the validators, what is wrong does not, and the steps of
//! the documents that can run without Docker and without a cloud are run.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod cloud_run;
mod compose;
mod image;
mod kubernetes;
mod programs;
mod rendered;
mod settings;
mod steps;

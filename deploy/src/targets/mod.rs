//! A file for each target: its place, and its templates.

pub(crate) mod cloud_run;
pub(crate) mod cloudflare;
pub(crate) mod compose;
pub(crate) mod gce;
pub(crate) mod kubernetes;
pub(crate) mod systemd;

//! Tests only; see the files under `tests/`.

pub mod conformance;

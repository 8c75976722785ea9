//! Tests only; see the files under `tests/`.

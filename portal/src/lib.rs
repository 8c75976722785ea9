//! Customer pages and the operator console.

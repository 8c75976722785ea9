//! Throwaway servers for tests: PostgreSQL in a temporary folder, on a free port.

mod postgres;

pub use postgres::{Postgres, TestDatabase, free_port};

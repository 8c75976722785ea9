//! Throwaway servers for tests: PostgreSQL, Redis and AWS KMS, on free ports.

mod kms;
mod postgres;
mod redis;

pub use kms::{EncryptionContext, Kms, KmsCall, KmsKeyState};
pub use postgres::{Postgres, TestDatabase, free_port};
pub use redis::Redis;

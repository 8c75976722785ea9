//! The whole store on both databases: `sqlite::…` and `postgres::…` are the same test.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

mod audit;
mod callers;
mod changes;
mod deletion;
mod deployment;
mod isolation;
mod keys;
mod ledger;
mod migrating;
mod money;
mod oauth;
mod opening;
mod overview;
mod partitions;
mod people;
mod portal;
mod races;
mod row_security;
mod samples;
mod samples_of_money;
mod sources;
mod tables;
mod upkeep;
mod work;

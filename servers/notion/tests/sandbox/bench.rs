//! The bench of these tests: what is in the sandbox's workspace, and how a request is signed.

use serde_json::{Value, json};
pub(crate) use turnpike_contract::Bench;
use turnpike_contract::Outgoing;

pub(crate) const OUTDOOR: &str = "00000001-0000-4000-8000-000000000001";
pub(crate) const HANDBOOK: &str = "0000000a-0000-4000-8000-000000000001";
pub(crate) const PLAN: &str = "0000000a-0000-4000-8000-000000000002";
pub(crate) const TRASHED: &str = "0000000a-0000-4000-8000-000000000004";
pub(crate) const NOT_SHARED: &str = "0000000a-0000-4000-8000-000000000005";
pub(crate) const TASK: &str = "0000000b-0000-4000-8000-000000000001";
pub(crate) const FORMATTED: &str = "0000000b-0000-4000-8000-000000000002";
pub(crate) const TASKS: &str = "0000000d-0000-4000-8000-000000000001";
pub(crate) const CLIENTS: &str = "0000000d-0000-4000-8000-000000000002";
pub(crate) const ONE_TABLE: &str = "0000000e-0000-4000-8000-000000000001";
pub(crate) const TWO_TABLES: &str = "0000000e-0000-4000-8000-000000000002";
pub(crate) const VERSION: &str = "2026-03-11";

/// A connection whose workspace has been found.
pub(crate) async fn connected() -> Bench {
    Bench::connected(turnpike_notion::integration(), sign).await
}

pub(crate) fn of_page(page: &str) -> Value {
    json!({ "account_id": OUTDOOR, "page_id": page })
}

pub(crate) fn of_database(database: &str) -> Value {
    json!({ "account_id": OUTDOOR, "database_id": database })
}

fn sign(request: &mut Outgoing, token: &str) {
    request.header("authorization", &format!("Bearer {token}"));
}

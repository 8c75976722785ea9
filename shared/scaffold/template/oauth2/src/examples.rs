//! Calls that show every tool at work against the sandbox. Tests and real clients make them, in this order.

use serde_json::json;
use turnpike_sdk::Example;

// CHANGE: a call of every tool, at least one; what is set is set back, and one that reads names an account.
pub(crate) fn all() -> Vec<Example> {
    let (account, item) = ("4000000001", "101");
    let status = |status| json!({ "account_id": account, "item_id": item, "status": status });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_items", json!({ "account_id": account })),
        Example::of("set_status", status("paused")),
        Example::of("set_status", status("active")),
    ]
}

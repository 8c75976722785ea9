//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let (workspace, general) = ("T0100000001", "C0100000001");
    let topic = |topic| json!({ "account_id": workspace, "channel_id": general, "topic": topic });
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("list_channels", json!({ "account_id": workspace })),
        Example::of("list_channels", json!({ "account_id": workspace, "all_public": true, "matching": "team" })),
        Example::of(
            "get_messages",
            json!({ "account_id": workspace, "channel_id": general, "start_date": "2026-11-02", "end_date": "2026-11-06" }),
        ),
        Example::of(
            "get_thread",
            json!({ "account_id": workspace, "channel_id": general, "thread_ts": "1793610000.000100" }),
        ),
        Example::of("list_members", json!({ "account_id": workspace })),
        Example::of("get_members", json!({ "account_id": workspace, "member_ids": ["U0100000001", "U0100000002"] })),
        // A post is set back by taking it back; twice the same is one more, and does no harm.
        Example::of(
            "post_message",
            json!({ "account_id": workspace, "channel_id": general, "text": "The weekly report is ready." }),
        ),
        Example::of("set_topic", topic("Budgets are final on Friday & not before")),
        Example::of("set_topic", topic("All that concerns everybody")),
    ]
}

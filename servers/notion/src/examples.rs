//! Calls that show every tool at work against the sandbox.

use serde_json::json;
use turnpike_sdk::Example;

pub(crate) fn all() -> Vec<Example> {
    let account = "00000001-0000-4000-8000-000000000001";
    let (tasks, page) = ("0000000d-0000-4000-8000-000000000001", "0000000a-0000-4000-8000-000000000001");
    let task = "0000000b-0000-4000-8000-000000000001";
    let of_page = json!({ "account_id": account, "page_id": page });
    let set = |property: &str, value: &str| {
        Example::of(
            "set_property",
            json!({ "account_id": account, "page_id": task, "property": property, "value": value }),
        )
    };
    vec![
        Example::of("list_accounts", json!({})),
        Example::of("search", json!({ "account_id": account, "query": "handbook" })),
        Example::of("get_page", of_page.clone()),
        Example::of("list_databases", json!({ "account_id": account })),
        Example::of("describe_database", json!({ "account_id": account, "database_id": tasks })),
        Example::of(
            "query_database",
            json!({ "account_id": account, "database_id": tasks,
                "conditions": [{ "property": "Status", "test": "equals", "value": "In progress" }],
                "sort": { "by": "Due" }, "properties": ["Status", "Due", "Priority"] }),
        ),
        Example::of("list_comments", of_page),
        Example::of(
            "add_comment",
            json!({ "account_id": account, "page_id": task, "text": "The dates were checked; nothing is late." }),
        ),
        set("Status", "Done"),
        set("Status", "Not started"),
    ]
}

use serde_json::{Value, json};
use turnpike_contract::with;
use turnpike_sdk::ToolError;

use crate::bench::{
    Bench, CLIENTS, FORMATTED, HANDBOOK, NOT_SHARED, ONE_TABLE, OUTDOOR, PLAN, TASK, TASKS, TRASHED, TWO_TABLES,
    VERSION, connected, of_database, of_page,
};

fn argument(result: Result<Value, ToolError>) -> (String, String) {
    match result {
        Err(ToolError::Argument(error)) => (error.field, error.fix),
        other => panic!("{other:?}"),
    }
}

async fn rows(bench: &Bench, conditions: Value) -> Vec<Value> {
    let ask = with(of_database(TASKS), &json!({ "conditions": conditions, "max_rows": 1000 }));
    bench.all_rows("query_database", "rows", ask).await
}

#[tokio::test]
async fn the_workspace_is_the_one_account_and_says_who_gave_access_without_an_address() {
    let bench = connected().await;
    let [account] = &bench.accounts[..] else { panic!("{:?}", bench.accounts) };
    assert_eq!((account.id.as_str(), account.name.as_str()), (OUTDOOR, "Sandbox Outdoor"));
    let answer = bench.ok("list_accounts", json!({})).await;
    let line = &answer["accounts"][0];
    assert_eq!((&line["connected_as"], &line["granted_by"]), (&json!("Sandbox"), &json!("Ann Sandbox")));
    assert_eq!(line["reachable"], true);
    assert!(!answer.to_string().contains('@'), "{answer}");
}

#[tokio::test]
async fn every_request_names_the_version_and_none_asks_for_what_is_not_needed() {
    let bench = connected().await;
    bench.ok("search", json!({ "account_id": OUTDOOR })).await;
    bench.ok("get_page", of_page(HANDBOOK)).await;
    let sent = bench.script.recorded();
    assert!(sent.iter().all(|request| request.headers["notion-version"] == VERSION));
    let paths: Vec<_> = sent.iter().rev().take(2).map(|request| request.uri.path().to_owned()).collect();
    assert!(
        paths.contains(&format!("/v1/pages/{HANDBOOK}")) && paths.contains(&format!("/v1/pages/{HANDBOOK}/markdown"))
    );
}

#[tokio::test]
async fn a_search_finds_titles_and_neither_trash_nor_what_is_not_shared() {
    let bench = connected().await;
    let all = bench.all_rows("search", "results", json!({ "account_id": OUTDOOR, "max_rows": 7 })).await;
    assert_eq!(all.len(), 3 + 60 + 8 + 3, "pages, tasks, clients and tables");
    let ids: Vec<_> = all.iter().map(|line| line["id"].as_str().expect("an id")).collect();
    assert!(!ids.contains(&TRASHED) && !ids.contains(&NOT_SHARED));
    let edited: Vec<_> = all.iter().map(|line| line["last_edited"].as_str().expect("a time")).collect();
    assert!(edited.is_sorted_by(|one, other| one >= other), "what was edited last comes first");

    let found = bench.ok("search", json!({ "account_id": OUTDOOR, "query": "handbook" })).await;
    assert_eq!(
        (&found["results"][0]["title"], found["results"].as_array().map(Vec::len)),
        (&json!("Team handbook"), Some(1))
    );
    let databases = bench.ok("search", json!({ "account_id": OUTDOOR, "kind": "database" })).await;
    assert_eq!(databases["results"].as_array().map(Vec::len), Some(3));
    assert!(databases["results"].as_array().expect("lines").iter().all(|line| line["kind"] == "database"));
}

#[tokio::test]
async fn a_page_comes_with_its_properties_as_text_and_no_address() {
    let bench = connected().await;
    let page = bench.ok("get_page", of_page(TASK)).await;
    let properties = &page["properties"];
    for (name, text) in [
        ("Name", "Task 1"),
        ("Status", "Not started"),
        ("Tags", "site"),
        ("Due", "2026-11-02"),
        ("Estimate", "3"),
        ("Billable", "true"),
        ("Owner", "Ann Sandbox"),
        ("Ref", "TASK-1"),
        ("Twice", "6"),
        ("Files", "brief.pdf"),
    ] {
        assert_eq!(properties[name], text, "{name}");
    }
    assert!(!page.to_string().contains('@'), "{page}");
    let address = page["url"].as_str().expect("an address").to_owned();
    assert_eq!(bench.ok("get_page", of_page(&address)).await["page_id"], TASK);
    assert_eq!(bench.ok("get_page", of_page(TRASHED)).await["in_trash"], true);
}

#[tokio::test]
async fn a_long_text_comes_in_parts_that_are_the_whole() {
    let bench = connected().await;
    let (mut text, mut skip) = (String::new(), json!(0));
    loop {
        let part = bench.ok("get_page", with(of_page(PLAN), &json!({ "skip": skip }))).await;
        let own = part["text"].as_str().expect("text");
        assert!(own.chars().count() <= 8_000);
        text += own;
        match part.get("next_skip") {
            Some(next) => skip = next.clone(),
            None => break assert_eq!(part["characters"], text.chars().count()),
        }
    }
    assert!(text.starts_with("1. Check item 1 ") && text.ends_with("400 of the launch plan, then tick it.\n"));
}

#[tokio::test]
async fn what_is_not_there_or_not_shared_is_told_in_notions_words() {
    let bench = connected().await;
    for id in [NOT_SHARED, "0000000a-0000-4000-8000-00000000ffff"] {
        let fault = bench.fault("get_page", &of_page(id)).await;
        assert_eq!(fault.code.as_deref(), Some("object_not_found"));
        assert!(fault.message.contains("shared with your connection"), "{fault}");
    }
}

#[tokio::test]
async fn a_database_is_found_by_the_id_of_its_table_or_of_what_holds_it() {
    let bench = connected().await;
    let listed = bench.ok("list_databases", json!({ "account_id": OUTDOOR, "matching": "tasks" })).await;
    assert_eq!(
        (&listed["databases"][0]["database_id"], &listed["databases"][0]["properties"]),
        (&json!(TASKS), &json!(16))
    );
    let described = bench.ok("describe_database", of_database(TASKS)).await;
    let status = described["properties"].as_array().expect("lines").iter().find(|line| line["name"] == "Status");
    let status = status.expect("a status");
    assert_eq!((&status["kind"], &status["settable"]), (&json!("status"), &json!(true)));
    assert_eq!(status["options"], json!(["Not started", "In progress", "Done"]));

    assert_eq!(bench.ok("describe_database", of_database(ONE_TABLE)).await["database_id"], TASKS);
    let (field, fix) = argument(bench.read("describe_database", of_database(TWO_TABLES)).await);
    assert!(field == "database_id" && fix.contains(CLIENTS) && fix.contains("Leads"), "{fix}");
    let (field, fix) = argument(bench.read("query_database", of_database(NOT_SHARED)).await);
    assert!(field == "database_id" && fix.contains("share"), "{fix}");
}

#[tokio::test]
async fn rows_are_found_by_conditions_of_every_kind() {
    let bench = connected().await;
    let count = async |conditions: Value| rows(&bench, conditions).await.len();
    assert_eq!(count(json!([])).await, 60);
    for (property, test, value, expected) in [
        ("Status", "equals", Some("In progress"), 20),
        ("Priority", "does_not_equal", Some("High"), 40),
        ("Tags", "contains", Some("shop"), 20),
        ("Tags", "is_empty", None, 20),
        ("Due", "is_empty", None, 6),
        ("Due", "on_or_before", Some("2026-11-02"), 5),
        ("Estimate", "greater_than", Some("150"), 10),
        ("Ref", "less_than", Some("4"), 3),
        ("Billable", "equals", Some("true"), 30),
        ("Link", "is_not_empty", None, 45),
        ("Name", "equals", Some("Task 7"), 1),
        ("Name", "contains", Some("task 1"), 11),
        ("Owner", "is_empty", None, 0),
        ("Created", "after", Some("2026-10-31"), 60),
    ] {
        let mut condition = json!({ "property": property, "test": test });
        if let Some(value) = value {
            condition["value"] = value.into();
        }
        assert_eq!(count(json!([condition])).await, expected, "{property} {test} {value:?}");
    }
    let both = json!([
        { "property": "Status", "test": "equals", "value": "In progress" },
        { "property": "Billable", "test": "equals", "value": "true" },
    ]);
    assert_eq!(count(both).await, 10);
}

#[tokio::test]
async fn rows_come_sorted_and_with_the_properties_asked_for() {
    let bench = connected().await;
    let ask = json!({ "sort": { "by": "Estimate", "descending": true }, "properties": ["Estimate", "Contact"], "max_rows": 3 });
    let answer = bench.ok("query_database", with(of_database(TASKS), &ask)).await;
    let estimates: Vec<_> =
        answer["rows"].as_array().expect("rows").iter().map(|row| &row["properties"]["Estimate"]).collect();
    assert_eq!(estimates, ["180", "177", "174"]);
    assert_eq!(answer["rows"][0]["properties"]["Contact"], "(an e-mail address, not shown)");
    assert_eq!(answer["rows"][0]["properties"].as_object().map(serde_json::Map::len), Some(2));
    for (more, field, word) in [
        (json!({ "sort": { "by": "Nope" } }), "sort.by", "Estimate"),
        (json!({ "properties": ["Status", "Nope"] }), "properties[1]", "Estimate"),
        (json!({ "conditions": [{ "property": "Contact", "test": "is_empty" }] }), "conditions[0].property", "out"),
    ] {
        let (at, fix) = argument(bench.read("query_database", with(of_database(TASKS), &more)).await);
        assert!(at == field && fix.contains(word), "{at}: {fix}");
    }
}

#[tokio::test]
async fn comments_come_oldest_first_with_names_and_an_unreadable_place_is_a_matter_of_permission() {
    let bench = connected().await;
    let comments =
        bench.all_rows("list_comments", "comments", with(of_page(HANDBOOK), &json!({ "max_rows": 1 }))).await;
    assert_eq!(comments.len(), 4);
    assert_eq!((&comments[0]["author"], &comments[2]["author"]), (&json!("Ann Sandbox"), &json!("Sandbox")));
    assert_eq!(bench.ok("list_comments", of_page(FORMATTED)).await["comments"], json!([]));
    assert_eq!(bench.fault("list_comments", &of_page(NOT_SHARED)).await.code.as_deref(), Some("object_not_found"));
}

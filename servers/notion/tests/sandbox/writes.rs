use serde_json::{Value, json};
use turnpike_contract::with;
use turnpike_sdk::{Recorded, ToolError};

use crate::bench::{Bench, FORMATTED, HANDBOOK, OUTDOOR, TASK, TASKS, TRASHED, connected, of_database, of_page};

fn set(page: &str, property: &str, value: &str) -> Value {
    json!({ "account_id": OUTDOOR, "page_id": page, "property": property, "value": value })
}

fn changes(bench: &Bench) -> Vec<Recorded> {
    let sent = bench.script.recorded().into_iter();
    sent.filter(|it| it.method == "PATCH" || (it.method == "POST" && it.uri.path() == "/v1/comments")).collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, ToolError>) -> String {
    match result {
        Err(ToolError::Refused { reason, .. }) => reason,
        Err(ToolError::Argument(error)) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_kind_of_property_is_set_after_a_preview_and_set_back() {
    for (property, value, wire) in [
        ("Name", "Task one", json!({ "title": [{ "type": "text", "text": { "content": "Task one" } }] })),
        ("Status", "Done", json!({ "status": { "name": "Done" } })),
        ("Priority", "High", json!({ "select": { "name": "High" } })),
        ("Tags", "shop,mail", json!({ "multi_select": [{ "name": "shop" }, { "name": "mail" }] })),
        ("Due", "2026-12-01/2026-12-03", json!({ "date": { "start": "2026-12-01", "end": "2026-12-03" } })),
        ("Estimate", "12.5", json!({ "number": 12.5 })),
        ("Billable", "false", json!({ "checkbox": false })),
        ("Link", "https://example.com/new", json!({ "url": "https://example.com/new" })),
        ("Notes", "Changed.", json!({ "rich_text": [{ "type": "text", "text": { "content": "Changed." } }] })),
    ] {
        let bench = connected().await;
        let (before, planned) = bench.preview("set_property", set(TASK, property, value)).await.expect(property);
        assert!(changes(&bench).is_empty(), "a preview changes nothing");
        assert!(planned.summary.contains(property) && planned.warnings.is_empty(), "{}", planned.summary);
        let after = bench.apply("set_property", set(TASK, property, value)).await.expect(property);
        assert_eq!(after, planned.after, "{property}");
        let [sent] = &changes(&bench)[..] else { panic!("{property}: one request") };
        assert_eq!(sent.uri.path(), format!("/v1/pages/{TASK}"));
        let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
        assert_eq!(body, json!({ "properties": { property: wire } }));

        let (steps, cx) =
            (bench.steps("set_property", set(TASK, property, value)).expect("steps"), bench.cx("set_property"));
        steps.check_revert(&before).expect("can be had again");
        steps.apply(&before, &cx).await.expect(property);
        assert_eq!(steps.observe(&cx).await.expect("a state"), before, "{property}");
    }
}

#[tokio::test]
async fn an_empty_property_is_set_and_becomes_empty_again() {
    let bench = connected().await;
    let page = "0000000b-0000-4000-8000-00000000003c";
    for (property, value) in [("Due", "2026-12-01"), ("Link", "https://example.com")] {
        let (before, _) = bench.preview("set_property", set(page, property, value)).await.expect(property);
        assert_eq!(before.get("value"), None, "{before}");
        bench.apply("set_property", set(page, property, value)).await.expect(property);
        let steps = bench.steps("set_property", set(page, property, value)).expect("steps");
        steps.apply(&before, &bench.cx("set_property")).await.expect(property);
        assert_eq!(steps.observe(&bench.cx("set_property")).await.expect("a state"), before);
    }
}

#[tokio::test]
async fn what_would_be_lost_made_or_ignored_is_refused_before_anything_is_sent() {
    let bench = connected().await;
    for (page, property, value, word) in [
        (FORMATTED, "Notes", "x", "formatted"),
        (TASK, "Owner", "Ann", "kind"),
        (TASK, "Twice", "1", "kind"),
        (TASK, "Contact", "a@example.com", "kind"),
        (TRASHED, "title", "x", "trash"),
        (TASK, "Nope", "x", "no such property"),
        (TASK, "Priority", "Urgent", "no option \"Urgent\""),
        (TASK, "Tags", "shop, brandnew", "no option \"brandnew\""),
        (TASK, "Status", "Doing", "no option \"Doing\""),
        (TASK, "Estimate", "many", "number"),
        (TASK, "Due", "tomorrow", "date"),
        (TASK, "Name", "", "empty"),
    ] {
        let reason = refusal(bench.preview("set_property", set(page, property, value)).await);
        assert!(reason.contains(word), "{property}: {reason}");
    }
    assert!(changes(&bench).is_empty());
    let described = bench.ok("describe_database", of_database(TASKS)).await;
    assert!(!described.to_string().contains("Urgent"), "no option was made");
}

#[tokio::test]
async fn a_title_is_the_name_of_its_page_before_and_after() {
    let bench = connected().await;
    let after = bench.apply("set_property", set(HANDBOOK, "title", "Field guide")).await.expect("applied");
    assert_eq!((&after["page"], &after["value"]), (&json!("Field guide"), &json!("Field guide")));
    assert_eq!(bench.ok("get_page", of_page(HANDBOOK)).await["title"], "Field guide");
}

#[tokio::test]
async fn a_comment_is_added_once_in_the_connections_name_and_stays() {
    let bench = connected().await;
    let ask = with(of_page(HANDBOOK), &json!({ "text": " All links work. " }));
    let (before, planned) = bench.preview("add_comment", ask.clone()).await.expect("a preview");
    assert_eq!(before["own_comments"], json!(["The links were checked."]), "others' comments are not its own");
    assert!(planned.warnings.iter().any(|warning| warning.contains("stays")), "{:?}", planned.warnings);
    let after = bench.apply("add_comment", ask.clone()).await.expect("applied");
    assert_eq!(after, planned.after);
    assert_eq!(after["own_comments"][1], "All links work.");
    let [sent] = &changes(&bench)[..] else { panic!("one request") };
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    assert_eq!(body["parent"], json!({ "page_id": HANDBOOK }));

    let steps = bench.steps("add_comment", ask.clone()).expect("steps");
    assert!(refusal(steps.check_revert(&before)).contains("stays"));
    let (_, again) = bench.preview("add_comment", ask).await.expect("a preview");
    assert!(again.warnings[0].contains("the same"), "{:?}", again.warnings);
    for text in ["", "  ", &"x".repeat(2_001)] {
        let empty = bench.preview("add_comment", with(of_page(HANDBOOK), &json!({ "text": text }))).await;
        assert!(refusal(empty).contains("text"));
    }
}

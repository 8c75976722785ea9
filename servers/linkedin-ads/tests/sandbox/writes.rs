use serde_json::{Value, json};
use turnpike_core::Class;
use turnpike_sdk::{Recorded, ToolError};

use crate::bench::{Bench, LOOKOUT, OUTDOOR, connected};

fn refusal<T: std::fmt::Debug>(result: Result<T, ToolError>) -> String {
    match result {
        Err(ToolError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// What was sent to change something.
fn changes(bench: &Bench) -> Vec<Recorded> {
    let changes = |method: &str| method.contains("UPDATE");
    let sent = bench.script.recorded().into_iter();
    sent.filter(|request| request.headers.get("x-restli-method").is_some_and(|m| changes(m.to_str().unwrap())))
        .collect()
}

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).expect("JSON")
}

#[tokio::test]
async fn campaigns_are_paused_in_one_batch_after_a_preview_that_changed_nothing() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["1000001", "1000004"], "status": "PAUSED" });
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    assert_eq!((&before["items"][0]["status"], &before["items"][1]["status"]), (&json!("ACTIVE"), &json!("PAUSED")));
    assert_eq!(planned.summary, "Sets 1 of 2 campaign(s) to PAUSED.");
    assert!(changes(&bench).is_empty());

    let after = bench.apply("set_status", arguments).await.expect("applied");
    assert_eq!(after, planned.after);
    let [sent] = &changes(&bench)[..] else { panic!("one request") };
    assert_eq!((sent.method.as_str(), sent.uri.path()), ("POST", "/rest/adAccounts/511000001/adCampaigns"));
    assert_eq!(sent.uri.query(), Some("ids=List(1000001,1000004)"));
    assert_eq!(sent.headers["x-restli-method"], "BATCH_PARTIAL_UPDATE");
    let paused = json!({ "patch": { "$set": { "status": "PAUSED" } } });
    assert_eq!(body(sent), json!({ "entities": { "1000001": paused, "1000004": paused } }));
}

#[tokio::test]
async fn groups_are_activated_with_a_warning_about_spend() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "level": "campaign_group", "ids": ["1900003"], "status": "ACTIVE" });
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    assert_eq!(before["items"][0]["status"], "PAUSED");
    assert!(planned.warnings[0].contains("spend money"), "{:?}", planned.warnings);
    assert_eq!(bench.apply("set_status", arguments).await.expect("applied")["items"][0]["status"], "ACTIVE");

    let draft = json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["1000009"], "status": "ACTIVE" });
    let (_, planned) = bench.preview("set_status", draft).await.expect("a preview");
    assert!(planned.warnings.iter().any(|warning| warning.contains("draft")), "{:?}", planned.warnings);
}

#[tokio::test]
async fn a_status_is_not_set_on_what_is_missing_archived_or_of_another_account() {
    let bench = connected().await;
    let of = |id: &str, status: &str| json!({ "account_id": OUTDOOR, "level": "campaign", "ids": [id, "1000001"], "status": status });
    assert!(refusal(bench.preview("set_status", of("1000012", "PAUSED")).await).contains("ARCHIVED"));
    assert!(
        refusal(bench.preview("set_status", of("2000001", "PAUSED")).await).contains("no campaign with the id 2000001")
    );
    for status in ["ARCHIVED", "REMOVED", "CANCELED", "DRAFT"] {
        let error = bench.preview("set_status", of("1000001", status)).await.expect_err("not offered");
        assert!(matches!(error, ToolError::Argument(_)), "{error:?}");
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn what_linkedin_refuses_within_a_batch_is_told_together_with_what_it_changed() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["1000001", "1000012"], "status": "PAUSED" });
    let reason = refusal(bench.apply("set_status", arguments).await);
    assert_eq!(reason, "LinkedIn changed 1 and refused 1: 1000012: An archived entity cannot be changed (400)");
}

#[tokio::test]
async fn a_viewer_is_told_at_the_preview_that_nothing_can_be_changed() {
    let bench = connected().await;
    let status = json!({ "account_id": LOOKOUT, "level": "campaign", "ids": ["4000001"], "status": "PAUSED" });
    let budget = json!({ "account_id": LOOKOUT, "campaign_id": "4000001", "daily_amount": 20 });
    for (tool, arguments) in [("set_status", status), ("set_budget", budget)] {
        let error = bench.preview(tool, arguments.clone()).await.expect_err("a viewer");
        let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
        assert_eq!(fault.class, Class::Permission);
        assert!(fault.message.contains("VIEWER"), "{}", fault.message);
        let error = bench.apply(tool, arguments).await.expect_err("LinkedIn refuses too");
        assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::Permission));
    }
}

#[tokio::test]
async fn a_budget_is_set_whole_as_a_decimal_text() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "campaign_id": "1000001", "daily_amount": 42.25 });
    let (before, planned) = bench.preview("set_budget", arguments.clone()).await.expect("a preview");
    assert_eq!(before["budget"]["daily_amount"], 72.5);
    assert_eq!(planned.after["budget"]["daily_amount_micros"], 42_250_000);
    assert_eq!(planned.summary, "Sets the daily budget of campaign 1000001 from 72.5 to 42.25 USD.");
    assert!(planned.warnings[0].contains("no dry run"));
    assert_eq!(bench.apply("set_budget", arguments).await.expect("applied"), planned.after);
    let [sent] = &changes(&bench)[..] else { panic!("one request") };
    assert_eq!((sent.method.as_str(), sent.uri.path()), ("POST", "/rest/adAccounts/511000001/adCampaigns/1000001"));
    assert_eq!(sent.headers["x-restli-method"], "PARTIAL_UPDATE");
    let whole = json!({ "amount": "42.25", "currencyCode": "USD" });
    assert_eq!(body(sent), json!({ "patch": { "$set": { "dailyBudget": whole } } }));
}

#[tokio::test]
async fn a_budget_is_not_set_on_what_has_no_daily_budget_to_set() {
    let bench = connected().await;
    let of = |campaign: &str| json!({ "account_id": OUTDOOR, "campaign_id": campaign, "daily_amount": 20 });
    assert!(refusal(bench.preview("set_budget", of("1000012")).await).contains("ARCHIVED"));
    assert!(refusal(bench.preview("set_budget", of("1000011")).await).contains("whole time"));
    assert!(refusal(bench.preview("set_budget", of("999")).await).contains("no campaign"));
    for amount in [json!(0), json!(-1), json!("ten"), json!(10.001), json!(1e12)] {
        let arguments = json!({ "account_id": OUTDOOR, "campaign_id": "1000001", "daily_amount": amount });
        assert!(matches!(bench.preview("set_budget", arguments).await, Err(ToolError::Argument(_))), "{amount}");
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn an_amount_below_the_vendors_minimum_is_refused_in_its_words() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "campaign_id": "1000001", "daily_amount": 5 });
    bench.preview("set_budget", arguments.clone()).await.expect("only applying tells");
    let error = bench.apply("set_budget", arguments).await.expect_err("too low");
    let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::BadRequest, Some("BUDGET_TOO_LOW")));
    assert!(fault.message.contains("at least 10.00"), "{}", fault.message);
}

/// What `revert_change` does with the steps of a tool: the old state, checked and applied.
async fn take_back(bench: &Bench, tool: &'static str, arguments: Value) -> (Value, Value) {
    let (steps, cx) = (bench.steps(tool, arguments).expect("good arguments"), bench.cx(tool));
    let before = steps.observe(&cx).await.expect("a state");
    let after = steps.plan(&before).expect("a plan").after;
    steps.apply(&after, &cx).await.expect("applied");
    assert_eq!(steps.observe(&cx).await.expect("a state"), after, "exactly the state wanted");
    steps.check_revert(&before).expect("can be had again");
    steps.dry_run(&before, &cx).await.expect("the member may");
    steps.apply(&before, &cx).await.expect("applied");
    (before, steps.observe(&cx).await.expect("a state"))
}

#[tokio::test]
async fn a_list_of_different_statuses_goes_back_to_what_each_was() {
    let bench = connected().await;
    for status in ["PAUSED", "ACTIVE"] {
        let arguments =
            json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["1000001", "1000004"], "status": status });
        let (before, back) = take_back(&bench, "set_status", arguments).await;
        assert_eq!(
            (&before["items"][0]["status"], &before["items"][1]["status"]),
            (&json!("ACTIVE"), &json!("PAUSED"))
        );
        assert_eq!(back, before);
    }
    let last = changes(&bench).pop().expect("the last change");
    let set = |status: &str| json!({ "patch": { "$set": { "status": status } } });
    assert_eq!(body(&last), json!({ "entities": { "1000001": set("ACTIVE"), "1000004": set("PAUSED") } }));
}

#[tokio::test]
async fn a_draft_does_not_become_a_draft_again() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["1000001", "1000009"], "status": "PAUSED" });
    let steps = bench.steps("set_status", arguments).expect("good arguments");
    let before = steps.observe(&bench.cx("set_status")).await.expect("a state");
    assert!(refusal(steps.check_revert(&before)).contains("1000009 was DRAFT"));
}

#[tokio::test]
async fn a_budget_goes_back_to_the_old_amount() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "campaign_id": "1000001", "daily_amount": 42.25 });
    let (before, back) = take_back(&bench, "set_budget", arguments).await;
    assert_eq!((&back["budget"]["daily_amount"], &back), (&json!(72.5), &before));
}

use serde_json::{Value, json};
use turnpike_core::Class;
use turnpike_sdk::ToolError;

use crate::bench::{Bench, MANAGER, OUTDOOR, STUDIO, connected};

fn refusal<T: std::fmt::Debug>(result: Result<T, ToolError>) -> String {
    match result {
        Err(ToolError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

fn mutations(bench: &Bench) -> Vec<Value> {
    let sent = bench.script.recorded();
    let mutations = sent.iter().filter(|request| request.uri.path().ends_with(":mutate"));
    mutations.map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
}

#[tokio::test]
async fn campaigns_are_paused_after_a_preview_that_changed_nothing() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["2000001", "2000004"], "status": "PAUSED" });
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    assert_eq!((&before["items"][0]["status"], &before["items"][1]["status"]), (&json!("ENABLED"), &json!("PAUSED")));
    assert_eq!(planned.summary, "Sets 1 of 2 campaign(s) to PAUSED.");
    assert!(planned.warnings.is_empty());

    let after = bench.apply("set_status", arguments).await.expect("applied");
    assert_eq!(after, planned.after);
    let sent = mutations(&bench);
    assert_eq!(sent.iter().map(|body| body["validateOnly"] == true).collect::<Vec<_>>(), [true, false]);
    assert_eq!(
        sent[1]["operations"][0],
        json!({
            "updateMask": "status",
            "update": { "resourceName": "customers/1000000002/campaigns/2000001", "status": "PAUSED" },
        })
    );
    assert!(sent.iter().all(|body| body.get("partialFailure").is_none()), "one transaction");
}

#[tokio::test]
async fn ad_groups_are_enabled_with_a_warning_about_spend() {
    let bench = connected().await;
    let arguments = json!({ "account_id": OUTDOOR, "level": "ad_group", "ids": ["20000012"], "status": "ENABLED" });
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    assert_eq!(before["items"][0]["status"], "PAUSED");
    assert_eq!(planned.warnings.len(), 1);
    assert_eq!(bench.apply("set_status", arguments).await.expect("applied")["items"][0]["status"], "ENABLED");
}

#[tokio::test]
async fn a_status_is_not_set_on_what_is_missing_removed_or_of_another_account() {
    let bench = connected().await;
    let of =
        |id: &str| json!({ "account_id": OUTDOOR, "level": "campaign", "ids": [id, "2000001"], "status": "PAUSED" });
    assert!(refusal(bench.preview("set_status", of("2000012")).await).contains("removed"));
    assert!(refusal(bench.preview("set_status", of("5000001")).await).contains("no campaign with the id 5000001"));
    assert!(mutations(&bench).is_empty());
    let removed = json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["2000001"], "status": "REMOVED" });
    assert!(matches!(bench.preview("set_status", removed).await, Err(ToolError::Argument(_))));
    let manager = json!({ "account_id": MANAGER, "level": "campaign", "ids": ["2000001"], "status": "PAUSED" });
    assert!(matches!(bench.preview("set_status", manager).await, Err(ToolError::Argument(_))));
}

#[tokio::test]
async fn one_bad_operation_undoes_the_whole_transaction() {
    let bench = connected().await;
    let arguments =
        json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["2000001", "2000012"], "status": "PAUSED" });
    let error = bench.apply("set_status", arguments).await.expect_err("a removed campaign");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::BadRequest));
    let first = json!({ "account_id": OUTDOOR, "level": "campaign", "ids": ["2000001"], "status": "PAUSED" });
    let (before, _) = bench.preview("set_status", first).await.expect("a preview");
    assert_eq!(before["items"][0]["status"], "ENABLED");
}

#[tokio::test]
async fn a_budget_is_set_in_units_and_sent_in_micros() {
    let bench = connected().await;
    let arguments = json!({ "account_id": STUDIO, "campaign_id": "5000001", "daily_amount": 42.25 });
    let (before, planned) = bench.preview("set_budget", arguments.clone()).await.expect("a preview");
    assert_eq!(before["budget"]["daily_amount"], 35.5);
    assert_eq!(planned.after["budget"]["daily_amount_micros"], 42_250_000);
    assert_eq!(planned.summary, "Sets the daily budget of campaign 5000001 from 35.5 to 42.25 USD.");
    assert!(planned.warnings.is_empty());
    assert_eq!(bench.apply("set_budget", arguments).await.expect("applied"), planned.after);
    assert_eq!(
        mutations(&bench)[1]["operations"][0]["update"],
        json!({
            "resourceName": "customers/2000000005/campaignBudgets/5900001", "amountMicros": "42250000",
        })
    );
}

#[tokio::test]
async fn a_shared_budget_is_changed_only_with_a_warning() {
    let bench = connected().await;
    let arguments = json!({ "account_id": STUDIO, "campaign_id": "5000003", "daily_amount": 10 });
    let (_, planned) = bench.preview("set_budget", arguments.clone()).await.expect("a preview");
    assert!(planned.warnings[0].contains("all 2 campaign(s)"), "{:?}", planned.warnings);
    bench.apply("set_budget", arguments).await.expect("applied");
    let campaigns = bench.read("list_campaigns", json!({ "account_id": STUDIO })).await.expect("an answer");
    for place in [1, 2] {
        assert_eq!(campaigns["campaigns"][place]["daily_budget"], 10.0);
    }
}

#[tokio::test]
async fn a_budget_is_not_set_on_what_has_no_daily_budget_to_set() {
    let bench = connected().await;
    let of = |campaign: &str| json!({ "account_id": STUDIO, "campaign_id": campaign, "daily_amount": 10 });
    assert!(refusal(bench.preview("set_budget", of("5000012")).await).contains("removed"));
    assert!(refusal(bench.preview("set_budget", of("5000011")).await).contains("whole time"));
    assert!(refusal(bench.preview("set_budget", of("999")).await).contains("no campaign"));
    for amount in [json!(0), json!(-1), json!("ten"), json!(1e12), json!(10.001)] {
        let arguments = json!({ "account_id": STUDIO, "campaign_id": "5000001", "daily_amount": amount });
        assert!(matches!(bench.preview("set_budget", arguments).await, Err(ToolError::Argument(_))), "{amount}");
    }
    assert!(mutations(&bench).is_empty());
}

/// What `revert_change` does with the steps of a tool: the old state, checked and applied.
async fn take_back(bench: &Bench, tool: &'static str, arguments: Value) -> (Value, Value) {
    let (steps, cx) = (bench.steps(tool, arguments).expect("good arguments"), bench.cx(tool));
    let before = steps.observe(&cx).await.expect("a state");
    let after = steps.plan(&before).expect("a plan").after;
    steps.apply(&after, &cx).await.expect("applied");
    assert_eq!(steps.observe(&cx).await.expect("a state"), after, "exactly the state wanted");
    steps.check_revert(&before).expect("can be had again");
    steps.dry_run(&before, &cx).await.expect("can be checked");
    assert_eq!(steps.observe(&cx).await.expect("a state"), after, "a check changes nothing");
    steps.apply(&before, &cx).await.expect("applied");
    (before, steps.observe(&cx).await.expect("a state"))
}

#[tokio::test]
async fn a_list_of_different_statuses_goes_back_to_what_each_was() {
    let bench = connected().await;
    for (level, ids, status) in [
        ("campaign", ["2000001", "2000004"], "PAUSED"),
        ("campaign", ["2000001", "2000004"], "ENABLED"),
        ("ad_group", ["20000011", "20000012"], "ENABLED"),
    ] {
        let arguments = json!({ "account_id": OUTDOOR, "level": level, "ids": ids, "status": status });
        let (before, back) = take_back(&bench, "set_status", arguments).await;
        assert_ne!(before["items"][0]["status"], before["items"][1]["status"], "{level}");
        assert_eq!(back, before);
    }
    let last = mutations(&bench).pop().expect("the last change");
    let statuses: Vec<_> = [0, 1].map(|place| last["operations"][place]["update"]["status"].clone()).into();
    assert_eq!(statuses, ["ENABLED", "PAUSED"], "each in the same transaction");
}

#[tokio::test]
async fn a_budget_goes_back_to_the_old_amount() {
    let bench = connected().await;
    let arguments = json!({ "account_id": STUDIO, "campaign_id": "5000001", "daily_amount": 42.25 });
    let (before, back) = take_back(&bench, "set_budget", arguments).await;
    assert_eq!((&back["budget"]["daily_amount"], &back), (&json!(35.5), &before));
}

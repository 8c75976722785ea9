use serde_json::{Value, json};
use turnpike_core::{Class, Micros};
use turnpike_sdk::{Recorded, Spending, ToolError};

use crate::bench::{ARCHIVE, Bench, LOOKOUT, OUTDOOR, TEA, connected};

fn refusal<T: std::fmt::Debug>(result: Result<T, ToolError>) -> String {
    match result {
        Err(ToolError::Refused { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Makes the state that `target` makes of the present one, whatever the plan says, and reads back.
async fn apply(
    bench: &Bench,
    tool: &'static str,
    arguments: Value,
    target: impl FnOnce(Value) -> Value,
) -> Result<Value, ToolError> {
    let (steps, cx) = (bench.steps(tool, arguments)?, bench.cx(tool));
    let before = steps.observe(&cx).await?;
    steps.apply(&target(before), &cx).await?;
    steps.observe(&cx).await
}

/// What was sent to change something.
fn changes(bench: &Bench) -> Vec<Recorded> {
    bench.script.recorded().into_iter().filter(|request| request.method == "PUT").collect()
}

fn status(account: &str, level: &str, ids: &[&str], status: &str) -> Value {
    json!({ "account_id": account, "level": level, "ids": ids, "status": status })
}

fn budget(account: &str, campaign: &str, amount: Value) -> Value {
    json!({ "account_id": account, "campaign_id": campaign, "daily_amount": amount })
}

#[tokio::test]
async fn campaigns_are_paused_in_one_request_after_a_preview_that_changed_nothing() {
    let bench = connected().await;
    let arguments = status(OUTDOOR, "campaign", &["1000004", "1000001", "18000000000001000001"], "PAUSED");
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    let states: Vec<_> = before["items"].as_array().expect("items").iter().map(|item| &item["status"]).collect();
    assert_eq!(states, ["ENABLED", "PAUSED", "ENABLED"]);
    assert_eq!(planned.summary, "Sets 2 of 3 campaign(s) to PAUSED.");
    assert!(changes(&bench).is_empty());

    let after = apply(&bench, "set_status", arguments, |_| planned.after.clone()).await.expect("applied");
    assert_eq!(after, planned.after);
    let [sent] = &changes(&bench)[..] else { panic!("one request") };
    assert_eq!(
        (sent.uri.path(), &sent.headers["content-type"]),
        ("/na/sp/campaigns", &"application/vnd.spCampaign.v3+json".parse().unwrap())
    );
    let body: Value = serde_json::from_slice(&sent.body).expect("JSON");
    let change = |id: &str| json!({ "campaignId": id, "state": "PAUSED" });
    assert_eq!(body, json!({ "campaigns": [change("1000001"), change("1000004"), change("18000000000001000001")] }));
}

#[tokio::test]
async fn what_is_applied_is_the_target_and_not_what_the_arguments_say() {
    let bench = connected().await;
    let arguments = status(OUTDOOR, "ad_group", &["1100011", "1100012"], "PAUSED");
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.expect("a preview");
    apply(&bench, "set_status", arguments.clone(), |_| planned.after).await.expect("applied");
    // To take it back, the old state is applied with the same arguments: one enabled, one paused as it was.
    let back = apply(&bench, "set_status", arguments, |_| before.clone()).await.expect("taken back");
    assert_eq!(back, before);
    let body: Value = serde_json::from_slice(&changes(&bench)[1].body).expect("JSON");
    assert_eq!(
        body,
        json!({ "adGroups": [{ "adGroupId": "1100011", "state": "ENABLED" }, { "adGroupId": "1100012", "state": "PAUSED" }] })
    );
}

#[tokio::test]
async fn nothing_is_archived_and_what_is_stays_so() {
    let bench = connected().await;
    assert!(
        refusal(bench.preview("set_status", status(OUTDOOR, "campaign", &["1000012"], "ENABLED")).await)
            .contains("ARCHIVED")
    );
    assert!(
        refusal(bench.preview("set_status", status(OUTDOOR, "campaign", &["1000009"], "PAUSED")).await)
            .contains("PROPOSED")
    );
    assert!(
        refusal(bench.preview("set_status", status(OUTDOOR, "campaign", &["7"], "PAUSED")).await)
            .contains("no campaign with the id 7")
    );
    for wanted in ["ARCHIVED", "PROPOSED", "REMOVED", "paused"] {
        let error = bench
            .preview("set_status", status(OUTDOOR, "campaign", &["1000001"], wanted))
            .await
            .expect_err("not offered");
        assert!(matches!(error, ToolError::Argument(_)), "{error:?}");
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn what_amazon_refuses_of_several_is_told_by_id_together_with_what_it_changed() {
    let bench = connected().await;
    let item = |id: &str| json!({ "id": id, "name": "", "status": "PAUSED" });
    let target = |ids: &[&str]| json!({ "items": ids.iter().map(|id| item(id)).collect::<Vec<_>>() });
    let arguments = |account| status(account, "campaign", &["1000001"], "PAUSED");
    let mixed = target(&["1000001", "1000012", "999"]);
    let reason = refusal(apply(&bench, "set_status", arguments(OUTDOOR), |_| mixed).await);
    assert_eq!(
        reason,
        "Amazon changed 1 and refused 2: 1000012: The entity is archived (ARCHIVED_ENTITY_CANNOT_BE_MODIFIED); \
         999: Campaign not found (ENTITY_NOT_FOUND)"
    );
    // A throttled item was not looked at, and the others were.
    let throttled = target(&["31000001", "31000007"]);
    let reason = refusal(apply(&bench, "set_status", arguments(ARCHIVE), |_| throttled).await);
    assert_eq!(reason, "Amazon changed 1 and refused 1: 31000007: throttled, not looked at");
    let only = target(&["31000007"]);
    let error = apply(&bench, "set_status", arguments(ARCHIVE), |_| only).await.expect_err("throttled");
    assert!(matches!(error, ToolError::Upstream(fault) if fault.class == Class::RateStorm && !fault.unanswered));
}

#[tokio::test]
async fn who_may_only_look_is_told_so_when_it_is_applied() {
    let bench = connected().await;
    let arguments = status(LOOKOUT, "campaign", &["23000001"], "PAUSED");
    let (_, planned) = bench.preview("set_status", arguments.clone()).await.expect("only applying tells");
    let error = apply(&bench, "set_status", arguments, |_| planned.after).await.expect_err("refused");
    let ToolError::Upstream(fault) = error else { panic!("{error:?}") };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::Permission, Some("ACCESS_DENIED")));
}

#[tokio::test]
async fn a_budget_is_set_to_the_very_digits() {
    let bench = connected().await;
    for (amount, digits) in
        [(json!(42.25), "42.25"), (json!(19.99), "19.99"), (json!(100), "100"), (json!(1000000), "1000000")]
    {
        let arguments = budget(OUTDOOR, "1000001", amount);
        let (_, planned) = bench.preview("set_budget", arguments.clone()).await.expect("a preview");
        let after = apply(&bench, "set_budget", arguments, |_| planned.after.clone()).await.expect("applied");
        assert_eq!(after, planned.after);
        let sent = changes(&bench).pop().expect("a request");
        let expected = format!(
            r#"{{"campaigns":[{{"campaignId":"1000001","budget":{{"budget":{digits},"budgetType":"DAILY"}}}}]}}"#
        );
        assert_eq!(sent.body, expected);
    }
    let (before, planned) =
        bench.preview("set_budget", budget(OUTDOOR, "1000002", json!(20))).await.expect("a preview");
    assert_eq!(
        (&before["budget"]["daily_amount_micros"], &before["budget"]["daily_amount"]),
        (&json!(500_500_000), &json!(500.5))
    );
    assert_eq!(planned.summary, "Sets the daily budget of campaign 1000002 from 500.5 to 20 USD.");
    assert!(planned.warnings[0].contains("no dry run"));
}

#[tokio::test]
async fn an_amount_outside_the_marketplaces_bounds_is_refused_with_them_before_it_is_sent() {
    let bench = connected().await;
    for (account, campaign, amount, bounds) in [
        (OUTDOOR, "1000001", json!(0.99), "between 1 and 1000000"),
        (OUTDOOR, "1000001", json!(1_000_000.01), "between 1 and 1000000"),
        (TEA, "13000001", json!(99), "in JPY a campaign's daily budget is between 100 and 21000000"),
        (LOOKOUT, "23000001", json!(1.39), "between 1.4 and 1500000"),
    ] {
        match bench.preview("set_budget", budget(account, campaign, amount)).await {
            Err(ToolError::Argument(error)) => {
                assert!(error.field == "daily_amount" && error.problem.contains(bounds), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
    for amount in [json!(0), json!(-1), json!("ten"), json!(10.001), json!(1e12)] {
        let error = bench.preview("set_budget", budget(OUTDOOR, "1000001", amount)).await.expect_err("no amount");
        assert!(matches!(error, ToolError::Argument(_)), "{error:?}");
    }
    assert!(refusal(bench.preview("set_budget", budget(OUTDOOR, "1000012", json!(20))).await).contains("ARCHIVED"));
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn what_our_bounds_let_pass_amazon_still_refuses_in_its_words() {
    let bench = connected().await;
    let arguments = budget(TEA, "13000001", json!(100));
    let reason = refusal(
        apply(&bench, "set_budget", arguments, |mut before| {
            before["budget"]["daily_amount_micros"] = 5_000_000.into();
            before
        })
        .await,
    );
    assert!(reason.contains("13000001: The budget is below the marketplace's minimum (BUDGET_TOO_LOW)"), "{reason}");
}

#[tokio::test]
async fn each_change_says_what_it_does_to_spending() {
    let bench = connected().await;
    let spending = async |tool: &'static str, arguments: Value| {
        let (before, planned) = bench.preview(tool, arguments.clone()).await.expect("a preview");
        bench.steps(tool, arguments).expect("steps").spending(&before, &planned.after).expect("spending")
    };
    assert_eq!(spending("set_status", status(OUTDOOR, "campaign", &["1000004"], "ENABLED")).await, Spending::Starts);
    assert_eq!(spending("set_status", status(OUTDOOR, "campaign", &["1000001"], "PAUSED")).await, Spending::NoMore);
    let amount =
        Spending::Amount { before: Some(Micros(72_500_000)), after: Micros(80_000_000), currency: "USD".into() };
    assert_eq!(spending("set_budget", budget(OUTDOOR, "1000001", json!(80))).await, amount);
}

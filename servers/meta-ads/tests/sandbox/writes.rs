use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Class, Fault, Micros};
use turnpike_sdk::{Behaviour, Spending, ToolError};

use crate::bench::{BAKERY, Bench, OUTDOOR, changes, connected};

fn refusal<T: std::fmt::Debug>(result: Result<T, ToolError>) -> (String, String) {
    match result {
        Err(ToolError::Refused { reason, next_step }) => (reason, next_step),
        other => panic!("{other:?}"),
    }
}

fn fault<T: std::fmt::Debug>(result: Result<T, ToolError>) -> Fault {
    match result {
        Err(ToolError::Upstream(fault)) => fault,
        other => panic!("{other:?}"),
    }
}

/// Makes it what it was, as the pipeline does to take a change back.
async fn revert(bench: &Bench, tool: &'static str, arguments: Value, old: &Value) -> Value {
    let (steps, cx) = (bench.steps(tool, arguments).unwrap(), bench.cx(tool));
    steps.check_revert(old).unwrap();
    steps.apply(old, &cx).await.unwrap();
    steps.observe(&cx).await.unwrap()
}

fn status(level: &str, ids: &[&str], status: &str) -> Value {
    json!({ "account_id": OUTDOOR, "level": level, "ids": ids, "status": status })
}

fn budget(level: &str, id: &str, field: &str, amount: f64) -> Value {
    json!({ "account_id": OUTDOOR, "level": level, "id": id, field: amount })
}

#[tokio::test]
async fn each_level_is_paused_after_a_preview_that_meta_has_checked_and_taken_back() {
    for (level, id) in [("campaign", "2301001000"), ("ad_set", "2301001100"), ("ad", "2301001101")] {
        let bench = connected().await;
        let arguments = status(level, &[id], "PAUSED");
        let (before, planned) = bench.preview("set_status", arguments.clone()).await.unwrap();
        assert_eq!(before["items"][0]["status"], "ACTIVE");
        assert!(changes(&bench).is_empty());
        let checked = bench
            .script
            .recorded()
            .into_iter()
            .filter(|request| request.method == http::Method::POST && request.uri.path() == format!("/v26.0/{id}"));
        let bodies: Vec<_> = checked.map(|request| String::from_utf8(request.body.to_vec()).unwrap()).collect();
        assert_eq!(bodies, ["status=PAUSED&execution_options=%5B%22validate_only%22%5D"]);

        let after = bench.apply("set_status", arguments.clone()).await.unwrap();
        assert_eq!(after, planned.after);
        assert_eq!(changes(&bench), [(format!("/v26.0/{id}"), "status=PAUSED".to_owned())]);
        assert_eq!(revert(&bench, "set_status", arguments, &before).await, before);
    }
}

#[tokio::test]
async fn several_are_changed_one_by_one_and_activating_warns_of_spend() {
    let bench = connected().await;
    let arguments = status("campaign", &["2301004000", "2301001000"], "ACTIVE");
    let (before, planned) = bench.preview("set_status", arguments.clone()).await.unwrap();
    assert_eq!(planned.summary, "Sets 1 of 2 campaign(s) to ACTIVE.");
    assert!(planned.warnings[0].contains("spend money") && planned.warnings[1].contains("each on its own"));
    let steps = bench.steps("set_status", arguments.clone()).unwrap();
    assert_eq!(steps.spending(&before, &planned.after).unwrap(), Spending::Starts);
    assert_eq!(steps.spending(&planned.after, &before).unwrap(), Spending::NoMore);
    bench.apply("set_status", arguments).await.unwrap();
    assert_eq!(changes(&bench).len(), 2);
}

#[tokio::test]
async fn a_change_that_stops_half_way_says_how_far_it_came() {
    let bench = connected().await;
    let arguments = status("ad_set", &["2301001100", "2301001200"], "PAUSED");
    // One read, one change that is made, one that is refused.
    let steps = bench.steps("set_status", arguments.clone()).unwrap();
    let cx = bench.cx("set_status");
    let before = steps.observe(&cx).await.unwrap();
    let planned = steps.plan(&before).unwrap();
    bench.script.next(1, Behaviour::Slow { millis: 0 });
    bench.script.next(1, Behaviour::Storm { seconds: 60 });
    let (reason, _) = refusal(steps.apply(&planned.after, &cx).await);
    assert!(reason.starts_with("Meta changed 1 of 2, then did not change 2301001200"), "{reason}");
    bench.script.next(1, Behaviour::Storm { seconds: 60 });
    let none = fault(steps.apply(&planned.after, &cx).await);
    assert_eq!(none.class, Class::RateStorm, "nothing was changed: the refusal as it is");
}

#[tokio::test]
async fn a_status_is_not_set_on_what_is_missing_archived_or_of_another_level() {
    let bench = connected().await;
    let (reason, _) = refusal(bench.preview("set_status", status("campaign", &["2301012000"], "PAUSED")).await);
    assert!(reason.contains("ARCHIVED"), "{reason}");
    for (level, id, noun) in [
        ("campaign", "2301099000", "campaign"),
        ("campaign", "2301001100", "campaign"),
        ("ad_set", "2301001000", "ad set"),
        ("ad", "2301001100", "ad"),
    ] {
        // Beside one that is there, so that Meta refuses both.
        let there = match level {
            "campaign" => "2301001000",
            "ad_set" => "2301001100",
            _ => "2301001101",
        };
        let (reason, _) = refusal(bench.preview("set_status", status(level, &[there, id], "PAUSED")).await);
        assert_eq!(reason, format!("this account has no {noun} with the id {id}"));
    }
    for wanted in ["ARCHIVED", "DELETED", "ENABLED"] {
        let result = bench.preview("set_status", status("ad", &["2301001101"], wanted)).await;
        assert!(matches!(result, Err(ToolError::Argument(_))), "{wanted}");
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn a_budget_is_sent_as_a_whole_number_of_smallest_units() {
    let bench = connected().await;
    let arguments = budget("campaign", "2301001000", "daily_amount", 80.25);
    let (before, planned) = bench.preview("set_budget", arguments.clone()).await.unwrap();
    assert_eq!(planned.summary, "Sets the daily budget of campaign 2301001000 from 72.5 to 80.25 USD.");
    let steps = bench.steps("set_budget", arguments.clone()).unwrap();
    let spending =
        Spending::Amount { before: Some(Micros(72_500_000)), after: Micros(80_250_000), currency: "USD".into() };
    assert_eq!(steps.spending(&before, &planned.after).unwrap(), spending);
    assert_eq!(bench.apply("set_budget", arguments.clone()).await.unwrap(), planned.after);
    assert_eq!(changes(&bench), [("/v26.0/2301001000".to_owned(), "daily_budget=8025".to_owned())]);
    assert_eq!(revert(&bench, "set_budget", arguments, &before).await, before);

    let mut yen = budget("campaign", "2302001000", "daily_amount", 8000.0);
    yen["account_id"] = BAKERY.into();
    let after = bench.apply("set_budget", yen.clone()).await.unwrap();
    assert_eq!((&after["budget"]["daily_amount"], &after["budget"]["minor_units"]), (&json!(8000.0), &json!(8000)));
    assert_eq!(changes(&bench).pop().unwrap().1, "daily_budget=8000");
    yen["daily_amount"] = 8000.5.into();
    let Err(ToolError::Argument(error)) = bench.preview("set_budget", yen).await else { panic!("an argument") };
    assert!(error.to_string().contains("JPY has no fractions"), "{error}");
}

#[tokio::test]
async fn lifetime_budgets_and_those_of_ad_sets_are_set_too() {
    let bench = connected().await;
    for (level, id, field, amount, sent) in [
        ("campaign", "2301011000", "lifetime_amount", 1200.0, "lifetime_budget=120000"),
        ("ad_set", "2301002100", "daily_amount", 60.0, "daily_budget=6000"),
        ("ad_set", "2301002200", "lifetime_amount", 700.0, "lifetime_budget=70000"),
    ] {
        let after = bench.apply("set_budget", budget(level, id, field, amount)).await.unwrap();
        assert_eq!(after["budget"][field], amount);
        assert_eq!(changes(&bench).pop().unwrap().1, sent);
    }
}

#[tokio::test]
async fn a_budget_on_the_wrong_level_or_of_the_wrong_kind_is_explained() {
    let bench = connected().await;
    let tries = [
        (
            budget("ad_set", "2301001100", "daily_amount", 60.0),
            "spends that of its campaign 2301001000",
            "level campaign",
        ),
        (budget("campaign", "2301002000", "daily_amount", 60.0), "its ad sets have theirs", "list_ad_sets"),
        (budget("campaign", "2301001000", "lifetime_amount", 900.0), "has a daily budget", "Send daily_amount"),
        (budget("ad_set", "2301002200", "daily_amount", 60.0), "has a lifetime budget", "Send lifetime_amount"),
        (budget("campaign", "2301012000", "daily_amount", 60.0), "is ARCHIVED", "active or paused"),
        (budget("campaign", "2301001100", "daily_amount", 60.0), "no campaign with the id", "list_campaigns"),
    ];
    for (arguments, why, what) in tries {
        let (reason, next_step) = refusal(bench.preview("set_budget", arguments).await);
        assert!(reason.contains(why) && next_step.contains(what), "{reason}; {next_step}");
    }
    let mut both = budget("campaign", "2301001000", "daily_amount", 60.0);
    both["lifetime_amount"] = 900.into();
    let neither = json!({ "account_id": OUTDOOR, "level": "campaign", "id": "2301001000" });
    for arguments in [both, neither, budget("ad", "2301001101", "daily_amount", 60.0)] {
        assert!(matches!(bench.preview("set_budget", arguments).await, Err(ToolError::Argument(_))));
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn a_budget_that_is_too_low_is_refused_at_the_preview_in_metas_words() {
    let bench = connected().await;
    let refused = fault(bench.preview("set_budget", budget("campaign", "2301001000", "daily_amount", 0.5)).await);
    assert_eq!((refused.class, refused.code.as_deref()), (Class::BadRequest, Some("1487901")));
    assert!(
        refused.message.contains("at least $1.00") && refused.message.contains("daily_budget"),
        "{}",
        refused.message
    );
}

#[tokio::test]
async fn an_ad_sets_budget_changes_four_times_an_hour_and_looking_costs_nothing() {
    let bench = connected().await;
    let to = |amount: f64| budget("ad_set", "2301002100", "daily_amount", amount);
    let (_, planned) = bench.preview("set_budget", to(61.0)).await.unwrap();
    assert!(planned.warnings[0].contains("4 times an hour"));
    for amount in [61.0, 62.0, 63.0, 64.0] {
        bench.preview("set_budget", to(amount)).await.unwrap();
        bench.apply("set_budget", to(amount)).await.unwrap();
    }
    let refused = fault(bench.apply("set_budget", to(65.0)).await);
    // A rule about this ad set: nothing else is held back by it.
    assert_eq!((refused.class, refused.code.as_deref()), (Class::BadRequest, Some("613/1487632")));
    assert!(refused.retry_at.is_none() && refused.message.contains("4 times"), "{}", refused.message);
    bench.apply("set_status", status("ad_set", &["2301002100"], "PAUSED")).await.unwrap();
    bench.clock.advance(Duration::from_secs(3601));
    bench.apply("set_budget", to(65.0)).await.unwrap();
}

#[tokio::test]
async fn what_was_changed_is_in_the_change_log() {
    let bench = connected().await;
    bench.apply("set_status", status("campaign", &["2301001000"], "PAUSED")).await.unwrap();
    let today = json!({ "account_id": OUTDOOR, "start_date": "2026-11-21", "end_date": "2026-11-21" });
    let answer = bench.read("list_activities", today).await.unwrap();
    let change = &answer["activities"][0];
    assert_eq!((&change["old_value"], &change["new_value"]), (&json!("ACTIVE"), &json!("PAUSED")));
    assert_eq!(change["object_id"], "2301001000");
}

use serde_json::{Value, json};
use turnpike_core::Class;
use turnpike_sdk::{Prepared, Progress, Recorded, ToolError};

use crate::bench::{BAKERY, Bench, OUTDOOR, WHOLESALE, connected};

fn days(account: &str, start: &str, end: &str) -> Value {
    json!({ "account_id": account, "start_date": start, "end_date": end })
}

/// Method and path of everything that was asked of insights.
fn asked(bench: &Bench) -> Vec<String> {
    let of = |request: &Recorded| format!("{} {}", request.method, request.uri.path());
    let all = bench.script.recorded();
    all.iter().map(of).filter(|line| line.contains("insights") || line.contains("/6023920149")).collect()
}

fn sum(rows: &[Value], field: &str) -> f64 {
    rows.iter().map(|row| row[field].as_f64().unwrap()).sum()
}

#[tokio::test]
async fn rows_are_dearest_first_and_add_up_to_the_totals_on_every_level() {
    let bench = connected().await;
    for (account, level, count) in [
        (OUTDOOR, "account", 1),
        (OUTDOOR, "campaign", 11),
        (OUTDOOR, "ad_set", 22),
        (OUTDOOR, "ad", 44),
        (BAKERY, "ad", 44),
    ] {
        let mut arguments = days(account, "2026-11-01", "2026-11-07");
        arguments["level"] = level.into();
        let first = bench.read("get_performance", arguments.clone()).await.unwrap();
        let rows = bench.all_rows("get_performance", "rows", arguments).await;
        assert_eq!(rows.len(), count, "{level}");
        let costs: Vec<f64> = rows.iter().map(|row| row["cost"].as_f64().unwrap()).collect();
        assert!(costs.is_sorted_by(|one, next| one >= next), "{level}");
        for field in ["impressions", "clicks", "cost", "conversions", "conversions_value", "purchases", "leads"] {
            let (total, sum) = (first["totals"][field].as_f64().unwrap(), sum(&rows, field));
            assert!((total - sum).abs() < 0.01 && sum > 0.0, "{level} {field}: {total} is not {sum}");
        }
    }
    assert!(asked(&bench).iter().all(|line| line.starts_with("GET")), "all of it at once");
}

#[tokio::test]
async fn figures_are_in_the_currencys_own_unit_and_not_in_the_budgets() {
    let bench = connected().await;
    let cost = async |account: &str| {
        let answer = bench.read("get_performance", days(account, "2026-11-01", "2026-11-01")).await.unwrap();
        (answer["account"]["currency"].clone(), answer["rows"][0]["cost"].as_f64().unwrap())
    };
    let (dollars, yen) = (cost(OUTDOOR).await, cost(BAKERY).await);
    assert_eq!((dollars.0.as_str(), yen.0.as_str()), (Some("USD"), Some("JPY")));
    assert!(dollars.1 < 500.0 && yen.1 > 1_000.0 && yen.1.fract() == 0.0, "{dollars:?} {yen:?}");
}

#[tokio::test]
async fn a_purchase_that_has_several_names_is_counted_once() {
    let bench = connected().await;
    let answer = bench.read("get_performance", days(OUTDOOR, "2026-11-01", "2026-11-07")).await.unwrap();
    let row = &answer["rows"][0];
    let (purchases, leads) = (row["purchases"].as_f64().unwrap(), row["leads"].as_f64().unwrap());
    assert_eq!(row["conversions"].as_f64(), Some(purchases + leads));
    assert_eq!(row["conversions_value"].as_f64(), Some(purchases * 40.0));
}

#[tokio::test]
async fn days_and_campaigns_narrow_and_split_the_rows() {
    let bench = connected().await;
    let mut arguments = days(OUTDOOR, "2026-11-01", "2026-11-03");
    arguments["by_day"] = true.into();
    arguments["campaign_ids"] = json!(["2301001000", "2301002000"]);
    let answer = bench.read("get_performance", arguments).await.unwrap();
    let rows = answer["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6);
    assert_eq!((&rows[0]["date"], &rows[0]["campaign_id"]), (&json!("2026-11-01"), &json!("2301001000")));
    assert_eq!(
        (&answer["period"]["time_zone"], &answer["period"]["end"]),
        (&json!("America/New_York"), &json!("2026-11-03"))
    );
    let of_both = answer["totals"]["impressions"].as_f64().unwrap();
    assert!((of_both - sum(rows, "impressions")).abs() < 0.5, "totals are of the same campaigns");
}

#[tokio::test]
async fn without_delivery_there_are_no_rows_and_a_note_says_so() {
    let bench = connected().await;
    let mut arguments = days(OUTDOOR, "2026-11-01", "2026-11-07");
    arguments["campaign_ids"] = json!(["2301012000"]);
    let answer = bench.read("get_performance", arguments).await.unwrap();
    assert_eq!((&answer["rows"], &answer["totals"]["impressions"]), (&json!([]), &json!(0)));
    assert!(answer["note"].as_str().unwrap().contains("without delivery"));
}

#[tokio::test]
async fn a_breakdown_and_many_days_of_ads_are_made_in_the_background_from_the_start() {
    let mut by_age = days(OUTDOOR, "2026-11-01", "2026-11-07");
    by_age["breakdown"] = "age".into();
    let mut of_ads = days(OUTDOOR, "2026-11-01", "2026-11-08");
    of_ads["level"] = "ad".into();
    for (arguments, count) in [(by_age, 66), (of_ads, 44)] {
        let bench = connected().await;
        let answer = bench.read("get_performance", arguments.clone()).await.unwrap();
        let lines = asked(&bench);
        let (act, run) = (format!("/v26.0/act_{OUTDOOR}/insights"), "/v26.0/6023920149000");
        assert_eq!(lines[0], format!("POST {act}"));
        // It calls itself completed at 90 per cent: one look more.
        assert_eq!(
            lines[1..5],
            [format!("GET {run}"), format!("GET {run}"), format!("GET {run}"), format!("GET {run}")]
        );
        assert!(
            lines[5..].contains(&format!("GET {run}/insights")) && lines[5..].contains(&format!("GET {act}")),
            "{lines:?}"
        );
        assert!(answer["totals"]["impressions"].as_i64().unwrap() > 0, "totals are asked for at once");

        // Further pages are of the same report: nothing is made again.
        let rows = bench.all_rows("get_performance", "rows", arguments).await;
        assert_eq!(rows.len(), count);
        assert_eq!(
            asked(&bench).iter().filter(|line| line.starts_with("POST")).count(),
            2,
            "one for each of two first calls"
        );
    }
}

#[tokio::test]
async fn a_breakdown_shows_its_values() {
    let bench = connected().await;
    let mut arguments = days(OUTDOOR, "2026-11-01", "2026-11-07");
    (arguments["breakdown"], arguments["level"]) = ("publisher_platform".into(), "account".into());
    let answer = bench.read("get_performance", arguments).await.unwrap();
    let mut values: Vec<&str> =
        answer["rows"].as_array().unwrap().iter().map(|row| row["breakdown_value"].as_str().unwrap()).collect();
    values.sort_unstable();
    assert_eq!(values, ["facebook", "instagram"]);
}

#[tokio::test]
async fn what_meta_finds_too_large_goes_to_the_background_by_itself() {
    let bench = connected().await;
    let mut arguments = days(WHOLESALE, "2026-11-01", "2026-11-07");
    (arguments["by_day"], arguments["max_rows"]) = (true.into(), 1000.into());
    let answer = bench.read("get_performance", arguments).await.unwrap();
    assert_eq!(answer["rows"].as_array().unwrap().len(), 1000);
    let lines = asked(&bench);
    assert!(lines[0].starts_with("GET") || lines[1].starts_with("GET"), "first at once");
    assert!(lines.iter().any(|line| line.starts_with("POST")), "{lines:?}");
}

#[tokio::test]
async fn a_job_holds_an_id_and_is_bound_to_its_account() {
    let bench = connected().await;
    let mut arguments = days(OUTDOOR, "2026-11-01", "2026-11-07");
    arguments["breakdown"] = "age".into();
    arguments["background"] = true.into();
    let prepare = |arguments: Value| {
        let tool = bench.integration.find_tool("get_performance").unwrap();
        tool.prepare(arguments.as_object().unwrap().clone()).unwrap()
    };
    let Prepared::Long { work, background: true } = prepare(arguments) else { panic!("long") };
    let cx = bench.cx("get_performance");
    let Progress::Pending { job, .. } = work.begin(&cx).await.unwrap() else { panic!("pending") };
    assert_eq!(job, json!({ "run": "6023920149000", "looks": 0 }), "no secret and no link");

    let mut other = days(BAKERY, "2026-11-01", "2026-11-07");
    other["breakdown"] = "age".into();
    let Prepared::Long { work, .. } = prepare(other) else { panic!("long") };
    let Err(ToolError::Upstream(fault)) = work.poll(&job, &cx).await else { panic!("refused") };
    assert!(fault.message.contains("another account"), "{}", fault.message);
}

#[tokio::test]
async fn a_report_that_fails_is_told_in_metas_words() {
    let bench = connected().await;
    let mut arguments = days(WHOLESALE, "2026-08-01", "2026-10-31");
    (arguments["by_day"], arguments["level"]) = (true.into(), "ad".into());
    let Err(ToolError::Upstream(fault)) = bench.read("get_performance", arguments).await else { panic!("a failure") };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::BadRequest, Some("100/1487534")));
    assert!(
        fault.message.contains("too much data for one report") && fault.message.contains("fewer days"),
        "{}",
        fault.message
    );
}

#[tokio::test]
async fn what_lies_37_months_back_is_refused_in_metas_words() {
    let bench = connected().await;
    let Err(ToolError::Upstream(fault)) =
        bench.read("get_performance", days(OUTDOOR, "2023-09-01", "2023-09-07")).await
    else {
        panic!("a refusal")
    };
    assert_eq!((fault.class, fault.code.as_deref()), (Class::BadRequest, Some("3018")));
}

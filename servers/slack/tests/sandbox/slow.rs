//! An app that is sold outside Slack's marketplace: messages once a minute, fifteen at a time.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::{Class, Clock as _};
use turnpike_sdk::ToolError;

use crate::bench::{Bench, CAMPAIGNS, GENERAL, changes, distributed, of};

const MINUTE: Duration = Duration::from_secs(60);

async fn minute(bench: &Bench, arguments: &Value) -> Value {
    bench.clock.advance(MINUTE);
    bench.ok("get_messages", arguments.clone()).await
}

#[tokio::test]
async fn what_slack_lets_be_read_is_given_out_with_a_cursor_for_the_rest() {
    let bench = distributed().await;
    let mut arguments = of(CAMPAIGNS, &json!({ "start_date": "2026-11-02", "end_date": "2026-11-02", "max_rows": 30 }));
    let (mut all, mut pages) = (vec![], vec![]);
    loop {
        let answer = minute(&bench, &arguments).await;
        pages.push(answer["messages"].as_array().expect("rows").len());
        all.extend(answer["messages"].as_array().expect("rows").iter().map(|row| row["ts"].to_string()));
        match answer["page"].get("next_cursor") {
            Some(cursor) => {
                let note = answer["note"].as_str().expect("a note");
                assert!(note.contains("next_cursor after 2026-11-21T12:"), "{note}");
                arguments["cursor"] = cursor.clone();
            }
            None => break,
        }
    }
    assert_eq!(pages, [15, 15, 10]);
    assert!(all.is_sorted_by(|one, other| one > other), "{all:?}");
}

#[tokio::test]
async fn the_first_page_refused_is_a_fault_with_its_time() {
    let bench = distributed().await;
    let arguments = of(GENERAL, &json!({ "start_date": "2026-11-02", "end_date": "2026-11-02" }));
    minute(&bench, &arguments).await;
    let fault = bench.fault("get_messages", &arguments).await;
    assert_eq!((fault.class, fault.retry_at), (Class::RateStorm, Some(bench.clock.now().plus(MINUTE))));
}

#[tokio::test]
async fn what_a_post_pushes_out_of_sight_is_not_forgotten() {
    let bench = distributed().await;
    let steps = |text: &str| bench.steps("post_message", of(GENERAL, &json!({ "text": text }))).expect("steps");
    let post = async |text: &str| {
        bench.clock.advance(MINUTE);
        let (steps, cx) = (steps(text), bench.cx("post_message"));
        let before = steps.observe(&cx).await.expect("observed");
        let planned = steps.plan(&before).expect("planned");
        steps.apply(&planned.after, &cx).await.expect("posted");
        bench.clock.advance(MINUTE);
        assert_eq!(steps.observe(&cx).await.expect("observed"), planned.after, "{text}");
        (before["times_posted"].clone(), steps, cx, before)
    };
    post("Ready.").await;
    for other in 1..15 {
        post(&format!("Number {other}.")).await;
    }
    // The first is the fifteenth from the top, and the sixteenth when it is said again.
    let (times, steps, cx, before) = post("Ready.").await;
    assert_eq!(times, 1);
    steps.apply(&before, &cx).await.expect("taken back");
    bench.clock.advance(MINUTE);
    assert_eq!(steps.observe(&cx).await.expect("observed"), before);
}

#[tokio::test]
async fn a_message_can_be_posted_all_the_same_with_one_look_before() {
    let bench = distributed().await;
    let arguments = of(GENERAL, &json!({ "text": "Ready." }));
    let prepare = || bench.steps("post_message", arguments.clone()).expect("steps");
    let steps = prepare();
    let before = steps.observe(&bench.cx("post_message")).await.expect("observed");
    let planned = steps.plan(&before).expect("planned");
    bench.clock.advance(MINUTE);
    // As the pipeline confirms: a look, the post, and a look that Slack refuses.
    let (steps, cx) = (prepare(), bench.cx("post_message"));
    assert_eq!(steps.observe(&cx).await.expect("observed"), before);
    steps.apply(&planned.after, &cx).await.expect("posted");
    assert_eq!(changes(&bench).len(), 1);
    let Err(ToolError::Upstream(fault)) = steps.observe(&cx).await else { panic!("a limit") };
    assert_eq!(fault.class, Class::RateStorm);
    bench.clock.advance(MINUTE);
    assert_eq!(steps.observe(&bench.cx("post_message")).await.expect("observed"), planned.after);
}

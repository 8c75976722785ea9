use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::Class;
use turnpike_sdk::{Behaviour, Spending, ToolError};

use crate::bench::{
    ANNOUNCEMENTS, BOARD, Bench, GENERAL, LAUNCH_PLANS, ODD_TOPIC, OLD_PROJECT, RANDOM, THREAD, changes, connected, of,
};

/// Makes it what it was, as the pipeline does to take a change back.
async fn revert(bench: &Bench, tool: &'static str, arguments: Value, old: &Value) -> Value {
    let (steps, cx) = (bench.steps(tool, arguments).expect("steps"), bench.cx(tool));
    steps.observe(&cx).await.expect("observed");
    steps.check_revert(old).expect("revertible");
    steps.apply(old, &cx).await.expect("applied");
    steps.observe(&cx).await.expect("observed")
}

fn text(text: &str) -> Value {
    of(GENERAL, &json!({ "text": text }))
}

/// What the newest messages of the channel say.
async fn said(bench: &Bench, channel: &str) -> Vec<Value> {
    let today = json!({ "start_date": "2026-11-21", "end_date": "2026-11-22" });
    bench.all_rows("get_messages", "messages", of(channel, &today)).await
}

#[tokio::test]
async fn a_message_is_posted_after_a_preview_and_taken_back_by_words_in_its_place() {
    let bench = connected().await;
    let (before, planned) =
        bench.preview("post_message", text("Ready: <https://example.com|here>")).await.expect("a preview");
    assert_eq!((&before["times_posted"], &planned.after["times_posted"]), (&json!(0), &json!(1)));
    assert_eq!(planned.summary, "Posts “Ready: <https://example.com|here>” in #general.");
    assert!(changes(&bench).is_empty(), "a preview posts nothing");

    let after = bench.apply("post_message", text("Ready: <https://example.com|here>")).await.expect("posted");
    assert_eq!(after, planned.after);
    let [(method, body)] = &changes(&bench)[..] else { panic!("one change") };
    assert_eq!((&**method, &body["unfurl_links"]), ("chat.postMessage", &json!(false)));
    let shown = said(&bench, GENERAL).await;
    assert_eq!(
        (&shown[0]["text"], &shown[0]["app"]),
        (&json!("Ready: <https://example.com|here>"), &json!("Sandbox bot"))
    );

    let back = revert(&bench, "post_message", text("Ready: <https://example.com|here>"), &before).await;
    assert_eq!(back, before);
    let shown = said(&bench, GENERAL).await;
    assert_eq!(
        (shown.len(), &shown[0]["text"], &shown[0]["edited"]),
        (1, &json!("_This message was taken back._"), &json!(true))
    );
}

#[tokio::test]
async fn the_same_text_again_is_one_more_and_a_person_is_warned() {
    let bench = connected().await;
    bench.apply("post_message", text("Ready.")).await.expect("posted");
    let (before, planned) = bench.preview("post_message", text("Ready.")).await.expect("a preview");
    assert_eq!((&before["times_posted"], &planned.after["times_posted"]), (&json!(1), &json!(2)));
    assert!(planned.warnings.iter().any(|warning| warning.contains("just this text there 1 time(s)")), "{planned:?}");
    bench.apply("post_message", text("Ready.")).await.expect("posted");
    // The newer one is taken back; other texts, places and older posts do not count.
    assert_eq!(revert(&bench, "post_message", text("Ready."), &before).await, before);
    let [newer, older] = &said(&bench, GENERAL).await[..] else { panic!("two messages") };
    assert_eq!((&newer["text"], &older["text"]), (&json!("_This message was taken back._"), &json!("Ready.")));
    for other in [
        text("Ready"),
        of(LAUNCH_PLANS, &json!({ "text": "Ready." })),
        of(GENERAL, &json!({ "text": "Ready.", "thread_ts": THREAD })),
    ] {
        let (before, _) = bench.preview("post_message", other.clone()).await.expect("a preview");
        assert_eq!(before["times_posted"], 0, "{other}");
    }
    bench.clock.advance(Duration::from_secs(12 * 3600 + 1));
    let (before, _) = bench.preview("post_message", text("Ready.")).await.expect("a preview");
    assert_eq!(before["times_posted"], 0);
}

#[tokio::test]
async fn posts_are_counted_beyond_the_page_that_the_newest_messages_fill() {
    let bench = connected().await;
    bench.apply("post_message", text("Ready.")).await.expect("posted");
    // The sandbox shows fifty at a time.
    for other in 1..50 {
        bench.apply("post_message", text(&format!("Number {other}."))).await.expect("posted");
    }
    let (before, planned) = bench.preview("post_message", text("Ready.")).await.expect("a preview");
    assert_eq!(before["times_posted"], 1);
    assert_eq!(bench.apply("post_message", text("Ready.")).await.expect("posted"), planned.after);
    assert_eq!(revert(&bench, "post_message", text("Ready."), &before).await, before);
}

#[tokio::test]
async fn a_reply_goes_into_its_thread_and_can_be_taken_back() {
    let bench = connected().await;
    let arguments = of(GENERAL, &json!({ "text": "I do.", "thread_ts": THREAD }));
    let (before, planned) = bench.preview("post_message", arguments.clone()).await.expect("a preview");
    assert_eq!(planned.summary, "Posts “I do.” in a thread of #general.");
    assert_eq!(bench.apply("post_message", arguments.clone()).await.expect("posted"), planned.after);
    let thread = bench.all_rows("get_thread", "messages", of(GENERAL, &json!({ "thread_ts": THREAD }))).await;
    assert_eq!((thread.len(), &thread[13]["text"]), (14, &json!("I do.")));
    assert!(said(&bench, GENERAL).await.is_empty(), "not in the channel");
    assert_eq!(revert(&bench, "post_message", arguments, &before).await, before);

    let nowhere = of(GENERAL, &json!({ "text": "I do.", "thread_ts": "1793610000.000999" }));
    let Err(ToolError::Refused { reason, .. }) = bench.preview("post_message", nowhere).await else {
        panic!("a refusal")
    };
    assert_eq!(reason, "the channel C0100000001 has no message 1793610000.000999 to reply to");
}

#[tokio::test]
async fn a_post_whose_answer_is_lost_is_found_again() {
    for lost in [Behaviour::Reset, Behaviour::ActThenFail] {
        let bench = connected().await;
        let (steps, cx) = (bench.steps("post_message", text("Once.")).expect("steps"), bench.cx("post_message"));
        let before = steps.observe(&cx).await.expect("observed");
        let planned = steps.plan(&before).expect("planned");
        bench.script.next(1, lost);
        let Err(ToolError::Upstream(fault)) = steps.apply(&planned.after, &cx).await else { panic!("no answer") };
        assert_eq!(fault.class, Class::Upstream);
        assert_eq!(steps.observe(&cx).await.expect("observed"), planned.after);
        assert_eq!(said(&bench, GENERAL).await.len(), 1);
    }
}

#[tokio::test]
async fn a_state_that_others_have_moved_is_not_aimed_at() {
    let bench = connected().await;
    let (steps, cx) = (bench.steps("post_message", text("Once.")).expect("steps"), bench.cx("post_message"));
    let before = steps.observe(&cx).await.expect("observed");
    let far = json!({ "channel_id": GENERAL, "channel_name": "general", "text": "Once.", "times_posted": 3 });
    for target in [&before, &far] {
        let result = steps.apply(target, &cx).await;
        assert!(matches!(result, Err(ToolError::Refused { .. })), "{result:?}");
    }
    assert!(changes(&bench).is_empty());
}

#[tokio::test]
async fn no_text_notifies_whole_channels_and_none_is_empty_or_too_long() {
    let bench = connected().await;
    let before = bench.script.received();
    for bad in [
        "<!channel> up",
        "a <!here>",
        "<!everyone|x>",
        "<!subteam^S012|@team>",
        "",
        " \n",
        &"x".repeat(4001),
        "_This message was taken back._",
    ] {
        let result = bench.preview("post_message", text(bad)).await;
        assert!(matches!(result, Err(ToolError::Argument(_))), "{bad}: {result:?}");
    }
    assert_eq!(bench.script.received(), before);
    for good in ["<!date^1793610000^{date}|Monday>", "channel & here", "<@U0100000001> please", "&lt;!channel&gt;"] {
        bench.preview("post_message", text(good)).await.expect(good);
    }
    let (_, planned) = bench.preview("post_message", text("<@U0100000001> please")).await.expect("a preview");
    assert!(planned.warnings.iter().any(|warning| warning.contains("notified")), "{planned:?}");
}

#[tokio::test]
async fn nothing_is_changed_where_the_bot_is_not_or_nothing_may_change() {
    let bench = connected().await;
    for (channel, words) in
        [(RANDOM, "does not have the app's bot in it"), (OLD_PROJECT, "is archived"), (BOARD, "there is no channel")]
    {
        for (tool, more) in [("post_message", json!({ "text": "Hello" })), ("set_topic", json!({ "topic": "Hello" }))] {
            let Err(ToolError::Refused { reason, .. }) = bench.preview(tool, of(channel, &more)).await else {
                panic!("{channel}")
            };
            assert!(reason.contains(words), "{reason}");
        }
    }
    assert!(changes(&bench).is_empty());
    // What only the attempt shows.
    let Err(ToolError::Upstream(fault)) =
        bench.apply("post_message", of(ANNOUNCEMENTS, &json!({ "text": "Hello" }))).await
    else {
        panic!("a refusal")
    };
    assert!(fault.class == Class::Permission && fault.message.contains("an admin can allow it"), "{fault}");
}

#[tokio::test]
async fn a_topic_is_set_and_set_back_with_every_character() {
    let bench = connected().await;
    for (channel, topic) in
        [(GENERAL, "R&D <b> & \"Ünïcode\" &amp;"), (ODD_TOPIC, ""), (LAUNCH_PLANS, &*"&".repeat(250))]
    {
        let arguments = of(channel, &json!({ "topic": topic }));
        let (before, planned) = bench.preview("set_topic", arguments.clone()).await.expect("a preview");
        assert_eq!(planned.after["topic"], topic);
        let steps = bench.steps("set_topic", arguments.clone()).expect("steps");
        assert_eq!(steps.spending(&before, &planned.after).expect("spending"), Spending::NoMore);
        assert_eq!(bench.apply("set_topic", arguments.clone()).await.expect("set"), planned.after);
        assert_eq!(revert(&bench, "set_topic", arguments, &before).await, before);
    }
    for bad in ["x".repeat(251), " a".into(), "a\nb".into()] {
        let result = bench.preview("set_topic", of(GENERAL, &json!({ "topic": bad }))).await;
        assert!(matches!(result, Err(ToolError::Argument(_))), "{result:?}");
    }
}

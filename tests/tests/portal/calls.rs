//! Calls are found, opened, and made again.

use reqwest::StatusCode;
use serde_json::{Value, json};
use turnpike_core::{CallId, Role};
use turnpike_tests::{
    app::TestApp,
    probe,
    visitor::{Seen, Visitor},
};

fn echo(text: &str) -> Value {
    json!({ "account": probe::ACCOUNT, "text": text })
}

/// The calls that a page links to, in its order.
fn linked(seen: &Seen) -> Vec<CallId> {
    let links = seen.text.split("href=\"/calls/").skip(1);
    links.filter_map(|rest| rest.split('"').next().unwrap().parse().ok()).collect()
}

async fn found(visitor: &Visitor, query: &str) -> Vec<CallId> {
    linked(&visitor.look(&format!("/calls?{query}")).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_found_by_each_filter_and_opened_to_its_steps() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (visitor, _) = app.member(tenant.id, Role::Auditor).await;
    assert!(visitor.look("/calls").await.words().contains("There is no call yet"));
    let other = app.agent(tenant.id, vec!["probe:read".into()]).await;
    other.ok("probe", "echo", echo("other")).await;
    tenant.agent.refused("probe", "echo", json!({ "account": "two" })).await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let traced = json!({ "traceparent": format!("00-{trace}-b7ad6b7169203331-01") });
    let params = json!({ "name": "fetch", "arguments": { "account": probe::ACCOUNT }, "_meta": traced });
    tenant.agent.rpc("/probe/mcp", json!(1), "tools/call", params).await;

    let rows = app.calls(tenant.id).await;
    let [fetch, refused, echo] = [&rows[0], &rows[1], &rows[2]];
    assert_eq!(found(&visitor, "").await, [fetch.call_id, refused.call_id, echo.call_id]);
    let day = fetch.started_at.to_utc().format("%Y-%m-%d");
    let (own, colleague) = (&fetch.principal, &echo.principal);
    for (query, expected) in [
        ("integration=probe".to_owned(), vec![fetch, refused, echo]),
        ("integration=google-ads".to_owned(), vec![]),
        ("tool=fetch".to_owned(), vec![fetch]),
        ("outcome=caller_fault".to_owned(), vec![refused]),
        (format!("principal={own}"), vec![fetch, refused]),
        (format!("principal={colleague}"), vec![echo]),
        (format!("id={}", echo.call_id), vec![echo]),
        (format!("id={trace}"), vec![fetch]),
        (format!("from={day}&to={day}&outcome=success"), vec![fetch, echo]),
        ("to=2020-01-01".to_owned(), vec![]),
        (format!("tool=fetch&outcome=caller_fault&principal={own}"), vec![]),
    ] {
        let expected: Vec<_> = expected.iter().map(|row| row.call_id).collect();
        assert_eq!(found(&visitor, &query).await, expected, "{query}");
    }

    let opened = visitor.look(&format!("/calls/{}", fetch.call_id)).await;
    for part in ["GET /value", "200", trace, "100 % of the list price", "The vendor did the work"] {
        assert!(opened.text.contains(part), "{part} is not in {}", opened.words());
    }
    let refused = visitor.look(&format!("/calls/{}", refused.call_id)).await;
    for part in ["unknown_account", "Choose it on the connection", "None was sent", "0 % of the list price"] {
        assert!(refused.text.contains(part), "{part} is not in {}", refused.words());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_told_beside_its_field_and_nothing_is_lost() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (visitor, _) = app.member(tenant.id, Role::Member).await;
    let seen = visitor.get("/calls?outcome=fine&tool=%3Cscript%3E&from=yesterday&integration=probe&id=1").await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "id=\"outcome-problem\"",
        "id=\"tool-problem\"",
        "id=\"from-problem\"",
        "id=\"id-problem\"",
        "value=\"yesterday\"",
        "<option value=\"fine\" selected>",
        "<option value=\"probe\" selected>",
    ] {
        assert!(seen.text.contains(part), "{part} is not in {}", seen.text);
    }
    assert!(!seen.text.contains("<script>"));
    assert_eq!(visitor.get("/calls.csv?outcome=fine").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(visitor.get("/calls/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_survives_paging() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (visitor, _) = app.member(tenant.id, Role::Member).await;
    for number in 0..52 {
        tenant.agent.ok("probe", "echo", echo(&number.to_string())).await;
        tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await;
    }
    let first = visitor.look("/calls?tool=echo").await;
    let older = first.text.split("href=\"").find(|rest| rest.contains("rel=\"next\">Older")).unwrap();
    let older = older.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = visitor.look(&older).await;
    let shown: Vec<_> = linked(&first).into_iter().chain(linked(&second)).collect();
    let calls = app.calls(tenant.id).await;
    let expected: Vec<_> = calls.iter().filter(|row| row.tool == "echo").map(|row| row.call_id).collect();
    assert_eq!((linked(&first).len(), shown), (50, expected));
    assert!(!second.text.contains("rel=\"next\""));
}

/// The page of a call, once what the call was made with is written down.
pub(crate) async fn opened(visitor: &Visitor, id: CallId) -> Seen {
    loop {
        let seen = visitor.look(&format!("/calls/{id}")).await;
        if !seen.text.contains("Not kept, or not any more") {
            return seen;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_run_again_and_a_write_is_not() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (visitor, person) = app.member(tenant.id, Role::Member).await;
    let (auditor, _) = app.member(tenant.id, Role::Auditor).await;
    tenant.agent.ok("probe", "echo", echo("Bearer abcdefghijklmnop")).await;
    tenant.agent.ok("probe", "set", echo("second")).await;
    tenant.agent.ok("probe", "echo", echo("say \"hello\" & <b>")).await;
    let [read, write, secret] = &app.calls(tenant.id).await[..] else { panic!("three calls") };

    let seen = opened(&visitor, read.call_id).await;
    assert!(seen.text.contains("Run again") && seen.words().contains("hello"));
    assert!(!opened(&auditor, read.call_id).await.text.contains("Run again"));
    let path = format!("/calls/{}/again", read.call_id);
    assert_eq!(auditor.post(&path, &[]).await.status, StatusCode::FORBIDDEN);
    let again = visitor.post(&path, &[]).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.words());
    assert!(again.text.contains("The answer") && !again.text.contains("<b>"), "{}", again.text);
    let new = app.calls(tenant.id).await.remove(0);
    assert_eq!((&new.principal, &new.tool), (&format!("person:{person}"), &read.tool));
    assert_eq!((&new.arguments_digest, new.outcome), (&read.arguments_digest, read.outcome));
    assert!(again.text.contains(&new.call_id.to_string()));

    for (row, why) in [(write, "need"), (secret, "exact arguments are not kept")] {
        let seen = opened(&visitor, row.call_id).await;
        assert!(!seen.text.contains("Run again") && seen.words().contains(why), "{}", seen.words());
        let refused = visitor.post(&format!("/calls/{}/again", row.call_id), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(app.calls(tenant.id).await.len(), 4);
}

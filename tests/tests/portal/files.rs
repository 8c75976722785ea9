//! What agents and people have named does no harm, on pages and in files.

use serde_json::json;
use turnpike_core::{Role, VisitId};
use turnpike_store::Person;
use turnpike_tenancy::{Actor, KeyRequest};
use turnpike_tests::{agent::Agent, app::TestApp, probe, visitor::Seen};

/// A formula, a tag, and a character that turns the rest of a line around.
const HOSTILE: &str = "=1+1<script>alert(1)</script>\u{202e}\"x";

/// The cells of a file, line by line, as RFC 4180 has them.
fn cells(seen: &Seen) -> Vec<Vec<String>> {
    assert!(seen.headers["content-type"].to_str().unwrap().starts_with("text/csv"));
    assert!(seen.headers["content-disposition"].to_str().unwrap().starts_with("attachment"));
    let (mut lines, mut line, mut cell, mut quoted) = (vec![], vec![], String::new(), false);
    let mut letters = seen.text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'));
                line.push(std::mem::take(&mut cell));
                lines.push(std::mem::take(&mut line));
            }
            letter => cell.push(letter),
        }
    }
    assert!(!quoted && cell.is_empty() && line.is_empty(), "the last line ends");
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_text_on_every_page_and_in_every_file() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, _) = app.member(tenant.id, Role::Admin).await;
    let scopes = vec!["probe:read".into(), "probe:write".into()];
    let request = KeyRequest { name: HOSTILE, scopes, role: None, servers: None, expires_at: None, live: true };
    let (_, key) = app.operator.tenancy.add_key(&Actor::desk(), tenant.id, request).await.unwrap();
    let agent = Agent::new(&app.url, key.expose());
    let arguments = json!({ "account": probe::ACCOUNT, "text": HOSTILE });
    let mut confirmation = arguments.clone();
    confirmation["preview_id"] = agent.ok("probe", "set", arguments.clone()).await["preview_id"].clone();
    let change = agent.ok("probe", "set", confirmation).await["change_id"].as_str().unwrap().to_owned();
    let client = json!({ "io.modelcontextprotocol/clientInfo": { "name": HOSTILE, "version": "1" } });
    let params = json!({ "name": "echo", "arguments": arguments, "_meta": client });
    agent.rpc("/probe/mcp", json!(1), "tools/call", params).await;
    app.operator
        .tenancy
        .record(tenant.id, &Actor(HOSTILE.into()), "key.made", HOSTILE, json!({ HOSTILE: HOSTILE }))
        .await
        .unwrap();

    let calls = app.calls(tenant.id).await;
    let mut pages = ["/calls", "/usage", "/changes", "/audit"].map(str::to_owned).to_vec();
    pages.extend(calls.iter().map(|row| format!("/calls/{}", row.call_id)));
    pages.push(format!("/changes/{change}"));
    for path in pages {
        let seen = admin.look(&path).await;
        assert!(!seen.text.contains("<script>alert") && !seen.text.contains('\u{202e}'), "{path}");
    }
    let back = admin.post(&format!("/changes/{change}/take-back"), &[]).await;
    assert!(back.text.contains("alert(1)") && !back.text.contains("<script>alert"), "{}", back.text);

    let mut armed = 0;
    for path in ["/calls.csv", "/usage.csv?by=day", "/usage.csv?by=tool", "/audit.csv"] {
        let lines = cells(&admin.look(path).await);
        for line in &lines {
            assert_eq!(line.len(), lines[0].len(), "{path}: {line:?}");
            assert!(!line.iter().any(|cell| cell.starts_with(['=', '+', '-', '@'])), "{path}: {line:?}");
            armed += line.iter().filter(|cell| cell.starts_with("'=1+1<script>")).count();
        }
        assert!(lines.len() > 1, "{path}");
    }
    assert!(armed >= 4, "only {armed} hostile cells were seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_calls_has_what_the_filter_finds_and_agrees_with_the_ledger() {
    let app = TestApp::start_unlimited().await;
    let tenant = app.tenant("Acme").await;
    let (auditor, _) = app.member(tenant.id, Role::Auditor).await;
    for number in 0..60 {
        tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": number.to_string() })).await;
    }
    tenant.agent.ok("probe", "fetch", json!({ "account": probe::ACCOUNT })).await;
    let calls = app.calls(tenant.id).await;
    for (query, expected) in [("", 61), ("?tool=echo", 60), ("?tool=fetch&before=x", 1), ("?outcome=our_fault", 0)] {
        let lines = cells(&auditor.look(&format!("/calls.csv{query}")).await);
        assert_eq!(lines.len(), expected + 1, "{query}");
    }
    let one = cells(&auditor.look(&format!("/calls.csv?id={}", calls[0].call_id)).await);
    let row = &calls[0];
    let started = row.started_at.to_string();
    assert_eq!(one[1][..2], [row.call_id.to_string(), started]);
    assert_eq!(one[1][6..12], ["fetch", "success", "", "0.004000", "0.004000", "USD"]);
    let all = cells(&auditor.look("/calls.csv").await);
    let order: Vec<_> = all[1..].iter().map(|line| line[0].clone()).collect();
    assert_eq!(order, calls.iter().map(|row| row.call_id.to_string()).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_log_tells_who_did_what_in_words_and_goes_along_with_its_chain() {
    let app = TestApp::start().await;
    let tenant = app.tenant("Acme").await;
    let (admin, person) = app.member(tenant.id, Role::Admin).await;
    let staff = Person {
        id: app.operator.ambient.id(),
        email: "staff@example.com".into(),
        name: "Canary of the staff".into(),
        password_hash: None,
        oidc_subject: None,
        staff: true,
        created_at: app.operator.ambient.now(),
    };
    app.store().system().insert_person(&staff).await.unwrap();
    let visit = format!("visit:{}", app.operator.ambient.id::<VisitId>());
    app.operator.tenancy.record(tenant.id, &Actor::person(staff.id), "visit.begun", &visit, json!({})).await.unwrap();
    let page = admin.look("/audit").await;
    assert!(!page.text.contains("Canary"), "who of the staff it was is the agency's business");
    for part in ["Made a key", "Connected an account", "the command line", "the agency&#39;s staff", "audit verify"] {
        assert!(page.text.contains(part), "{part} is not in {}", page.words());
    }
    let signed_in = admin.look(&format!("/audit?actor=person%3A{person}&action=session.signed_in")).await;
    assert_eq!(signed_in.text.matches("<th scope=\"row\">").count(), 1, "{}", signed_in.words());
    let unknown = admin.get("/audit?action=key.eaten").await;
    assert_eq!(unknown.status, 422);
    assert!(unknown.text.contains("id=\"action-problem\""));

    let lines = cells(&admin.look("/audit.csv?action=key.made").await);
    assert_eq!(lines[0].last().map(String::as_str), Some("hash"));
    assert!(lines[1..].iter().all(|line| line[4] == "key.made" && line[8].len() == 64), "{lines:?}");
    let all = cells(&admin.look("/audit.csv").await);
    let numbers: Vec<i64> = all[1..].iter().map(|line| line[0].parse().unwrap()).collect();
    assert_eq!(numbers, (1..=numbers.len() as i64).rev().collect::<Vec<_>>());
}

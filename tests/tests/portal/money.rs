//! The console's pages about money: prices, margin, what is to be paid, credit.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use turnpike_core::{Role, TenantId, Timestamp};
use turnpike_store::{
    AuditFilter, BatchState, InvoiceState, PaymentEvent, PaymentEventState, ProofRow, SubscriptionState,
};
use turnpike_tests::{
    app::{TestApp, subscription},
    probe,
    visitor::{Seen, Visitor},
};

fn assert_has(seen: &Seen, parts: &[&str]) {
    for part in parts {
        assert!(seen.text.contains(part), "{part} is not in {}", seen.text);
    }
}

async fn actions(app: &TestApp, tenant: TenantId) -> Vec<String> {
    let filter = AuditFilter { limit: 100, ..AuditFilter::default() };
    let events = app.store().tenant(tenant).list_audit(&filter).await.unwrap();
    events.into_iter().map(|event| event.action).collect()
}

/// What stands in the editor.
fn written(seen: &Seen) -> String {
    let text =
        seen.text.split("<textarea").nth(1).unwrap().split_once('>').unwrap().1.split("</textarea>").next().unwrap();
    let text = text.trim_start_matches('\n').replace("&#34;", "\"").replace("&#39;", "'");
    text.replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&")
}

fn hidden<'a>(seen: &'a Seen, name: &str) -> &'a str {
    let field = seen.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
    field.split('"').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_are_written_looked_at_for_their_effect_and_set() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    assert_has(&staff.look("/console/prices").await, &["Version 0 is in force", "4 <span", "[plans.starter]"]);
    let text = written(&staff.look("/console/prices/edit").await);
    assert!(text.contains("[prices.percent]") && text.contains("up_to = 40000\nprice = 1000\n"), "{text}");

    // What is wrong is told with its line, and nothing that was typed is lost.
    let spoiled = text.replace("light = 1\n", "light = <i>\n");
    let form = [("text", spoiled.as_str()), ("reason", "why not"), ("from", "2020-01-01")];
    for path in ["/console/prices/preview", "/console/prices"] {
        let seen = staff.post(path, &form).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_has(&seen, &["id=\"text-problem\"", "line 4"]);
        assert_eq!(written(&seen), spoiled);
    }
    let refused = staff.post("/console/prices/preview", &[("text", &text.replace("success = 100\n", ""))]).await;
    assert_has(&refused, &["outcome `success` has no price"]);

    let better = text.replace("standard = 4\n", "standard = 5\n");
    let seen = staff.post("/console/prices/preview", &[("text", &better)]).await;
    assert_eq!(seen.status, StatusCode::OK);
    let digest = hidden(&seen, "seen").to_owned();
    // Not another text than the one whose effect was shown, nor without a reason.
    for (text, reason, field) in [(&text, "dearer", "text"), (&better, "", "reason")] {
        let form = [("text", text.as_str()), ("seen", &digest), ("reason", reason), ("from", "")];
        let seen = staff.post("/console/prices", &form).await;
        assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_has(&seen, &[&format!("id=\"{field}-problem\"")]);
    }
    assert_eq!(
        app.store().system().list_price_versions().await.unwrap().len(),
        1,
        "there is more than the settings file"
    );
    let form = [("text", better.as_str()), ("seen", &digest), ("reason", "<i>dearer"), ("from", "")];
    assert_eq!(staff.submit("/console/prices", &form).await, "/console/prices?notice=prices-set");
    assert_eq!(actions(&app, TenantId::NONE).await[0], "prices.set");
    let rows = app.store().system().list_price_versions().await.unwrap();
    assert_eq!((rows.len(), rows[1].version, rows[1].note.as_str()), (2, 1, "<i>dearer"));
    assert!(rows[1].effective_at > app.operator.ambient.now());
    until_shown(&staff, "/console/prices", "Version 1 <").await;
    assert_has(&staff.look("/console/prices").await, &["to come", "&#60;i&#62;dearer", "standard = 5"]);
    app.clock.advance(Duration::from_secs(600));
    assert_has(&staff.look("/console/prices").await, &["Version 1 is in force"]);
}

async fn until_shown(visitor: &Visitor, path: &str, part: &str) {
    let looks = async {
        while !visitor.look(path).await.text.contains(part) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), looks).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn margins_are_shown_by_month_and_taken_along() {
    let app = TestApp::start().await;
    let staff = app.staff().await;
    let month = app.operator.ambient.now().to_utc().format("%Y-%m").to_string();
    assert_has(&staff.look("/console/margin").await, &["Revenue", "By client", "By tool", "role=\"img\""]);
    for by in ["client", "integration", "tool"] {
        let seen = staff.look(&format!("/console/margin.csv?month={month}&by={by}")).await;
        assert!(seen.text.contains("calls,units,revenue,vendor_cost,payment_cost,left,currency\r\n"), "{}", seen.text);
    }
    for wrong in ["/console/margin?month=2999-01", "/console/margin?month=x", "/console/margin.csv?by=year"] {
        assert_eq!(staff.get(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_the_operator_is_on_one_page() {
    let app = TestApp::start_unlimited().await;
    let (staff, tenant) = (app.staff().await, app.tenant("Acme <i>").await);
    let seen = staff.look("/console/billing").await;
    assert_has(&seen, &["No invoice is open", "Nobody has subscribed yet", "None has run yet"]);
    assert!(!seen.text.contains("What Stripe told last"), "there is no Stripe here");

    let (rows, system, now) = (app.store().tenant(tenant.id), app.store().system(), app.operator.ambient.now());
    let mut own = subscription(now, SubscriptionState::PastDue);
    own.past_due_since = Some(now);
    rows.set_subscription(&own).await.unwrap();
    tenant.agent.ok("probe", "echo", json!({ "account": probe::ACCOUNT, "text": "1" })).await;
    app.invoice(tenant.id, InvoiceState::Open).await;
    reject_a_batch(&app, tenant.id).await;
    let difference = json!({ "tenant": tenant.id, "between": ["ledger", "batches"], "since": now, "until": now, "first": 7,
        "second": 8, "repair": "seal <i>", "repaired": false });
    for (differences, report) in [(1, json!({ "differences": [difference] })), (2, json!("of another version"))] {
        let (id, report_json) = (app.operator.ambient.id(), report.to_string());
        let row = ProofRow { id, ran_at: now, since: now, until: now, differences, report_json };
        system.insert_proof(&row).await.unwrap();
    }
    let event = PaymentEvent {
        id: "evt_1".into(),
        kind: "<i>odd".into(),
        account: None,
        payload_json: "{}".into(),
        state: PaymentEventState::Received,
        attempts: 0,
        next_attempt_at: now.plus(Duration::from_secs(3600)),
        reason: Some("<i>why".into()),
        received_at: now,
        settled_at: None,
    };
    assert!(system.insert_payment_event(&event).await.unwrap());
    let seen = staff.look("/console/billing").await;
    let parts = [
        "payment missing",
        "Everything goes on until",
        "29.00 USD",
        "7 and 8 units",
        "2 differences",
        "rejected",
        "&#60;i&#62;odd",
    ];
    assert_has(&seen, &parts);
    assert!(!seen.text.contains("<i>"), "{}", seen.text);
    assert!(staff.look("/console/statement.csv").await.text.starts_with("client,client_name,date_utc,kind,"));
}

/// A batch of the units used so far that the payment provider has refused.
async fn reject_a_batch(app: &TestApp, tenant: TenantId) {
    let (rows, now) = (app.store().tenant(tenant), app.operator.ambient.now());
    let (since, until) = (now.minus(Duration::from_secs(3600)), now.plus(Duration::from_secs(3600)));
    let batch = rows.seal_usage((since, until), |_| "u1".into(), now).await.unwrap().unwrap();
    let place = (batch.window_start, batch.sequence);
    let settled = rows.settle_usage_batch(place, BatchState::Sealed, BatchState::Rejected, Some("<i>no"), now).await;
    assert!(settled.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_invoice_is_paid_or_taken_back_once() {
    let app = TestApp::start().await;
    let (staff, tenant) = (app.staff().await, app.unconnected("Acme").await.id);
    let now: Timestamp = app.operator.ambient.now();
    app.store().tenant(tenant).set_subscription(&subscription(now, SubscriptionState::Active)).await.unwrap();
    for (act, state, action) in
        [("paid", InvoiceState::Paid, "invoice.paid"), ("void", InvoiceState::Void, "invoice.voided")]
    {
        let id = app.invoice(tenant, InvoiceState::Open).await;
        let path = format!("/console/clients/{tenant}/invoices/{id}/{act}");
        assert!(staff.look("/console/billing").await.text.contains(&path));
        let other = app.unconnected("Other").await.id;
        let foreign = staff.post(&format!("/console/clients/{other}/invoices/{id}/{act}"), &[]).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND);
        assert!(staff.submit(&path, &[]).await.starts_with("/console/billing?notice=invoice-"));
        assert_eq!(app.store().tenant(tenant).find_invoice(id).await.unwrap().unwrap().state, state);
        assert_eq!(actions(&app, tenant).await[0], action);
        assert_eq!(staff.post(&path, &[]).await.status, StatusCode::NOT_FOUND, "it is not open any more");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credit_is_given_and_the_client_sees_what_is_left() {
    let app = TestApp::start().await;
    let (staff, tenant) = (app.staff().await, app.unconnected("Acme").await.id);
    let (auditor, _) = app.member(tenant, Role::Auditor).await;
    let now = app.operator.ambient.now();
    app.store().tenant(tenant).set_subscription(&subscription(now, SubscriptionState::Active)).await.unwrap();
    let path = format!("/console/clients/{tenant}/credit");
    let form = [("amount", "0.001"), ("kind", "paid"), ("reason", ""), ("ends", "2020-01-01")];
    let seen = staff.post(&path, &form).await;
    assert_eq!(seen.status, StatusCode::UNPROCESSABLE_ENTITY);
    let parts = ["amount-problem", "note-problem", "ends-problem", "value=\"0.001\"", "value=\"paid\" selected"];
    assert_has(&seen, &parts);
    let form = [("amount", "12,50"), ("kind", "promotional"), ("reason", "sorry <i>"), ("ends", "2099-01-01")];
    assert!(staff.submit(&path, &form).await.contains("notice=credit-given"));
    assert_eq!(actions(&app, tenant).await[0], "credit.granted");
    assert_has(&auditor.look("/billing").await, &["12.50 USD"]);
    assert_has(&staff.look(&format!("/console/clients/{tenant}")).await, &["12.50 USD", "Starter"]);
}

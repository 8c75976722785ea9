//! Coupons, credit, tax, credit notes, refunds and disputes.

use serde_json::json;

use crate::{
    ask::{Ask, START},
    plans::{Plan, id, lines},
};

const DAY: i64 = 24 * 60 * 60;
const MONTH: i64 = START + 30 * DAY;

#[tokio::test]
async fn a_coupon_for_one_invoice_takes_off_that_one() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let coupon = ask.make("/v1/coupons", &[("percent_off", "25"), ("duration", "once")]).await;
    let code = ask
        .make(
            "/v1/promotion_codes",
            &[("promotion[type]", "coupon"), ("promotion[coupon]", &coupon), ("code", "SAVE25")],
        )
        .await;
    plan.subscribe(&ask, &[("discounts[0][promotion_code]", &code)]).await;
    ask.fake.advance(MONTH + DAY).await;
    let totals: Vec<_> = ask.fake.list("invoice").iter().map(|invoice| invoice["total"].clone()).collect();
    assert_eq!(totals, [json!(7_425), json!(9_900)]);
    assert_eq!(ask.fake.object(&coupon).expect("the coupon")["times_redeemed"], 1);
}

#[tokio::test]
async fn credit_pays_for_units_and_for_nothing_else() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[]).await;
    let grant = ask
        .make(
            "/v1/billing/credit_grants",
            &[
                ("customer", &plan.customer),
                ("amount[type]", "monetary"),
                ("amount[monetary][currency]", "usd"),
                ("amount[monetary][value]", "3000"),
                ("applicability_config[scope][price_type]", "metered"),
                ("category", "promotional"),
            ],
        )
        .await;
    ask.event(&plan.customer, "15000", &[]).await.ok();
    ask.fake.advance(MONTH + DAY).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(1, 9_900), (10_000, 0), (5_000, 2_000)]);
    assert_eq!((&invoice["subtotal"], &invoice["total"]), (&json!(11_900), &json!(9_900)));
    assert_eq!(invoice["total_pretax_credit_amounts"][0]["amount"], 2_000);
    let form = [("customer", &*plan.customer), ("filter[type]", "credit_grant"), ("filter[credit_grant]", &*grant)];
    let left = ask.get("/v1/billing/credit_balance_summary", &form).await.ok();
    assert_eq!(left["balances"][0]["available_balance"]["monetary"]["value"], 1_000);
    assert_eq!(ask.post(&format!("/v1/billing/credit_grants/{grant}/void"), &[]).await.status, 400);
    ask.post(&format!("/v1/billing/credit_grants/{grant}/expire"), &[]).await.ok();
}

#[tokio::test]
async fn automatic_tax_is_added_to_what_is_left() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[("automatic_tax[enabled]", "true")]).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!((&invoice["total"], &invoice["total_taxes"][0]["amount"]), (&json!(10_890), &json!(990)));
}

#[tokio::test]
async fn money_goes_back_by_a_refund_a_credit_note_or_a_dispute() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[]).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    let form = [("invoice", id(&invoice)), ("amount", "900"), ("refund_amount", "900")];
    let note = ask.post("/v1/credit_notes", &form).await.ok();
    assert_eq!((&note["type"], note["refunds"].as_array().map(Vec::len)), (&json!("post_payment"), Some(1)));
    let charge = ask.fake.list("charge").last().cloned().expect("a charge");
    assert_eq!(charge["amount_refunded"], 900);
    assert_eq!(ask.post("/v1/refunds", &[("charge", id(&charge)), ("amount", "9001")]).await.status, 400);
    ask.post("/v1/refunds", &[("charge", id(&charge))]).await.ok();
    assert_eq!(ask.get(&format!("/v1/charges/{}", id(&charge)), &[]).await.ok()["refunded"], true);
    assert_eq!(ask.post("/v1/credit_notes", &[("invoice", id(&invoice)), ("amount", "9001")]).await.status, 400);
    let dispute = ask.fake.dispute(id(&charge), "fraudulent").expect("a dispute");
    ask.fake.close_dispute(id(&dispute), "lost").expect("the dispute");
    assert_eq!(ask.get(&format!("/v1/disputes/{}", id(&dispute)), &[]).await.ok()["status"], "lost");
    let found = ask
        .get(
            "/v1/invoice_payments",
            &[
                ("payment[type]", "payment_intent"),
                ("payment[payment_intent]", charge["payment_intent"].as_str().expect("an id")),
            ],
        )
        .await
        .ok();
    assert_eq!(found["data"][0]["invoice"], invoice["id"]);
}

#[tokio::test]
async fn an_amount_of_ones_own_is_on_the_next_invoice() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[]).await;
    ask.make(
        "/v1/invoiceitems",
        &[("customer", &plan.customer), ("amount", "500"), ("currency", "usd"), ("description", "Late units")],
    )
    .await;
    ask.fake.advance(MONTH).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(1, 9_900), (0, 0), (1, 500)]);
}

#[tokio::test]
async fn a_test_clock_moves_the_clock() {
    let ask = Ask::new().await;
    let clock = ask.make("/v1/test_helpers/test_clocks", &[("frozen_time", &START.to_string())]).await;
    let path = format!("/v1/test_helpers/test_clocks/{clock}/advance");
    let told = ask.post(&path, &[("frozen_time", &MONTH.to_string())]).await.ok();
    assert_eq!((&told["status"], ask.fake.now()), (&json!("ready"), MONTH));
    assert_eq!(ask.post(&path, &[("frozen_time", &START.to_string())]).await.status, 400);
}

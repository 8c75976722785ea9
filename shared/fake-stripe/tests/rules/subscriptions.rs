//! Subscriptions and the invoices that come of them.

use serde_json::{Value, json};

use crate::{
    ask::{Ask, START},
    plans::{Plan, fee, id, kinds, lines},
};

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;
/// 2026-12-01, the end of the first month.
const MONTH: i64 = START + 30 * DAY;

#[tokio::test]
async fn a_month_is_invoiced_fee_ahead_and_units_behind() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[("items[0][quantity]", "2")]).await;
    assert_eq!(
        (&subscription["status"], &subscription["billing_mode"]["type"]),
        (&json!("active"), &json!("flexible"))
    );
    let first = ask.fake.object(subscription["latest_invoice"].as_str().expect("an invoice")).expect("the invoice");
    assert_eq!((lines(&first), &first["status"]), (vec![(2, 19_800)], &json!("paid")));
    assert_eq!(subscription["items"]["data"][0]["current_period_end"], MONTH);

    ask.fake.advance(MONTH - DAY).await;
    ask.event(&plan.customer, "50002", &[]).await.ok();
    ask.fake.advance(MONTH).await;
    let draft = ask.get("/v1/invoices", &[("limit", "1")]).await.ok()["data"][0].clone();
    assert_eq!(draft["status"], "draft");
    let wanted = vec![(2, 19_800), (10_000, 0), (40_000, 16_000), (2, 1)];
    assert_eq!(lines(&draft), wanted);
    let usage = &draft["lines"]["data"][2];
    assert_eq!(usage["pricing"]["price_details"]["price"], *plan.usage);
    assert_eq!(usage["parent"]["subscription_item_details"]["subscription"], subscription["id"]);
    assert_eq!(usage["period"], json!({ "start": START, "end": MONTH }));
    ask.fake.advance(MONTH + HOUR).await;
    let paid = ask.fake.object(id(&draft)).expect("the invoice");
    assert_eq!((&paid["status"], &paid["amount_paid"]), (&json!("paid"), &json!(35_801)));
    let after = ask.fake.object(id(&subscription)).expect("the subscription");
    assert_eq!(after["items"]["data"][1]["current_period_start"], MONTH);
    assert_eq!(
        kinds(&ask),
        [
            "customer.subscription.created",
            "invoice.created",
            "invoice.finalized",
            "customer.subscription.updated",
            "invoice.paid",
            "invoice.payment_succeeded",
            "customer.subscription.updated",
            "invoice.created",
            "invoice.finalized",
            "invoice.paid",
            "invoice.payment_succeeded",
        ]
    );
}

#[tokio::test]
async fn units_that_come_before_the_invoice_is_final_are_on_it() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[]).await;
    ask.fake.set_grace(DAY);
    ask.fake.advance(MONTH + DAY - 1).await;
    let (late, next) = ((MONTH - 1).to_string(), MONTH.to_string());
    ask.event(&plan.customer, "20000", &[("timestamp", &late)]).await.ok();
    ask.event(&plan.customer, "7", &[("timestamp", &next)]).await.ok();
    ask.fake.advance(MONTH + DAY).await;
    ask.event(&plan.customer, "20000", &[("timestamp", &late)]).await.ok();
    let invoice = ask.get("/v1/invoices", &[("limit", "1")]).await.ok()["data"][0].clone();
    assert_eq!((lines(&invoice), &invoice["status"]), (vec![(1, 9_900), (10_000, 0), (10_000, 4_000)], &json!("paid")));
}

#[tokio::test]
async fn less_than_nothing_is_billed_as_nothing() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    plan.subscribe(&ask, &[]).await;
    ask.event(&plan.customer, "-5", &[]).await.ok();
    ask.fake.advance(MONTH).await;
    let invoice = ask.get("/v1/invoices", &[("limit", "1")]).await.ok()["data"][0].clone();
    assert_eq!(lines(&invoice), [(1, 9_900), (0, 0)]);
}

#[tokio::test]
async fn a_trial_ends_with_the_first_fee() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[("trial_period_days", "14")]).await;
    assert_eq!((&subscription["status"], &subscription["trial_end"]), (&json!("trialing"), &json!(START + 14 * DAY)));
    ask.event(&plan.customer, "20000", &[]).await.ok();
    ask.fake.advance(START + 11 * DAY).await;
    assert_eq!(kinds(&ask).last().map(String::as_str), Some("customer.subscription.trial_will_end"));
    ask.fake.advance(START + 14 * DAY + HOUR).await;
    let after = ask.fake.object(id(&subscription)).expect("the subscription");
    assert_eq!(after["status"], "active");
    let invoice = ask.fake.object(after["latest_invoice"].as_str().expect("an invoice")).expect("the invoice");
    assert_eq!((&invoice["total"], &invoice["status"]), (&json!(9_900), &json!("paid")));
}

#[tokio::test]
async fn a_trial_without_a_card_ends_as_it_was_told_to() {
    for (behavior, wanted) in [("cancel", "canceled"), ("pause", "paused"), ("create_invoice", "past_due")] {
        let ask = Ask::new().await;
        let plan = Plan::new(&ask).await;
        let customer = ask.customer().await;
        let subscription = ask
            .post(
                "/v1/subscriptions",
                &[
                    ("customer", &customer),
                    ("items[0][price]", &plan.fee),
                    ("trial_period_days", "7"),
                    ("trial_settings[end_behavior][missing_payment_method]", behavior),
                ],
            )
            .await
            .ok();
        ask.fake.advance(START + 7 * DAY + HOUR).await;
        assert_eq!(ask.fake.object(id(&subscription)).expect("the subscription")["status"], wanted, "{behavior}");
    }
}

#[tokio::test]
async fn a_card_that_is_declined_ends_in_unpaid_and_a_payment_restores_it() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[]).await;
    ask.fake.decline_cards(&plan.customer, true);
    let status = || ask.fake.object(id(&subscription)).expect("the subscription")["status"].clone();
    ask.fake.advance(MONTH + HOUR).await;
    assert_eq!(status(), "past_due");
    ask.fake.advance(MONTH + 16 * DAY).await;
    assert_eq!(status(), "unpaid");
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!((&invoice["attempt_count"], &invoice["status"]), (&json!(4), &json!("open")));
    let path = format!("/v1/invoices/{}/pay", id(&invoice));
    assert_eq!(ask.post(&path, &[]).await.refusal(), (402, "card_error", "card_declined"));
    ask.fake.decline_cards(&plan.customer, false);
    ask.post(&path, &[]).await.ok();
    assert_eq!(status(), "active");
}

#[tokio::test]
async fn a_first_payment_that_fails_leaves_an_incomplete_subscription() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    ask.fake.decline_cards(&plan.customer, true);
    let subscription = plan.subscribe(&ask, &[]).await;
    assert_eq!(subscription["status"], "incomplete");
    ask.fake.advance(START + 23 * HOUR).await;
    assert_eq!(ask.fake.object(id(&subscription)).expect("the subscription")["status"], "incomplete_expired");
    let form =
        [("customer", &*plan.customer), ("items[0][price]", &plan.fee), ("payment_behavior", "error_if_incomplete")];
    assert_eq!(ask.post("/v1/subscriptions", &form).await.status, 402);
}

#[tokio::test]
async fn a_subscription_that_is_canceled_still_bills_what_was_used() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[]).await;
    ask.event(&plan.customer, "20000", &[]).await.ok();
    ask.fake.advance(START + 10 * DAY).await;
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    assert_eq!(ask.delete(&path).await.ok()["status"], "canceled");
    ask.fake.advance(START + 11 * DAY).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!((lines(&invoice), &invoice["status"]), (vec![(10_000, 0), (10_000, 4_000)], &json!("paid")));
    assert_eq!(ask.delete(&path).await.status, 404);
}

#[tokio::test]
async fn a_subscription_ends_with_its_period_unless_that_is_taken_back() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[]).await;
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let told = ask.post(&path, &[("cancel_at_period_end", "true")]).await.ok();
    assert_eq!((&told["cancel_at"], &told["status"]), (&json!(MONTH), &json!("active")));
    assert_eq!(ask.post(&path, &[("cancel_at_period_end", "false")]).await.ok()["cancel_at"], Value::Null);
    ask.post(&path, &[("cancel_at_period_end", "true")]).await.ok();
    ask.event(&plan.customer, "10010", &[]).await.ok();
    ask.fake.advance(MONTH + HOUR).await;
    assert_eq!(ask.get(&path, &[]).await.ok()["status"], "canceled");
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(10_000, 0), (10, 4)]);
}

#[tokio::test]
async fn a_dearer_fee_in_mid_month_is_prorated_by_the_second() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[]).await;
    let dearer = fee(&ask, &plan.product, "19900", "month").await;
    ask.fake.advance(START + 15 * DAY).await;
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    let item = id(&subscription["items"]["data"][0]).to_owned();
    let form = [("items[0][id]", &*item), ("items[0][price]", &*dearer), ("proration_behavior", "always_invoice")];
    let preview = ask
        .post(
            "/v1/invoices/create_preview",
            &[
                ("subscription", id(&subscription)),
                ("subscription_details[items][0][id]", &item),
                ("subscription_details[items][0][price]", &dearer),
                ("subscription_details[proration_behavior]", "always_invoice"),
            ],
        )
        .await
        .ok();
    assert_eq!(lines(&preview), [(1, -4_950), (1, 9_950)]);
    let changed = ask.post(&path, &form).await.ok();
    let invoice = ask.fake.object(changed["latest_invoice"].as_str().expect("an invoice")).expect("the invoice");
    assert_eq!((lines(&invoice), &invoice["amount_paid"]), (vec![(1, -4_950), (1, 9_950)], &json!(5_000)));
    let form = [("items[0][id]", &*item), ("items[0][price]", &*plan.fee), ("proration_behavior", "none")];
    ask.post(&path, &form).await.ok();
    ask.fake.advance(MONTH).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(1, 9_900), (0, 0)]);
}

#[tokio::test]
async fn a_cheaper_fee_is_owed_until_the_next_invoice() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let subscription = plan.subscribe(&ask, &[("items[0][quantity]", "3")]).await;
    ask.fake.advance(START + 15 * DAY).await;
    let item = id(&subscription["items"]["data"][0]).to_owned();
    let path = format!("/v1/subscriptions/{}", id(&subscription));
    ask.post(&path, &[("items[0][id]", &*item), ("items[0][quantity]", "1")]).await.ok();
    ask.fake.advance(MONTH + HOUR).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(1, 9_900), (0, 0), (3, -14_850), (1, 4_950)]);
    assert_eq!((&invoice["amount_due"], &invoice["ending_balance"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn a_yearly_fee_and_monthly_units_need_the_flexible_mode() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let yearly = fee(&ask, &plan.product, "99000", "year").await;
    let form = [("customer", &*plan.customer), ("items[0][price]", &*yearly), ("items[1][price]", &*plan.usage)];
    let classic = [&form[..], &[("billing_mode[type]", "classic")]].concat();
    assert_eq!(ask.post("/v1/subscriptions", &classic).await.status, 400);
    ask.post("/v1/subscriptions", &form).await.ok();
    ask.event(&plan.customer, "10010", &[]).await.ok();
    ask.fake.advance(MONTH + HOUR).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice), [(10_000, 0), (10, 4)]);
    ask.fake.advance(START + 365 * DAY + HOUR).await;
    let invoice = ask.fake.list("invoice").last().cloned().expect("an invoice");
    assert_eq!(lines(&invoice)[0], (1, 99_000));
}

#[tokio::test]
async fn a_metered_price_takes_no_quantity() {
    let ask = Ask::new().await;
    let plan = Plan::new(&ask).await;
    let form = [("customer", &*plan.customer), ("items[0][price]", &*plan.usage), ("items[0][quantity]", "1")];
    assert_eq!(ask.post("/v1/subscriptions", &form).await.body["error"]["param"], "items[0][quantity]");
}

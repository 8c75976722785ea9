//! Keys, accounts, idempotency and faults.

use std::time::Duration;

use reqwest::Method;
use turnpike_fake_stripe::{FakeStripe, Fault, KeyKind};

use crate::ask::{Ask, START};

#[tokio::test]
async fn a_request_without_a_known_key_is_refused() {
    let mut ask = Ask::new().await;
    ask.key = "sk_test_of_another";
    assert_eq!(ask.get("/v1/customers", &[]).await.status, 401);
    ask.key = "";
    assert_eq!(ask.get("/v1/customers", &[]).await.status, 401);
    assert_eq!(ask.fake.requests()[0].key, None);
}

#[tokio::test]
async fn a_restricted_key_does_what_it_may_and_no_more() {
    let mut ask = Ask::new().await;
    let (customer, _) = (ask.customer().await, ask.meter().await);
    ask.key = FakeStripe::METER_KEY;
    ask.event(&customer, "1", &[]).await.ok();
    assert_eq!(ask.get("/v1/customers", &[]).await.refusal().0, 403);
    ask.key = FakeStripe::READ_KEY;
    assert_eq!(
        ask.event(&customer, "1", &[]).await.refusal(),
        (403, "invalid_request_error", "more_permissions_required")
    );
    ask.get("/v1/customers", &[]).await.ok();
    assert_eq!(ask.fake.requests().last().map(|request| request.key), Some(Some(KeyKind::Read)));
}

#[tokio::test]
async fn an_unknown_path_and_an_unknown_parameter_are_refused() {
    let ask = Ask::new().await;
    assert_eq!(ask.post("/v1/meter_events", &[]).await.status, 404);
    let told = ask.post("/v1/customers", &[("nmae", "Acme")]).await;
    assert_eq!(told.refusal(), (400, "invalid_request_error", "parameter_unknown"));
    assert_eq!(told.body["error"]["param"], "nmae");
}

#[tokio::test]
async fn one_account_sees_nothing_of_another() {
    let ask = Ask::new().await;
    let connected = [("stripe-account", "acct_one")];
    let told = ask.try_post("/v1/customers", &[("name", "Acme")], &connected).await.expect("an answer").ok();
    let path = format!("/v1/customers/{}", told["id"].as_str().expect("an id"));
    assert_eq!(ask.get(&path, &[]).await.refusal(), (404, "invalid_request_error", "resource_missing"));
    let told = ask.request(Method::GET, &path).header("stripe-account", "acct_one").send().await.expect("an answer");
    assert_eq!(told.status(), 200);
    assert_eq!(ask.fake.events()[0]["account"], "acct_one");
    assert_eq!(
        ask.try_post("/v1/customers", &[], &[("stripe-account", "other")]).await.expect("an answer").status,
        403
    );
}

#[tokio::test]
async fn an_idempotency_key_repeats_the_first_answer_for_a_day() {
    let ask = Ask::new().await;
    let key = [("idempotency-key", "k1")];
    let post = async |name: &str| ask.try_post("/v1/customers", &[("name", name)], &key).await.expect("an answer");
    let first = post("Acme").await.ok();
    let again = post("Acme").await;
    assert!(again.replayed);
    assert_eq!(again.ok(), first);
    assert_eq!(post("Other").await.refusal().1, "idempotency_error");
    ask.fake.advance(START + 24 * 60 * 60).await;
    assert_ne!(post("Acme").await.ok()["id"], first["id"]);
}

#[tokio::test]
async fn an_idempotency_key_repeats_even_a_500() {
    let ask = Ask::new().await;
    let post = async |key: &str| {
        ask.try_post("/v1/customers", &[("name", "Acme")], &[("idempotency-key", key)]).await.expect("an answer").status
    };
    ask.fake.fail_next("/v1/customers", Fault::Status500Before, 1);
    ask.fake.fail_next("/v1/customers", Fault::Status500After, 1);
    assert_eq!([post("k1").await, ask.fake.list("customer").len() as u16], [500, 0]);
    assert_eq!([post("k2").await, ask.fake.list("customer").len() as u16], [500, 1]);
    assert_eq!([post("k1").await, post("k2").await, post("k3").await], [500, 500, 200]);
}

#[tokio::test]
async fn what_is_refused_before_the_work_is_not_remembered() {
    let ask = Ask::new().await;
    let key = [("idempotency-key", "k1")];
    ask.fake.fail_next("/v1/customers", Fault::TooManyRequests, 1);
    let statuses = async |form| ask.try_post("/v1/customers", form, &key).await.expect("an answer").status;
    assert_eq!(
        [statuses(&[]).await, statuses(&[("nmae", "")]).await, statuses(&[("name", "Acme")]).await],
        [429, 400, 200]
    );
}

#[tokio::test]
async fn a_connection_breaks_before_or_after_the_work() {
    let ask = Ask::new().await;
    for (fault, made) in [(Fault::TimeoutBeforeCommit, 0), (Fault::TimeoutAfterCommit, 1)] {
        ask.fake.fail_next("customers", fault, 1);
        let told = ask.try_post("/v1/customers", &[("name", "Acme")], &[("idempotency-key", "k1")]).await;
        assert!(told.is_err_and(|error| error.status().is_none()), "{fault:?}");
        assert_eq!(ask.fake.list("customer").len(), made, "{fault:?}");
    }
    let told =
        ask.try_post("/v1/customers", &[("name", "Acme")], &[("idempotency-key", "k1")]).await.expect("an answer");
    assert!(told.replayed);
    assert_eq!(ask.fake.list("customer").len(), 1);
}

#[tokio::test]
async fn a_customer_and_a_meter_take_one_call_at_a_time() {
    let ask = Ask::new().await;
    let (one, other, _) = (ask.customer().await, ask.customer().await, ask.meter().await);
    ask.fake.set_latency(Duration::from_millis(200));
    let (first, second, third) =
        tokio::join!(ask.event(&one, "1", &[]), ask.event(&one, "1", &[]), ask.event(&other, "1", &[]));
    let mut of_one = [first.status, second.status];
    of_one.sort_unstable();
    assert_eq!((of_one, third.status), ([200, 429], 200));
}

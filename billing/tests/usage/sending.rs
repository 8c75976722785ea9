//! Batches go to Stripe, each once.

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt as _, join, ready};
use turnpike_billing::{
    Billing, BillingError,
    usage::{Delivery, LateCharge, UsageEvent, UsageSink},
};
use turnpike_config::LateUsage;
use turnpike_core::Timestamp;
use turnpike_fake_stripe::Fault;
use turnpike_store::BatchState::{Accepted, Invoiced, Rejected, Sealed, Sending, Uncertain, WrittenOff};

use crate::world::{DAY, HOUR, MINUTE, START, on_both};

on_both! {
    async fn a_batch_is_counted_for_the_last_second_of_its_window(it: World) {
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        assert_eq!((it.send().await, it.send().await), (1, 0));
        let second = START.plus(HOUR).micros() / 1_000_000 - 1;
        assert_eq!(it.fake.meter_total(&customer, second, second + 1), 4);
        assert_eq!(it.states(tenant).await, [Accepted]);
    }

    async fn what_stripe_has_already_counts_as_delivered(it: World) {
        for fault in [Fault::TimeoutAfterCommit, Fault::Status500After] {
            let (tenant, customer) = it.tenant().await;
            it.call(tenant, it.now(), 4).await;
            it.advance(HOUR * 2).await;
            it.seal().await;
            it.fake.fail_next("meter_events", fault, 1);
            assert_eq!(it.send().await, 0);
            assert_eq!(it.states(tenant).await, [Sending]);
            assert_eq!(it.send().await, 0, "not at once");
            it.advance(MINUTE).await;
            assert_eq!(it.send().await, 1);
            assert_eq!((it.states(tenant).await, it.counted(&customer)), (vec![Accepted], 4), "{fault:?}");
        }
        let requests = it.fake.requests();
        let sent: Vec<_> = requests.iter().filter(|request| request.path.ends_with("/meter_events")).collect();
        assert_eq!(sent[0].form["identifier"], sent[1].form["identifier"]);
        assert_ne!(sent[0].idempotency_key, sent[1].idempotency_key, "a stored failure would be given again");
    }

    async fn after_23_hours_the_sums_are_asked_and_nothing_is_sent_blindly(it: World) {
        for (fault, again) in [(Fault::Status500After, 0), (Fault::Status500Before, 1)] {
            let (tenant, customer) = it.tenant().await;
            it.call(tenant, it.now(), 4).await;
            it.advance(HOUR * 2).await;
            it.seal().await;
            it.fake.fail_next("meter_events", fault, 1);
            it.send().await;
            let asked = it.asked();
            it.advance(HOUR * 25).await;
            it.send().await;
            assert_eq!(it.states(tenant).await, [Uncertain]);
            it.advance(HOUR).await;
            it.send().await;
            assert_eq!((it.states(tenant).await, it.asked() - asked), (vec![Uncertain], 0), "sums lag behind");
            it.advance(HOUR).await;
            it.send().await;
            assert_eq!((it.states(tenant).await, it.asked() - asked), (vec![Accepted], again), "{fault:?}");
            assert_eq!(it.counted(&customer), 4);
        }
    }

    async fn sums_that_cannot_be_explained_are_asked_for_again_after_hours(it: World) {
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.fake.fail_next("meter_events", Fault::Status500Before, 1);
        it.send().await;
        // Somebody else counts for the same customer, in the same hour.
        let foreign = UsageEvent { customer, identifier: "foreign".into(), attempt: 1, units: 1, at: START.plus(MINUTE) };
        assert_eq!(it.billing.usage_sink().unwrap().send(&foreign).await, Delivery::Accepted);
        it.advance(HOUR * 30).await;
        it.send().await;
        it.advance(HOUR * 3).await;
        let sums = || it.fake.requests().iter().filter(|request| request.path.ends_with("/event_summaries")).count();
        let before = sums();
        for _ in 0..5 {
            it.send().await;
            it.advance(HOUR).await;
        }
        assert_eq!(sums() - before, 1);
        let batch = it.batches(tenant).await.remove(0);
        assert_eq!((batch.state, batch.reason.unwrap().contains("leave 1 units")), (Uncertain, true));
        it.advance(HOUR * 2).await;
        it.send().await;
        assert_eq!((sums() - before, it.states(tenant).await), (2, vec![Uncertain]));
    }

    async fn up_to_23_hours_a_batch_is_simply_sent_again(it: World) {
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.fake.fail_next("meter_events", Fault::TimeoutAfterCommit, 1);
        it.send().await;
        it.advance(HOUR * 23 - MINUTE).await;
        assert_eq!(it.send().await, 1);
        assert_eq!((it.states(tenant).await, it.counted(&customer)), (vec![Accepted], 4));
    }

    async fn of_two_that_may_have_arrived_the_missing_one_is_found(it: World) {
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 5).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.fake.fail_next("meter_events", Fault::Status500After, 1);
        it.send().await;
        it.call(tenant, START, 5).await;
        it.advance(MINUTE).await;
        it.fake.fail_next("meter_events", Fault::Status500Before, 2);
        it.seal().await;
        it.send().await;
        it.advance(MINUTE).await;
        it.send().await;
        assert_eq!(it.counted(&customer), 5);
        for _ in 0..40 {
            it.advance(HOUR * 3).await;
            it.send().await;
        }
        assert_eq!((it.states(tenant).await, it.counted(&customer)), (vec![Accepted, Accepted], 10));
    }

    async fn two_workers_send_no_batch_twice(it: World) {
        let (one, other) = (it.another().await, it.another().await);
        it.fake.set_latency(std::time::Duration::from_millis(5));
        let mut customers = vec![];
        for _ in 0..4 {
            let (tenant, customer) = it.tenant().await;
            for hour in 0..4 {
                it.call(tenant, START.plus(HOUR * hour), 2).await;
            }
            customers.push(customer);
        }
        it.advance(HOUR * 5).await;
        it.seal().await;
        while one.send_usage().await.unwrap() + other.send_usage().await.unwrap() > 0 {}
        let (first, second) = join(one.send_usage(), other.send_usage()).await;
        assert_eq!((first.unwrap(), second.unwrap()), (0, 0));
        assert_eq!(it.asked(), 16, "none was even asked for twice");
        assert!(customers.iter().all(|customer| it.counted(customer) == 8));
    }

    async fn a_tenant_that_is_no_customer_yet_waits_and_has_failed_nothing(it: World) {
        let tenant = it.guest().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        assert_eq!(it.send().await, 0);
        it.advance(DAY * 3).await;
        assert_eq!(it.send().await, 0);
        let waiting = it.batches(tenant).await;
        assert_eq!((waiting[0].state, waiting[0].attempts, waiting[0].first_attempt_at), (Sealed, 0, None));
        let customer = it.customer().await;
        it.rows(tenant).set_subscription(&it.subscription(Some(&customer))).await.unwrap();
        assert_eq!((it.send().await, it.counted(&customer)), (1, 4));
    }

    async fn a_customer_that_fails_stops_no_other(it: World) {
        let (ill, customer) = it.tenant().await;
        let (well, _) = it.tenant().await;
        for tenant in [ill, well] {
            it.call(tenant, START, 4).await;
            it.call(tenant, START.plus(HOUR), 4).await;
        }
        it.advance(HOUR * 3).await;
        it.seal().await;
        let sender = it.another().await;
        let failing = customer.clone();
        let answer = move |event: &UsageEvent| {
            let later = Delivery::Later { retry_at: Some(event.at.plus(DAY)), reason: "not now".into() };
            (event.customer == failing).then_some(later)
        };
        sender.send_usage_to(Arc::new(Through { billing: it.another().await, answer: Box::new(answer) }));
        assert_eq!(sender.send_usage().await.unwrap(), 2);
        assert_eq!(it.states(well).await, [Accepted, Accepted]);
        assert_eq!(it.states(ill).await, [Sending, Sealed], "its next one is not tried before the first");
        it.advance(HOUR).await;
        assert_eq!(it.send().await, 0, "not before the time it was told");
        it.advance(DAY).await;
        it.send().await;
        assert_eq!(it.counted(&customer), 4, "the one that was sent and failed is looked into first");
        assert_eq!(it.states(ill).await, [Uncertain, Accepted]);
    }

    async fn a_refused_batch_is_named_with_its_reason_and_sent_once_more_on_demand(it: World) {
        let (tenant, _) = it.tenant().await;
        it.rows(tenant).set_subscription(&it.subscription(Some("cus_gone"))).await.unwrap();
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.send().await;
        assert_eq!(it.states(tenant).await, [Accepted], "Stripe finds out later");
        let event = it.fake.events().pop().unwrap();
        let kind = &event["data"]["reason"]["error_types"][0];
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let refused = (text(&kind["sample_errors"][0]["request"]["identifier"]), text(&kind["code"]));
        let unknown = ("u1:nobody".to_owned(), "whatever".to_owned());
        assert_eq!(it.billing.reject_batches(&[refused.clone(), unknown]).await.unwrap(), 1);
        assert_eq!(it.billing.reject_batches(std::slice::from_ref(&refused)).await.unwrap(), 0);
        let batch = it.batches(tenant).await.remove(0);
        assert_eq!((batch.state, batch.reason.as_deref()), (Rejected, Some("meter_event_customer_not_found")));

        let customer = it.customer().await;
        it.rows(tenant).set_subscription(&it.subscription(Some(&customer))).await.unwrap();
        assert_eq!(it.send().await, 0);
        assert!(it.billing.resend_batch(&refused.0).await.unwrap());
        assert!(!it.billing.resend_batch(&refused.0).await.unwrap());
        assert_eq!((it.send().await, it.counted(&customer)), (1, 4));
        assert_eq!(it.batches(tenant).await[0].identifier, format!("{}:r1", refused.0));
    }

    async fn what_is_too_old_for_the_meter_is_charged_once_by_an_invoice_item(it: World) {
        let (tenant, customer) = it.tenant().await;
        let mut subscription = it.subscription(Some(&customer));
        subscription.external_id = None;
        it.rows(tenant).set_subscription(&subscription).await.unwrap();
        // The plan includes 8,000; each further unit costs a tenth of a cent.
        it.call(tenant, START, 8_500).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.advance(DAY * 34).await;
        it.fake.fail_next("invoiceitems", Fault::Status500After, 2);
        for _ in 0..10 {
            it.send().await;
            it.advance(HOUR).await;
        }
        assert_eq!((it.states(tenant).await, it.counted(&customer), it.asked()), (vec![Invoiced], 0, 0));
        let items = it.fake.list("invoiceitem");
        assert_eq!((items.len(), &items[0]["amount"], &items[0]["currency"]), (1, &50.into(), &"usd".into()));
        assert_eq!(it.batches(tenant).await[0].reason.as_deref(), Some("0.500000 USD: it is too old for the meter"));
    }

    async fn what_was_used_in_a_trial_is_not_charged_however_late_it_comes(it: World) {
        let (tenant, customer) = it.tenant().await;
        let trial_ends_at = Some(START.plus(DAY));
        it.rows(tenant).set_subscription(&turnpike_store::Subscription { trial_ends_at, external_id: None, ..it.subscription(Some(&customer)) }).await.unwrap();
        it.call(tenant, START, 8_500).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.advance(DAY * 34).await;
        it.send().await;
        assert_eq!((it.states(tenant).await, it.fake.list("invoiceitem").len()), (vec![WrittenOff], 0));
        let reason = it.batches(tenant).await.remove(0).reason;
        assert_eq!(reason.as_deref(), Some("used in the trial, which is free: it is too old for the meter"));
    }

    async fn what_is_too_old_for_the_meter_is_given_up_where_the_operator_says_so(it: World) {
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2).await;
        it.seal().await;
        it.advance(DAY * 34).await;
        let billing = it.another_with(|settings| settings.late_usage = LateUsage::WriteOff).await;
        assert_eq!(billing.send_usage().await.unwrap(), 1);
        assert_eq!((it.states(tenant).await, it.counted(&customer), it.asked()), (vec![WrittenOff], 0, 0));
    }
}

/// What somebody else says to an event, if anything.
type Answer = dyn Fn(&UsageEvent) -> Option<Delivery> + Send + Sync;

/// Asks somebody else first.
struct Through {
    billing: Billing,
    answer: Box<Answer>,
}

impl UsageSink for Through {
    fn send<'a>(&'a self, event: &'a UsageEvent) -> BoxFuture<'a, Delivery> {
        match (self.answer)(event) {
            Some(answer) => ready(answer).boxed(),
            None => self.billing.usage_sink().unwrap().send(event),
        }
    }

    fn charge<'a>(&'a self, late: &'a LateCharge) -> BoxFuture<'a, Delivery> {
        self.billing.usage_sink().unwrap().charge(late)
    }

    fn sums<'a>(
        &'a self,
        customer: &'a str,
        since: Timestamp,
        until: Timestamp,
    ) -> BoxFuture<'a, Result<Vec<(Timestamp, i64)>, BillingError>> {
        self.billing.usage_sink().unwrap().sums(customer, since, until)
    }
}

//! Ledger, batches, meter and invoices are compared, and what differs is named with its repair.

use futures_util::future::join;
use turnpike_billing::proof::{Difference, Proof};
use turnpike_core::{Currency, Micros, TenantId, Timestamp};
use turnpike_metering::rate;
use turnpike_store::{BatchState, Invoice, InvoiceLine, InvoiceState, LineKind};

use crate::world::{DAY, HOUR, MINUTE, START, World, on_both};

on_both! {
    async fn when_all_has_arrived_nothing_differs(it: World) {
        let (tenant, _) = it.tenant().await;
        let guest = it.guest().await;
        for hour in 0..3 {
            it.call(tenant, START.plus(HOUR * hour), 4).await;
        }
        it.call(guest, START, 4).await;
        it.advance(HOUR * 5).await;
        it.seal().await;
        it.send().await;
        let proof = it.prove().await;
        let ends = (proof.since, proof.until);
        assert_eq!((ends, &proof.differences[..]), ((START.minus(DAY * 30), START.plus(HOUR * 3)), &[][..]));
        assert_eq!((proof.customers, proof.hours, proof.invoices), (2, 4, 0));
        let kept = it.store.system().list_proofs(9).await.unwrap();
        assert_eq!((kept.len(), kept[0].ran_at, kept[0].differences), (1, it.now(), 0));
        assert!(kept[0].report_json.contains(r#""hours":4"#), "{}", kept[0].report_json);
    }

    async fn hours_whose_sums_are_not_ready_are_not_compared(it: World) {
        let (tenant, _) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 2 + MINUTE * 59).await;
        assert_eq!(it.prove().await.hours, 0);
        it.advance(MINUTE).await;
        let proof = it.prove().await;
        assert_eq!(told(&proof), [("ledger", "batches", 4, 0, false)]);
        assert!(proof.differences[0].repair.starts_with("`turnpike billing seal --since 2026-09-21`"), "{proof:?}");
    }

    async fn what_is_on_its_way_is_a_difference_that_says_so(it: World) {
        let (tenant, _) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 3).await;
        it.seal().await;
        let proof = it.prove().await;
        assert_eq!(told(&proof), [("batches", "meter", 4, 0, false)]);
        assert!(proof.differences[0].repair.contains("on their way"), "{proof:?}");
    }

    async fn what_was_counted_lately_is_waited_for_and_not_counted_twice(it: World) {
        it.fake.set_summary_lag(3600);
        let (tenant, customer) = it.tenant().await;
        it.call(tenant, START, 4).await;
        it.advance(HOUR * 6).await;
        it.seal().await;
        it.send().await;
        let careless = it.another_with(|settings| settings.repair_up_to = 1_000_000).await;
        let proof = careless.prove(START, it.now()).await.unwrap();
        assert_eq!(told(&proof), [("batches", "meter", 4, 0, false)]);
        assert!(proof.differences[0].repair.starts_with("nothing yet: 1 of its batches"), "{proof:?}");
        it.advance(HOUR * 2).await;
        let proof = careless.prove(START, it.now()).await.unwrap();
        assert_eq!((told(&proof), it.counted(&customer)), (vec![], 4));
    }

    async fn a_refused_batch_is_a_difference_that_names_what_sends_it_again(it: World) {
        let (tenant, _) = sent(&it).await;
        let (customer, batch) = (it.customer().await, it.batches(tenant).await.remove(0));
        it.rows(tenant).set_subscription(&it.subscription(Some(&customer))).await.unwrap();
        it.billing.reject_batches(&[(batch.identifier.clone(), "meter_event_invalid_value".into())]).await.unwrap();
        let proof = it.prove().await;
        assert_eq!(told(&proof), [("batches", "meter", 4, 0, false)]);
        let repair = &proof.differences[0].repair;
        assert_eq!(*repair, format!("`turnpike billing resend {}`, which was refused: meter_event_invalid_value", batch.identifier));

        let careless = it.another_with(|settings| settings.repair_up_to = 1_000_000).await;
        let proof = careless.prove(START, it.now()).await.unwrap();
        assert_eq!(told(&proof), [("batches", "meter", 4, 0, true)]);
        it.send().await;
        assert_eq!((told(&it.prove().await), it.counted(&customer)), (vec![], 4));
    }

    async fn what_is_counted_too_much_is_taken_back_only_up_to_the_amount_that_is_set(it: World) {
        let (tenant, customer) = sent(&it).await;
        let again = turnpike_billing::usage::UsageEvent {
            customer: customer.clone(),
            identifier: "somebody-else".into(),
            attempt: 1,
            units: 6,
            at: START.plus(MINUTE),
        };
        it.billing.usage_sink().unwrap().send(&again).await;
        it.advance(HOUR * 2).await;
        for up_to in [0, 5_999] {
            let timid = it.another_with(|settings| settings.repair_up_to = up_to).await;
            let proof = timid.prove(START, it.now()).await.unwrap();
            assert_eq!(told(&proof), [("batches", "meter", 4, 10, false)], "up to {up_to}");
            assert_eq!(proof.differences[0].tenant, tenant);
        }
        let bold = it.another_with(|settings| settings.repair_up_to = 6_000).await;
        let same = it.another_with(|settings| settings.repair_up_to = 6_000).await;
        let (one, other) = join(bold.prove(START, it.now()), same.prove(START, it.now())).await;
        assert!(one.unwrap().differences.iter().chain(&other.unwrap().differences).any(|difference| difference.repaired));
        assert_eq!(it.counted(&customer), 4, "two proofs at once take it back once");
        assert_eq!(told(&it.prove().await), []);
    }

    async fn a_customer_that_cannot_be_asked_is_a_difference_and_keeps_no_other_from_the_proof(it: World) {
        let (lost, _) = it.tenant().await;
        it.rows(lost).set_subscription(&it.subscription(Some("cus_gone"))).await.unwrap();
        it.call(lost, START, 1).await;
        sent(&it).await;
        let proof = it.prove().await;
        assert_eq!(proof.customers, 2);
        assert_eq!(proof.differences.iter().map(|difference| difference.tenant).collect::<Vec<_>>(), [lost]);
        assert!(proof.differences[0].repair.starts_with("the meter could not be asked"), "{proof:?}");
    }

    async fn the_nightly_proof_is_made_once_a_day_whoever_begins(it: World) {
        let (one, other) = (it.another().await, it.another().await);
        let (first, second) = join(one.prove_nightly(it.now()), other.prove_nightly(it.now())).await;
        assert_eq!([first.unwrap(), second.unwrap()].iter().flatten().count(), 1);
        it.advance(HOUR * 2).await;
        assert_eq!(one.prove_nightly(it.now()).await.unwrap(), None);
        assert_eq!(it.store.system().list_proofs(9).await.unwrap().len(), 1, "a run that was begun is none");
        it.advance(DAY).await;
        assert!(other.prove_nightly(it.now()).await.unwrap().is_some());
    }

    async fn an_invoice_agrees_with_the_batches_and_the_tiers_of_its_period(it: World) {
        let (tenant, _) = it.tenant().await;
        it.rows(tenant).set_subscription(&it.subscription(None)).await.unwrap();
        let since = START.minus(DAY);
        for units in [7_999, 2, 4_000] {
            it.call(tenant, since.plus(HOUR), units).await;
        }
        it.advance(HOUR * 4).await;
        it.seal().await;
        let invoice = invoice(&it, since, START.plus(HOUR));
        let book = it.billing.books().version(0);
        let right: Vec<_> = rate(book.plan("starter").unwrap(), 12_001, Currency::USD).iter().map(|tier| (tier.units, tier.amount)).collect();
        it.rows(tenant).set_invoice(&invoice, &lines(&invoice, &right)).await.unwrap();
        let proof = it.prove().await;
        assert_eq!((proof.invoices, told(&proof)), (1, vec![]));

        let (units, amount) = right[1];
        let fewer = [right[0], (units - 1, amount)];
        it.rows(tenant).set_invoice(&invoice, &lines(&invoice, &fewer)).await.unwrap();
        assert_eq!(told(&it.prove().await)[0], ("batches", "invoice", 12_001, 12_000, false));
        let dearer = [right[0], (units, Micros(amount.0 + 10_000))];
        it.rows(tenant).set_invoice(&invoice, &lines(&invoice, &dearer)).await.unwrap();
        let proof = it.prove().await;
        assert_eq!(told(&proof), [("price book", "invoice", amount.0, amount.0 + 10_000, false)]);
    }
}

/// A tenant whose one hour has arrived, three hours ago.
async fn sent(it: &World) -> (TenantId, String) {
    let (tenant, customer) = it.tenant().await;
    it.call(tenant, START, 4).await;
    it.advance(HOUR * 3).await;
    it.seal().await;
    it.send().await;
    assert!(it.states(tenant).await.iter().all(|state| *state == BatchState::Accepted));
    (tenant, customer)
}

fn told(proof: &Proof) -> Vec<(&str, &str, i64, i64, bool)> {
    let tell = |it: &Difference| (it.between.0, it.between.1, it.first, it.second, it.repaired);
    proof.differences.iter().map(tell).collect()
}

fn invoice(it: &World, since: Timestamp, until: Timestamp) -> Invoice {
    Invoice {
        id: it.id(),
        number: Some("2026-0001".into()),
        state: InvoiceState::Open,
        currency: Currency::USD,
        plan: Some("starter".into()),
        price_version: 0,
        period_start: since,
        period_end: until,
        subtotal: Micros(0),
        tax: Micros(0),
        total: Micros(0),
        paid: Micros(0),
        issued_at: Some(until),
        due_at: None,
        paid_at: None,
        external_id: None,
        hosted_url: None,
        created_at: until,
        updated_at: until,
    }
}

fn lines(invoice: &Invoice, tiers: &[(i64, Micros)]) -> Vec<InvoiceLine> {
    let line = |(position, (quantity, amount)): (i64, &(i64, Micros))| InvoiceLine {
        position,
        kind: LineKind::Usage,
        description: "Units".into(),
        quantity: *quantity,
        unit_price: None,
        amount: *amount,
        since: invoice.period_start,
        until: invoice.period_end,
    };
    (0..).zip(tiers).map(line).collect()
}

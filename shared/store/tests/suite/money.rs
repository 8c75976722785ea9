//! What is used is counted once, what is told is told once, and what was sent is known.

use std::collections::BTreeSet;

use turnpike_core::{Micros, TenantId, Timestamp};
use turnpike_store::{
    BatchState, CallRow, InvoiceLine, PaymentEventState, StoreError, Subscription, SubscriptionState, UsageBatch,
    UsedHour,
};

use crate::{
    deployment::{Deployment, on_both},
    samples::{NOW, call, id, later},
    samples_of_money::{credit, invoice, invoice_line, money_event, payment_event, price_version, proof, subscription},
};

const HOUR: u64 = 3600;

fn used(tenant: TenantId, seconds: u64, units: i64) -> CallRow {
    CallRow { started_at: later(seconds), units, ..call(tenant) }
}

async fn seal(it: &Deployment, hour: u64) -> Result<Option<UsageBatch>, StoreError> {
    let window = (later(hour * HOUR), later((hour + 1) * HOUR));
    it.ours.seal_usage(window, |sequence| format!("u1:{hour}:{sequence}"), later(90 * HOUR)).await
}

on_both! {
    async fn a_subscription_is_kept_with_the_cap_that_its_tenant_has_set(it: Deployment) {
        assert_eq!(it.ours.find_subscription().await.unwrap(), None);
        assert!(matches!(it.ours.set_usage_cap(Some(9), NOW).await, Err(StoreError::NotFound { .. })));
        let row = subscription("cus_1");
        it.ours.set_subscription(&row).await.unwrap();
        assert_eq!(it.ours.find_subscription().await.unwrap(), Some(row.clone()));
        it.ours.set_usage_cap(Some(900), later(2)).await.unwrap();
        let paid = Subscription { state: SubscriptionState::Active, past_due_since: None, ..row };
        it.ours.set_subscription(&paid).await.unwrap();
        let kept = it.store.system().find_subscription_of_customer("cus_1").await.unwrap().unwrap();
        assert_eq!(kept, (it.our_id, Subscription { cap_units: Some(900), ..paid }));
        assert_eq!(it.store.system().list_subscriptions().await.unwrap(), [kept]);
        assert_eq!(it.store.system().find_subscription_of_customer("cus_2").await.unwrap(), None);
    }

    async fn a_batch_counts_what_costs_something_once_and_what_is_late_is_the_next(it: Deployment) {
        let (system, us) = (it.store.system(), it.our_id);
        system.insert_calls(&[used(us, 1, 4), used(us, HOUR - 1, 10), used(us, 2, 0), used(us, HOUR, 1)]).await.unwrap();
        system.insert_calls(&[used(it.their_id, 1, 99)]).await.unwrap();
        let hour = Timestamp::from_micros(NOW.micros() - NOW.micros() % (1_000_000 * HOUR as i64));
        let unsealed = async || {
            let hours = system.list_unsealed_hours(NOW, later(1_000)).await.unwrap();
            hours.into_iter().collect::<BTreeSet<_>>()
        };
        assert_eq!(unsealed().await, BTreeSet::from([(us, hour), (it.their_id, hour)]));
        assert_eq!(it.ours.units_between(NOW, later(HOUR)).await.unwrap(), 14);
        assert_eq!(it.ours.list_used_hours(NOW, later(1_000)).await.unwrap(), [UsedHour { hour, units: 4, calls: 1 }]);
        let first = seal(&it, 0).await.unwrap().unwrap();
        assert_eq!((first.units, first.calls, first.sequence, first.state), (14, 2, 0, BatchState::Sealed));
        assert_eq!((first.window_start, first.window_end, &*first.identifier), (NOW, later(HOUR), "u1:0:0"));
        assert_eq!(seal(&it, 0).await.unwrap(), None);
        assert_eq!(unsealed().await, BTreeSet::from([(it.their_id, hour)]));
        let late = used(us, 7, 4);
        system.insert_calls(std::slice::from_ref(&late)).await.unwrap();
        let second = seal(&it, 0).await.unwrap().unwrap();
        assert_eq!((second.units, second.calls, second.sequence), (4, 1, 1));
        assert_eq!(it.ours.find_batch_of_call(late.call_id).await.unwrap(), Some(second.clone()));
        assert_eq!(it.ours.list_usage_batches(NOW, later(HOUR)).await.unwrap(), [first, second.clone()]);
        assert_eq!(system.find_usage_batch("u1:0:1").await.unwrap(), Some((us, second)));
    }

    async fn units_are_counted_whether_a_batch_has_them_or_not(it: Deployment) {
        let (system, us) = (it.store.system(), it.our_id);
        assert_eq!(it.ours.units_used(NOW).await.unwrap(), 0);
        system.insert_calls(&[used(us, 1, 4), used(us, HOUR, 10)]).await.unwrap();
        assert_eq!(it.ours.units_used(NOW).await.unwrap(), 14);
        seal(&it, 0).await.unwrap();
        assert_eq!(it.ours.units_used(NOW).await.unwrap(), 14);
        assert_eq!(it.ours.units_used(later(HOUR)).await.unwrap(), 10);
        assert_eq!(it.theirs.units_used(NOW).await.unwrap(), 0);
    }

    async fn of_many_who_seal_the_same_hour_one_does(it: Deployment) {
        it.store.system().insert_calls(&[used(it.our_id, 1, 4)]).await.unwrap();
        let all = futures_util::future::join_all((0..8).map(|_| seal(&it, 0))).await;
        let sealed = all.iter().filter(|one| matches!(one, Ok(Some(_)))).count();
        assert_eq!(sealed, 1, "{all:?}");
        let others = all.iter().all(|one| matches!(one, Ok(_) | Err(StoreError::Conflict { .. } | StoreError::Busy)));
        assert!(others, "{all:?}");
        assert_eq!(it.ours.units_used(NOW).await.unwrap(), 4);
    }

    async fn one_batch_of_a_tenant_is_sent_at_a_time(it: Deployment) {
        let (system, us) = (it.store.system(), it.our_id);
        it.theirs.set_subscription(&subscription("cus_theirs")).await.unwrap();
        let rows = [used(us, 1, 4), used(us, HOUR, 4), used(it.their_id, 1, 4)];
        system.insert_calls(&rows).await.unwrap();
        for hour in 0..2 {
            seal(&it, hour).await.unwrap().unwrap();
        }
        it.theirs.seal_usage((NOW, later(HOUR)), |_| "u1:theirs".into(), later(90 * HOUR)).await.unwrap();
        let (now, until) = (later(91 * HOUR), later(92 * HOUR));
        let lease = async |at: Timestamp| system.lease_usage_batch(at, until).await.unwrap();
        let undelivered = async || system.find_oldest_undelivered().await.unwrap();
        assert_eq!(undelivered().await, Some(later(90 * HOUR)), "that of the one who is a customer");
        let theirs = lease(now).await.unwrap();
        assert_eq!(lease(now).await, None, "who is no customer waits");
        it.ours.set_subscription(&subscription("cus_ours")).await.unwrap();
        let mut leased = [theirs, lease(now).await.unwrap()];
        leased.sort_by_key(|(_, batch)| batch.identifier.clone());
        assert_eq!(leased.iter().map(|(_, batch)| &*batch.identifier).collect::<Vec<_>>(), ["u1:0:0", "u1:theirs"]);
        let (_, first) = &leased[0];
        assert_eq!((first.state, first.attempts, first.first_attempt_at), (BatchState::Sending, 1, Some(now)));
        assert_eq!(lease(now).await, None, "the other of ours waits");
        let (_, at_theirs) = &leased[1];
        let at = (at_theirs.window_start, at_theirs.sequence);
        assert!(it.theirs.settle_usage_batch(at, BatchState::Sending, BatchState::Accepted, None, now).await.unwrap());
        // Whoever had it is gone: after the lease it is sent again, and its first attempt stays known.
        let (_, again) = lease(until).await.unwrap();
        assert_eq!((&*again.identifier, again.attempts, again.first_attempt_at), ("u1:0:0", 2, Some(now)));
        let at = (again.window_start, again.sequence);
        system.release_usage_batch(us, at, later(95 * HOUR), "429").await.unwrap();
        assert_eq!(lease(later(94 * HOUR)).await, None, "what went wrong would go wrong again for its tenant");
        let settled = it.ours.settle_usage_batch(at, BatchState::Sending, BatchState::Accepted, None, until).await.unwrap();
        assert!(settled);
        assert!(!it.ours.settle_usage_batch(at, BatchState::Sending, BatchState::Rejected, None, until).await.unwrap());
        let (_, second) = lease(until).await.unwrap();
        assert_eq!(&*second.identifier, "u1:1:0");
        assert!(it.ours.reopen_usage_batch(at, BatchState::Accepted, "u2:0:0", until).await.unwrap());
        assert!(!it.ours.reopen_usage_batch(at, BatchState::Accepted, "u3:0:0", until).await.unwrap());
        let (_, again) = system.find_usage_batch("u2:0:0").await.unwrap().unwrap();
        assert_eq!((again.state, again.attempts, again.first_attempt_at), (BatchState::Sealed, 0, None));
        let settled = it.ours.settle_usage_batch(at, BatchState::Sealed, BatchState::Accepted, None, until).await.unwrap();
        assert!(settled);
        assert_eq!(system.list_usage_batches_in(BatchState::Accepted, 10).await.unwrap().len(), 2);
        let at = (second.window_start, second.sequence);
        for (before, after) in [
            (BatchState::Sending, BatchState::Uncertain),
            (BatchState::Uncertain, BatchState::WrittenOff),
        ] {
            assert_eq!(undelivered().await, Some(second.sealed_at), "{before:?}");
            assert!(it.ours.settle_usage_batch(at, before, after, None, until).await.unwrap());
        }
        assert_eq!(undelivered().await, None);
    }

    async fn an_invoice_is_set_with_its_lines_and_its_number_is_its_own(it: Deployment) {
        let first = invoice(id(), "2026-0001");
        let lines = [invoice_line(), InvoiceLine { position: 1, amount: Micros(-1), unit_price: None, ..invoice_line() }];
        it.ours.set_invoice(&first, &lines).await.unwrap();
        it.ours.set_invoice(&first, &lines).await.unwrap();
        assert_eq!(it.ours.list_invoices().await.unwrap(), std::slice::from_ref(&first));
        assert_eq!(it.ours.find_invoice_of("in_2026-0001").await.unwrap(), Some(first.clone()));
        assert_eq!(it.ours.list_invoice_lines(first.id).await.unwrap(), lines);
        let taken = it.theirs.set_invoice(&invoice(id(), "2026-0001"), &[]).await;
        assert!(matches!(taken, Err(StoreError::Conflict { .. })), "{taken:?}");
        assert_eq!(it.store.system().count_invoice_numbers("2026-").await.unwrap(), 1);
        let all = it.store.system().list_invoices_between(NOW, later(2 * HOUR)).await.unwrap();
        assert_eq!(all, [(it.our_id, first)]);
    }

    async fn what_happened_to_money_is_set_by_its_id_and_credit_adds_up(it: Deployment) {
        let mut event = money_event("re_1");
        it.ours.set_money_event(&event).await.unwrap();
        event.state = "failed".into();
        it.ours.set_money_event(&event).await.unwrap();
        assert_eq!(it.ours.list_money_events().await.unwrap(), std::slice::from_ref(&event));
        assert_eq!(it.store.system().list_all_money_events(NOW).await.unwrap(), [(it.our_id, event)]);
        let given = credit();
        it.ours.insert_credit(&given).await.unwrap();
        assert!(it.ours.insert_credit(&given).await.is_err());
        assert_eq!(it.ours.list_credits().await.unwrap(), [given]);
    }

    async fn an_event_is_stored_once_and_taken_by_one(it: Deployment) {
        let (system, event) = (it.store.system(), payment_event("evt_1"));
        assert!(system.insert_payment_event(&event).await.unwrap());
        assert!(!system.insert_payment_event(&event).await.unwrap());
        let taken = system.take_payment_event(NOW, later(60)).await.unwrap().unwrap();
        assert_eq!((&*taken.id, taken.attempts), ("evt_1", 1));
        assert_eq!(system.take_payment_event(NOW, later(60)).await.unwrap(), None);
        system.put_off_payment_event("evt_1", later(90), "not there yet").await.unwrap();
        assert_eq!(system.take_payment_event(later(60), later(120)).await.unwrap(), None);
        assert!(system.take_payment_event(later(90), later(120)).await.unwrap().is_some());
        assert_eq!(system.delete_old_payment_events(later(999)).await.unwrap(), 0, "nobody has worked on it");
        system.settle_payment_event("evt_1", PaymentEventState::Done, None, later(91)).await.unwrap();
        assert_eq!(system.take_payment_event(later(900), later(999)).await.unwrap(), None);
        assert_eq!(system.list_payment_events(10).await.unwrap()[0].state, PaymentEventState::Done);
        assert_eq!(system.delete_old_payment_events(later(999)).await.unwrap(), 1);
    }

    async fn the_settings_file_adds_versions_until_somebody_has_subscribed_or_called(it: Deployment) {
        let system = it.store.system();
        let several = (0..5).map(|_| system.insert_price_version_of_settings("first", NOW));
        futures_util::future::join_all(several).await.into_iter().for_each(Result::unwrap);
        system.insert_price_version_of_settings("second", NOW).await.unwrap();
        it.ours.set_subscription(&subscription("cus_1")).await.unwrap();
        system.insert_price_version_of_settings("third", NOW).await.unwrap();
        let kept = system.list_price_versions().await.unwrap();
        let kept: Vec<_> = kept.iter().map(|row| (row.version, row.book_json.as_str(), row.effective_at)).collect();
        let beginning = Timestamp::from_micros(0);
        assert_eq!(kept, [(0, "first", beginning), (1, "second", beginning)]);
    }

    async fn versions_of_the_price_book_have_a_number_each_and_proofs_are_kept(it: Deployment) {
        let system = it.store.system();
        system.insert_price_version(&price_version(1)).await.unwrap();
        let twice = system.insert_price_version(&price_version(1)).await;
        assert!(matches!(twice, Err(StoreError::Conflict { .. })), "{twice:?}");
        assert_eq!(system.list_price_versions().await.unwrap(), [price_version(1)]);
        let row = proof();
        system.insert_proof(&row).await.unwrap();
        assert_eq!(system.list_proofs(1).await.unwrap(), [row]);
    }
}

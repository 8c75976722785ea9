//! Each period is invoiced once, whoever does it and whatever happens to them.

use std::{future::poll_fn, task::Poll};

use turnpike_billing::BillingError;
use turnpike_store::{InvoiceState, LineKind, SubscriptionState as State};

use crate::deployment::{amounts, at, on_both, plan, units};

/// Work that is broken off after so many steps; none if it was.
async fn dies_after<F: Future>(mut steps: usize, work: F) -> Option<F::Output> {
    let mut work = Box::pin(work);
    poll_fn(move |context| {
        if steps == 0 {
            return Poll::Ready(None);
        }
        steps -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

on_both! {
    async fn two_workers_make_one_invoice_for_each(it: Deployment) {
        let mut tenants = vec![it.tenant];
        for _ in 0..4 {
            tenants.push(it.another().await);
        }
        let customer = turnpike_billing::Customer { name: String::new(), email: String::new(), back: String::new() };
        for tenant in &tenants {
            it.billing.subscribe(*tenant, &plan("starter"), &customer).await.unwrap();
            it.used_by(*tenant, ("google-ads", "run_report"), 9_000, at("2026-10-05")).await;
        }
        let without_plan = [it.another().await, it.another().await, it.another().await];
        for tenant in without_plan {
            it.used_by(tenant, ("google-ads", "run_report"), 1_000, at("2026-11-05")).await;
        }
        it.go_to("2026-12-01T02:00:00Z");
        let workers: Vec<_> = (0..4).map(|_| it.worker()).collect();
        let now = at("2026-12-01T02:00:00Z");
        let done = workers.into_iter().map(|worker| tokio::spawn(async move { worker.close_periods(now).await.unwrap() }));
        let done: Vec<_> = done.collect();
        let mut closed = 0;
        for worker in done {
            closed += worker.await.unwrap();
        }
        assert_eq!(closed, 13);
        let mut numbers = vec![];
        for tenant in tenants {
            let invoices = it.store.tenant(tenant).list_invoices().await.unwrap();
            assert_eq!(invoices.iter().map(|invoice| invoice.total.0).collect::<Vec<_>>(), [29_000_000, 30_000_000]);
            numbers.extend(invoices.into_iter().map(|invoice| invoice.number.unwrap()));
        }
        for tenant in without_plan {
            let invoices = it.store.tenant(tenant).list_invoices().await.unwrap();
            assert_eq!(invoices.iter().map(|invoice| invoice.total.0).collect::<Vec<_>>(), [1_000_000]);
            numbers.extend(invoices.into_iter().map(|invoice| invoice.number.unwrap()));
        }
        numbers.sort();
        assert_eq!(numbers, (1..=13).map(|n| format!("202612-{n:04}")).collect::<Vec<_>>(), "without a gap");
    }

    async fn a_worker_that_dies_anywhere_leaves_all_or_nothing(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        let credit = turnpike_billing::payments::NewCredit {
            kind: turnpike_store::CreditKind::Paid,
            amount: turnpike_core::Micros(5_000_000),
            note: String::new(),
            expires_at: None,
            made_by: "operator".into(),
        };
        it.billing.grant_credit(it.tenant, &credit).await.unwrap();
        for month in ["2026-10-05", "2026-11-05", "2026-12-05"] {
            it.uses(10_000, month).await;
        }
        let other = it.another().await;
        it.used_by(other, ("google-ads", "run_report"), 500, at("2026-12-05")).await;
        it.go_to("2027-01-01T02:00:00Z");
        let mut died = 0;
        for steps in 0..10_000 {
            let worker = it.worker();
            if let Some(done) = dies_after(steps / 3, worker.close_periods(at("2027-01-01T02:00:00Z"))).await {
                done.unwrap();
                break;
            }
            died += 1;
            let (invoices, subscription) = (it.invoices().await, it.subscription().await);
            let ends = invoices.last().map_or(at("2026-10-01"), |(invoice, _)| invoice.period_end);
            assert_eq!(subscription.period_start, ends, "the invoice and the next period come together");
        }
        assert!(died > 10, "{died}");
        let invoices = it.invoices().await;
        assert_eq!(invoices.iter().map(|(_, lines)| units(lines)).collect::<Vec<_>>(), [10_000; 3]);
        let credits = invoices.iter().map(|(_, lines)| amounts(lines, LineKind::Credit)).collect::<Vec<_>>();
        assert_eq!(credits, [vec![(1, -2_000_000)], vec![(1, -2_000_000)], vec![(1, -1_000_000)]]);
        let account = it.billing.find_account(it.tenant).await.unwrap().unwrap();
        assert_eq!(account.credit.0, 0);
        let others = it.store.tenant(other).list_invoices().await.unwrap();
        assert_eq!(others.iter().map(|invoice| invoice.total.0).collect::<Vec<_>>(), [500_000]);
    }

    async fn what_is_used_without_a_plan_costs_its_list_price(it: Deployment) {
        it.uses(400, "2026-10-05").await;
        it.go_to("2026-10-11T00:00:00Z");
        it.subscribe(&plan("starter")).await;
        it.uses(500, "2026-10-12").await;
        it.billing.cancel(it.tenant).await.unwrap();
        it.uses(700, "2026-11-03").await;
        assert_eq!(it.close_at("2026-11-01T02:00:00Z").await, 2);
        assert_eq!(it.close_at("2026-12-01T02:00:00Z").await, 1);
        assert_eq!(it.close_at("2026-12-01T03:00:00Z").await, 0);
        let sums: Vec<_> = it.invoices().await.iter().map(|(invoice, lines)| (invoice.plan.clone(), units(lines), invoice.total.0)).collect();
        assert!(sums.contains(&(Some("starter".into()), 500, 19_650_000)), "{sums:?}");
        assert!(sums.contains(&(None, 400, 400_000)), "{sums:?}");
        assert!(sums.contains(&(None, 700, 700_000)), "{sums:?}");
    }

    async fn who_is_deleted_has_paid_for_what_was_used_without_a_plan(it: Deployment) {
        it.uses(300, "2026-10-05").await;
        it.uses(400, "2026-11-05").await;
        it.go_to("2026-11-20T10:00:00Z");
        for _ in 0..2 {
            it.billing.end_now(it.tenant).await.unwrap();
        }
        let sums = it.invoices().await.iter().map(|(invoice, lines)| (units(lines), invoice.total.0)).collect::<Vec<_>>();
        assert_eq!(sums, [(300, 300_000), (400, 400_000)]);
        // It was not deleted after all.
        it.uses(500, "2026-11-20T11:00:00Z").await;
        it.close_at("2026-12-01T02:00:00Z").await;
        assert_eq!(it.invoices().await.iter().map(|(_, lines)| units(lines)).collect::<Vec<_>>(), [300, 400, 500]);
    }

    async fn who_is_deleted_has_paid_for_what_was_used_before_the_plan(it: Deployment) {
        it.uses(400, "2026-10-05").await;
        it.go_to("2026-10-11T00:00:00Z");
        it.subscribe(&plan("starter")).await;
        it.uses(500, "2026-10-12").await;
        it.go_to("2026-10-20T00:00:00Z");
        it.billing.end_now(it.tenant).await.unwrap();
        let sums: Vec<_> = it.invoices().await.iter().map(|(invoice, lines)| (invoice.plan.clone(), units(lines))).collect();
        assert_eq!(sums.len(), 2, "{sums:?}");
        assert!(sums.contains(&(Some("starter".into()), 500)) && sums.contains(&(None, 400)), "{sums:?}");
    }

    async fn an_invoice_that_is_overdue_is_felt_until_it_is_paid(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, _) = it.last_invoice().await;
        it.close_at("2026-11-15T01:59:00Z").await;
        assert_eq!(it.subscription().await.state, State::Active);
        it.close_at("2026-11-15T02:00:00Z").await;
        let late = it.subscription().await;
        assert_eq!((late.state, late.past_due_since), (State::PastDue, invoice.due_at));
        it.go_to("2026-11-16T00:00:00Z");
        it.billing.mark_paid(it.tenant, invoice.id, at("2026-11-15")).await.unwrap();
        it.billing.mark_paid(it.tenant, invoice.id, at("2026-11-16")).await.unwrap();
        let paid = it.subscription().await;
        assert_eq!((paid.state, paid.past_due_since), (State::Active, None));
        let (invoice, _) = it.last_invoice().await;
        assert_eq!((invoice.state, invoice.paid, invoice.paid_at), (InvoiceState::Paid, invoice.total, Some(at("2026-11-15"))));
        let void = it.billing.void_invoice(it.tenant, invoice.id).await;
        assert!(matches!(void, Err(BillingError::Settled)));
    }

    async fn tax_is_added_to_the_sum(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.payments.tax_rate = 1_900).await;
        it.subscribe(&plan("starter")).await;
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, _) = it.last_invoice().await;
        assert_eq!((invoice.subtotal.0, invoice.tax.0, invoice.total.0), (29_000_000, 5_510_000, 34_510_000));
    }
}

//! Subscribing, changing and ending.

use turnpike_billing::BillingError;
use turnpike_config::BookText;
use turnpike_store::{LineKind, SubscriptionState as State};

use crate::deployment::{amounts, at, on_both, plan, units};

on_both! {
    async fn the_first_period_ends_with_the_month_and_the_fee_is_for_its_part(it: Deployment) {
        it.go_to("2026-10-11T00:00:00Z");
        it.subscribe(&plan("starter")).await;
        let subscription = it.subscription().await;
        assert_eq!((subscription.period_start, subscription.period_end), (at("2026-10-11"), at("2026-11-01")));
        assert_eq!(subscription.state, State::Active);
        assert_eq!(it.close_at("2026-11-01T01:59:59Z").await, 0, "calls may still be under way");
        assert_eq!(it.close_at("2026-11-01T02:00:00Z").await, 1);
        let (invoice, lines) = it.last_invoice().await;
        // 21 of 31 days of 29 dollars.
        assert_eq!(amounts(&lines, LineKind::Fee), [(1, 19_650_000)]);
        assert_eq!(invoice.number.as_deref(), Some("202611-0001"));
        assert_eq!(invoice.due_at, Some(at("2026-11-15T02:00:00Z")));
        assert_eq!(it.close_at("2026-12-01T02:00:00Z").await, 1);
        let (invoice, lines) = it.last_invoice().await;
        assert_eq!(amounts(&lines, LineKind::Fee), [(1, 29_000_000)]);
        assert_eq!(lines[0].unit_price.unwrap().0, 29_000_000);
        assert_eq!(invoice.number.as_deref(), Some("202612-0001"));
    }

    async fn a_trial_is_free_once(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.plans.get_mut("starter").unwrap().trial_days = 14).await;
        it.subscribe(&plan("starter")).await;
        assert_eq!(it.subscription().await.state, State::Trialing);
        it.uses(20_000, "2026-10-14").await;
        it.uses(100, "2026-10-15").await;
        it.close_at("2026-10-15T00:00:00Z").await;
        assert_eq!(it.subscription().await.state, State::Active);
        it.close_at("2026-11-01T02:00:00Z").await;
        let (_, lines) = it.last_invoice().await;
        // 17 of 31 days of 29 dollars.
        assert_eq!(amounts(&lines, LineKind::Fee), [(1, 15_900_000)]);
        assert_eq!(amounts(&lines, LineKind::Usage), [(20_000, 0), (100, 0)]);
        it.billing.cancel(it.tenant).await.unwrap();
        it.close_at("2026-12-01T02:00:00Z").await;
        assert_eq!(it.subscription().await.state, State::Canceled);
        it.subscribe(&plan("starter")).await;
        let again = it.subscription().await;
        assert_eq!((again.state, again.cancel_at), (State::Active, None), "there is no second trial");
    }

    async fn a_trial_that_is_cancelled_costs_nothing(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.plans.get_mut("starter").unwrap().trial_days = 14).await;
        it.go_to("2026-10-25T00:00:00Z");
        it.subscribe(&plan("starter")).await;
        it.billing.cancel(it.tenant).await.unwrap();
        assert_eq!(it.subscription().await.cancel_at, Some(at("2026-11-08")));
        it.uses(9_000, "2026-11-02").await;
        assert_eq!(it.close_at("2026-11-10T00:00:00Z").await, 2);
        assert_eq!(it.subscription().await.state, State::Canceled);
        for (invoice, lines) in it.invoices().await {
            assert_eq!(invoice.total.0, 0, "{lines:?}");
        }
        assert_eq!(it.close_at("2026-12-01T02:00:00Z").await, 0);
    }

    async fn new_terms_count_on_from_where_the_old_ones_ended(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.uses(10_000, "2026-10-05").await;
        it.go_to("2026-10-16T12:00:00Z");
        it.billing.change_plan(it.tenant, &plan("growth")).await.unwrap();
        it.uses(35_000, "2026-10-20").await;
        // A second change that is taken back at once charges nothing twice.
        it.go_to("2026-10-24T06:00:00Z");
        it.billing.change_plan(it.tenant, &plan("scale")).await.unwrap();
        it.billing.change_plan(it.tenant, &plan("growth")).await.unwrap();
        it.uses(1_000, "2026-10-30").await;
        let upcoming = it.billing.upcoming(it.tenant).await.unwrap();
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        // Half a month of 29, and of 59 in two quarters.
        assert_eq!(amounts(&lines, LineKind::Fee), [(1, 14_500_000), (1, 14_750_000), (1, 14_750_000)]);
        let usage = amounts(&lines, LineKind::Usage);
        // 8,000 were included then and 30,000 more now; 2,000 cost what they cost before.
        assert_eq!(usage, [(8_000, 0), (2_000, 2_000_000), (30_000, 0), (5_000, 4_500_000), (1_000, 900_000)]);
        assert_eq!((units(&lines), invoice.plan.as_deref()), (46_000, Some("growth")));
        assert_eq!(it.invoices().await.len(), 1);
        assert_eq!(upcoming, lines, "it was foreseen");
    }

    async fn what_was_used_is_invoiced_when_it_ends_and_before_that_it_can_go_on(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.uses(9_000, "2026-10-20").await;
        it.billing.cancel(it.tenant).await.unwrap();
        it.billing.keep_on(it.tenant).await.unwrap();
        assert_eq!(it.subscription().await.cancel_at, None);
        it.billing.cancel(it.tenant).await.unwrap();
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        assert_eq!(amounts(&lines, LineKind::Usage), [(8_000, 0), (1_000, 1_000_000)]);
        assert_eq!(invoice.total.0, 30_000_000);
        let ended = it.subscription().await;
        assert_eq!((ended.state, ended.cancel_at), (State::Canceled, Some(at("2026-11-01"))));
        assert!(matches!(it.billing.cancel(it.tenant).await, Err(BillingError::NoSubscription)));
        assert_eq!(it.close_at("2026-12-01T02:00:00Z").await, 0);
    }

    async fn what_is_not_offered_cannot_be_chosen_but_kept(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        let mut text = BookText { prices: it.settings().prices.clone(), plans: it.settings().plans.clone() };
        text.plans.get_mut("starter").unwrap().offered = false;
        it.billing.set_book(&text, at("2026-10-02"), "", "operator").await.unwrap();
        it.go_to("2026-10-02T00:00:00Z");
        let mut it = it;
        it.set_book().await;
        let two = turnpike_billing::Choice { integrations: 2, ..plan("starter") };
        it.billing.change_plan(it.tenant, &two).await.unwrap();
        assert_eq!(it.subscription().await.integrations, 2);
        for unknown in [plan("nothing"), turnpike_billing::Choice { integrations: 0, ..plan("starter") }] {
            assert!(it.billing.change_plan(it.tenant, &unknown).await.is_err());
        }
        it.billing.change_plan(it.tenant, &plan("growth")).await.unwrap();
        let back = it.billing.change_plan(it.tenant, &plan("starter")).await;
        assert!(matches!(back, Err(BillingError::UnknownPlan(_))));
    }

    async fn a_month_that_is_just_over_is_closed_before_its_terms_change(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.go_to("2026-11-01T00:30:00Z");
        it.billing.change_plan(it.tenant, &plan("growth")).await.unwrap();
        assert_eq!(it.invoices().await.len(), 1);
        assert_eq!(it.last_invoice().await.0.plan.as_deref(), Some("starter"));
        assert_eq!(it.subscription().await.period_start, at("2026-11-01"));
    }
}

//! What another price book would have changed, and how it is set.

use std::time::Duration;

use turnpike_billing::BillingError;
use turnpike_config::BookText;
use turnpike_core::Micros;

use crate::deployment::{Deployment, at, on_both, plan};

fn book(it: &Deployment) -> BookText {
    BookText { prices: it.settings().prices.clone(), plans: it.settings().plans.clone() }
}

on_both! {
    async fn a_change_shows_what_each_would_have_paid(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        // 2,500 calls of the middle class use 4 units each.
        let calls: Vec<_> = (0..2_500).map(|_| it.call(it.tenant, ("google-ads", "run_report"), 4, at("2026-10-05"))).collect();
        it.store.system().insert_calls(&calls).await.unwrap();
        let without = it.another().await;
        it.used_by(without, ("google-ads", "run_report"), 4, at("2026-10-05")).await;
        let month = (at("2026-10-01"), at("2026-11-01"));
        let same = it.billing.effects(&book(&it), month.0, month.1).await.unwrap();
        for effect in &same.tenants {
            assert_eq!((effect.units_before, effect.before), (effect.units_after, effect.after));
        }
        let mut dearer = book(&it);
        dearer.prices.standard = 5;
        dearer.plans.get_mut("starter").unwrap().monthly = 39_000_000;
        let effects = it.billing.effects(&dearer, month.0, month.1).await.unwrap();
        let first = &effects.tenants[0];
        assert_eq!((first.tenant, first.units_before, first.units_after), (it.tenant, 10_000, 12_500));
        assert_eq!((first.before.0, first.after.0), (31_000_000, 39_000_000 + 4_500_000));
        let second = &effects.tenants[1];
        assert_eq!((second.plan.as_deref(), second.before, second.after), (None, Micros(0), Micros(10_000)));
        // A plan that is gone goes on for those who have it.
        let mut gone = dearer.clone();
        gone.plans.remove("starter");
        let effects = it.billing.effects(&gone, month.0, month.1).await.unwrap();
        assert_eq!(effects.tenants[0].after.0, 29_000_000 + 4_500_000);
    }

    async fn a_version_is_set_ahead_of_its_time_and_only_a_right_one(it: Deployment) {
        let soon = at("2026-10-01").plus(Duration::from_secs(60));
        let mut wrong = book(&it);
        wrong.plans.clear();
        assert!(matches!(it.billing.set_book(&wrong, soon, "", "operator").await, Err(BillingError::BadBook { key: "plans", .. })));
        let early = it.billing.set_book(&book(&it), at("2026-10-01"), "", "operator").await;
        assert!(matches!(early, Err(BillingError::TooSoon)));
        let other = it.worker();
        let text = book(&it);
        let (one, two) = tokio::join!(
            it.billing.set_book(&text, soon, "one", "operator"),
            other.set_book(&text, soon, "two", "operator"),
        );
        let mut versions = [one.unwrap(), two.unwrap()];
        versions.sort();
        assert_eq!(versions, [1, 2]);
        it.subscribe(&plan("starter")).await;
        let mut euros = book(&it);
        euros.prices.currency = "EUR".parse().unwrap();
        let refused = it.billing.set_book(&euros, soon, "", "operator").await;
        assert!(matches!(refused, Err(BillingError::CurrencyInUse)));
    }

    async fn an_edited_settings_file_changes_nothing_that_was_agreed(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.plans.get_mut("starter").unwrap().monthly = 31_000_000).await;
        assert!(it.books.settings_are_a_version(), "nobody has agreed to anything yet");
        it.subscribe(&plan("starter")).await;
        it.set(|settings| settings.plans.get_mut("starter").unwrap().monthly = 99_000_000).await;
        assert!(!it.books.settings_are_a_version());
        it.close_at("2026-11-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 31_000_000);
        it.billing.change_plan(it.tenant, &plan("starter")).await.unwrap();
        it.close_at("2026-12-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 31_000_000, "the next terms are not the file's either");
        it.billing.set_book(&book(&it), at("2026-12-02"), "", "operator").await.unwrap();
        it.set_book().await;
        assert!(it.books.settings_are_a_version(), "what is set is known");
    }

    async fn a_subscription_keeps_its_terms_until_its_plan_is_changed(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        let mut dearer = book(&it);
        dearer.plans.get_mut("starter").unwrap().monthly = 39_000_000;
        it.billing.set_book(&dearer, at("2026-10-10"), "", "operator").await.unwrap();
        let mut it = it;
        it.set_book().await;
        it.close_at("2026-11-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 29_000_000);
        it.billing.change_plan(it.tenant, &plan("starter")).await.unwrap();
        it.close_at("2026-12-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        assert_eq!((invoice.price_version, lines.len()), (1, 3));
        assert!(invoice.total.0 > 38_900_000, "{lines:?}");
    }
}

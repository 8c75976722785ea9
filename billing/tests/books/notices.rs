//! What tenants are told of their money, and when.

use turnpike_billing::notices::What;

use crate::deployment::{Deployment, at, on_both, plan};

/// What there is to tell, in some order. Once it is noted there is nothing more.
async fn told(it: &Deployment, time: &str) -> Vec<What> {
    it.close_at(time).await;
    let notices = it.billing.due_notices(at(time)).await.unwrap();
    assert_eq!(it.worker().due_notices(at(time)).await.unwrap(), notices, "nobody was told yet");
    for notice in &notices {
        assert_eq!(notice.tenant, it.tenant);
        assert!(it.store.tenant(it.tenant).close_notice(&notice.key, at(time)).await.unwrap());
    }
    assert_eq!(it.billing.due_notices(at(time)).await.unwrap(), [], "nothing is told twice");
    let mut told: Vec<_> = notices.into_iter().map(|notice| notice.what).collect();
    told.sort_by_key(|what| format!("{what:?}"));
    told
}

on_both! {
    async fn a_budget_is_told_at_the_highest_mark_that_is_reached(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.uses(3_999, "2026-10-02").await;
        assert_eq!(told(&it, "2026-10-02T01:00:00Z").await, []);
        it.uses(2_500, "2026-10-03").await;
        let budget = |percent, used, of, hard| What::Budget { percent, used, of, hard };
        assert_eq!(told(&it, "2026-10-03T01:00:00Z").await, [budget(80, 6_499, 8_000, false)]);
        it.billing.set_cap(it.tenant, Some(10_000)).await.unwrap();
        it.uses(1_501, "2026-10-04").await;
        let both = [budget(100, 8_000, 8_000, false), budget(80, 8_000, 10_000, true)];
        assert_eq!(told(&it, "2026-10-04T01:00:00Z").await, both);
    }

    async fn an_invoice_is_told_of_until_it_is_paid(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        assert_eq!(told(&it, "2026-10-31T00:00:00Z").await, []);
        let issued = told(&it, "2026-11-01T02:00:00Z").await;
        let id = it.last_invoice().await.0.id;
        assert_eq!(issued, [What::Issued(id)]);
        assert_eq!(told(&it, "2026-11-15T02:00:00Z").await, [What::Overdue(id)]);
        assert_eq!(told(&it, "2026-11-22T02:00:00Z").await, [What::ReadOnly { until: at("2026-11-29T02:00:00Z") }]);
        assert_eq!(told(&it, "2026-11-29T02:00:00Z").await, [What::Stopped]);
        it.billing.mark_paid(it.tenant, id, at("2026-11-29T03:00:00Z")).await.unwrap();
        assert_eq!(told(&it, "2026-11-29T04:00:00Z").await, [What::Paid(id)]);
    }

    async fn a_trial_and_an_end_are_told_ahead(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.plans.get_mut("starter").unwrap().trial_days = 14).await;
        it.subscribe(&plan("starter")).await;
        assert_eq!(told(&it, "2026-10-11T23:59:59Z").await, []);
        assert_eq!(told(&it, "2026-10-12T00:00:00Z").await, [What::TrialEnds(at("2026-10-15"))]);
        it.billing.cancel(it.tenant).await.unwrap();
        assert_eq!(told(&it, "2026-10-13T00:00:00Z").await, [What::Ends(at("2026-10-15"))]);
    }
}

//! What is left adds up however it is looked at.

use turnpike_billing::margin::{Margin, Margins};
use turnpike_core::Micros;

use crate::deployment::{at, on_both, plan};

/// The sum of a view.
fn sum<'a>(margins: impl Iterator<Item = &'a Margin>) -> Margin {
    margins.fold(Margin::default(), |all, one| Margin {
        revenue: Micros(all.revenue.0 + one.revenue.0),
        vendor_cost: Micros(all.vendor_cost.0 + one.vendor_cost.0),
        payment_cost: Micros(all.payment_cost.0 + one.payment_cost.0),
        calls: all.calls + one.calls,
        units: all.units + one.units,
    })
}

fn adds_up(margins: &Margins) {
    for view in [
        sum(margins.tenants.iter().map(|(_, margin)| margin)),
        sum(margins.integrations.iter().map(|(_, margin)| margin)),
        sum(margins.tools.iter().map(|(_, _, margin)| margin)),
        sum(margins.days.iter().map(|(_, margin)| margin)),
    ] {
        assert_eq!(view, margins.total);
    }
}

on_both! {
    async fn revenue_and_costs_are_shared_without_a_rest(it: Deployment) {
        let mut it = it;
        it.set(|settings| {
            let google = settings.integrations.get_mut("google-ads").unwrap();
            (google.cost_per_request, google.cost_per_row) = (1_000_000, 7);
        }).await;
        it.subscribe(&plan("starter")).await;
        it.uses(8_000, "2026-10-05").await;
        it.uses(1_003, "2026-10-07T05:00:00Z").await;
        it.used_by(it.tenant, ("meta-ads", "run_report"), 3_001, at("2026-10-07")).await;
        // Another uses little and has no plan; a third pays and calls nothing.
        let little = it.another().await;
        it.used_by(little, ("google-ads", "list_accounts"), 2, at("2026-10-09")).await;
        let sandbox = turnpike_store::CallRow { sandbox: true, ..it.call(little, ("google-ads", "x"), 0, at("2026-10-09")) };
        it.store.system().insert_calls(&[sandbox]).await.unwrap();
        let silent = it.another().await;
        let customer = turnpike_billing::Customer { name: String::new(), email: String::new(), back: String::new() };
        it.billing.subscribe(silent, &plan("growth"), &customer).await.unwrap();
        it.go_to("2026-10-20T00:00:00Z");
        let month = (at("2026-10-01"), at("2026-11-01"));
        let before = it.billing.margins(month.0, month.1).await.unwrap();
        adds_up(&before);
        assert_eq!(before.tenants[0].0, little, "under water comes first");
        let of = |tenant| before.tenants.iter().find(|(id, _)| *id == tenant).unwrap().1;
        assert_eq!(of(it.tenant).revenue.0, 29_000_000 + 4_000_000);
        assert_eq!(of(it.tenant).payment_cost.0, 300_000 + 957_000);
        assert_eq!(of(it.tenant).vendor_cost.0, 2_000_140);
        assert_eq!((of(little).calls, of(silent).revenue.0), (1, 59_000_000));
        assert!(before.integrations.iter().any(|(name, margin)| name.is_empty() && margin.revenue.0 == 59_000_000));
        // Closed, it is the same.
        it.close_at("2026-11-01T02:00:00Z").await;
        let after = it.billing.margins(month.0, month.1).await.unwrap();
        assert_eq!(after, before);
        // And the parts of the month are the month.
        let first = it.billing.margins(month.0, at("2026-10-08")).await.unwrap();
        let second = it.billing.margins(at("2026-10-08"), month.1).await.unwrap();
        adds_up(&first);
        adds_up(&second);
        assert!((first.total.revenue.0 + second.total.revenue.0 - after.total.revenue.0).abs() <= 5);
    }
}

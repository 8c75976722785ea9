//! What the ledger's units cost by our tiers is what Stripe's invoice says, at every edge; and the proof finds nothing.

use turnpike_billing::BillingError;
use turnpike_core::Micros;
use turnpike_fake_stripe::Fault;
use turnpike_metering::{rate, tiers};
use turnpike_store::{Invoice, InvoiceLine, LineKind, NewAuditEvent, SubscriptionState};

use crate::{
    ledger::call,
    world::{DAY, HOUR, World},
};

impl World {
    /// Two tenants' worth of nothing but this: units in the middle of a paid period, sent, and invoiced at its end.
    async fn invoiced(&self, units: &[i64]) -> Vec<(Invoice, Vec<InvoiceLine>)> {
        let tenant = self.subscribed("starter", false).await;
        // The trial is over.
        self.advance(16 * DAY).await;
        self.follow().await;
        for units in units {
            let row = call(&self.ambient, tenant, ("google-ads", "run_gaql"), *units, self.now());
            self.store.system().insert_calls(&[row]).await.unwrap();
            self.advance(2 * HOUR).await;
            self.billing.work(self.now(), None).await.unwrap();
        }
        self.advance(31 * DAY).await;
        self.follow().await;
        let rows = self.store.tenant(tenant);
        let mut all = vec![];
        for invoice in rows.list_invoices().await.unwrap() {
            let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
            all.push((invoice, lines));
        }
        let proof = self.billing.prove(self.now().minus(40 * DAY), self.now()).await.unwrap();
        assert!(proof.differences.is_empty(), "{proof:?}");
        assert!(proof.invoices > 0 && (units.is_empty() || proof.hours > 0), "{proof:?}");
        all
    }
}

#[tokio::test]
async fn the_invoice_of_stripe_is_the_sum_of_our_tiers_at_every_edge() {
    let plan = World::new().await.settings.plans["starter"].clone();
    let edges = tiers(&plan).into_iter().filter_map(|(up_to, _)| up_to);
    let mut counts: Vec<i64> =
        edges.flat_map(|edge| [edge - 1, edge, edge + 1]).chain([0, 1, 10_000, 50_001]).collect();
    counts.sort_unstable();
    for units in counts {
        let world = World::new().await;
        let called = if units == 0 { vec![] } else { vec![units] };
        let usage: Vec<_> = world
            .invoiced(&called)
            .await
            .into_iter()
            .flat_map(|(_, lines)| lines)
            .filter(|line| line.kind == LineKind::Usage && line.since > world.now().minus(40 * DAY))
            .collect();
        let expected = rate(&plan, units, turnpike_core::Currency::USD);
        let (amount, charged) =
            (Micros(usage.iter().map(|line| line.amount.0).sum()), usage.iter().map(|line| line.quantity).sum());
        let total = Micros(expected.iter().map(|tier| tier.amount.0).sum());
        assert_eq!((units, amount), (charged, total), "{usage:?}");
    }
}

#[tokio::test]
async fn who_ends_in_the_middle_of_a_period_pays_for_what_was_used_until_then() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(16 * DAY).await;
    world.follow().await;
    for hours in [0, 1] {
        let row = call(&world.ambient, tenant, ("google-ads", "run_gaql"), 10_000, world.now());
        world.store.system().insert_calls(&[row]).await.unwrap();
        world.advance(hours * HOUR).await;
    }
    // The last call was made in this very hour.
    let row = call(&world.ambient, tenant, ("google-ads", "run_gaql"), 5, world.now().minus(HOUR / 3600));
    world.store.system().insert_calls(&[row]).await.unwrap();
    world.billing.end_now(tenant).await.unwrap();
    assert_eq!(world.row(tenant).await.unwrap().state, SubscriptionState::Canceled);
    world.advance(2 * DAY).await;
    world.follow().await;
    let rows = world.store.tenant(tenant);
    let mut units = 0;
    for invoice in rows.list_invoices().await.unwrap() {
        let lines = rows.list_invoice_lines(invoice.id).await.unwrap();
        units += lines.iter().filter(|line| line.kind == LineKind::Usage).map(|line| line.quantity).sum::<i64>();
    }
    assert_eq!(units, 20_005);
    world.billing.end_now(tenant).await.unwrap();
}

#[tokio::test]
async fn a_tenant_whose_usage_does_not_arrive_is_not_ended() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(16 * DAY).await;
    world.follow().await;
    let row = call(&world.ambient, tenant, ("google-ads", "run_gaql"), 10_000, world.now().minus(HOUR / 3600));
    world.store.system().insert_calls(&[row]).await.unwrap();
    world.fake.fail_next("meter_events", Fault::Status500Before, 1);
    let ended = world.billing.end_now(tenant).await;
    assert!(matches!(ended, Err(BillingError::UsageUnderWay)), "{ended:?}");
    assert_ne!(world.row(tenant).await.unwrap().state, SubscriptionState::Canceled);
    world.advance(HOUR).await;
    world.billing.end_now(tenant).await.unwrap();
    assert_eq!(world.row(tenant).await.unwrap().state, SubscriptionState::Canceled);
}

#[tokio::test]
async fn an_end_whose_answer_is_lost_is_an_end() {
    for fault in [Fault::TimeoutAfterCommit, Fault::Status500After] {
        let world = World::new().await;
        let tenant = world.subscribed("starter", false).await;
        world.fake.fail_next("DELETE /v1/subscriptions/", fault, 1);
        world.billing.end_now(tenant).await.unwrap();
        assert_eq!(world.row(tenant).await.unwrap().state, SubscriptionState::Canceled);
    }
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.fake.fail_next("DELETE /v1/subscriptions/", Fault::Status(400), 1);
    assert!(world.billing.end_now(tenant).await.is_err(), "one that has not ended is not called so");
}

#[tokio::test]
async fn what_stripe_tells_of_a_tenant_that_was_deleted_brings_no_more_back_than_its_invoices() {
    let world = World::new().await;
    let tenant = world.subscribed("starter", false).await;
    world.advance(16 * DAY).await;
    world.follow().await;
    let row = call(&world.ambient, tenant, ("google-ads", "run_gaql"), 10_000, world.now().minus(HOUR / 3600));
    world.store.system().insert_calls(&[row]).await.unwrap();
    world.billing.end_now(tenant).await.unwrap();
    let event = NewAuditEvent {
        at: world.now(),
        actor: "desk".into(),
        action: "tenant.deleted".into(),
        subject: tenant.to_string(),
        details_json: "{}".into(),
    };
    world.store.system().delete_tenant(tenant, &[0; 32], &event).await.unwrap();
    let before = world.store.tenant(tenant).list_invoices().await.unwrap().len();
    world.advance(2 * DAY).await;
    world.follow().await;
    assert_eq!(world.row(tenant).await, None);
    assert!(world.store.tenant(tenant).list_invoices().await.unwrap().len() > before);
}

//! Credit pays for usage, to its last cent and no further.

use futures_util::future::{join, try_join_all};
use turnpike_billing::{BillingError, payments::NewCredit};
use turnpike_core::{Micros, Timestamp};
use turnpike_store::{CreditKind, LineKind};

use crate::deployment::{amounts, at, on_both, plan};

fn credit(dollars: i64, expires_at: Option<Timestamp>) -> NewCredit {
    let amount = Micros(dollars * 1_000_000);
    NewCredit { kind: CreditKind::Promotional, amount, note: "hello".into(), expires_at, made_by: "operator".into() }
}

on_both! {
    async fn an_invoice_takes_credit_for_usage_up_to_what_is_left(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.billing.grant_credit(it.tenant, &credit(3, None)).await.unwrap();
        it.billing.grant_credit(it.tenant, &credit(4, Some(at("2026-11-10")))).await.unwrap();
        it.uses(13_000, "2026-10-05").await;
        it.uses(13_000, "2026-11-05").await;
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        assert_eq!(amounts(&lines, LineKind::Credit), [(1, -5_000_000)]);
        assert_eq!(invoice.total.0, 29_000_000, "the fee is not paid by credit");
        let left = || async { it.billing.find_account(it.tenant).await.unwrap().unwrap().credit.0 };
        assert_eq!(left().await, 2_000_000, "what ends first went first");
        it.close_at("2026-12-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        assert_eq!(amounts(&lines, LineKind::Credit), [(1, -2_000_000)]);
        assert_eq!((invoice.total.0, left().await), (32_000_000, 0));
        // What an invoice took by mistake is there again.
        it.billing.void_invoice(it.tenant, invoice.id).await.unwrap();
        it.billing.void_invoice(it.tenant, invoice.id).await.unwrap();
        assert_eq!(left().await, 2_000_000);
    }

    async fn credit_that_has_ended_pays_nothing(it: Deployment) {
        it.subscribe(&plan("starter")).await;
        it.billing.grant_credit(it.tenant, &credit(4, Some(at("2026-10-31")))).await.unwrap();
        it.uses(13_000, "2026-10-05").await;
        it.close_at("2026-11-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 34_000_000);
        let none = it.billing.grant_credit(it.tenant, &credit(0, None)).await;
        assert!(matches!(none, Err(BillingError::NoAmount)));
    }

    async fn credit_is_taken_once_in_whatever_order_invoices_are_issued(it: Deployment) {
        it.billing.grant_credit(it.tenant, &credit(8, None)).await.unwrap();
        it.uses(5_000, "2026-10-05").await;
        it.go_to("2026-10-11T00:00:00Z");
        it.subscribe(&plan("starter")).await;
        it.uses(13_000, "2026-10-12").await;
        it.uses(13_000, "2026-11-01").await;
        // October without a plan is invoiced after the half hour of November with one.
        it.go_to("2026-11-01T00:30:00Z");
        it.billing.end_now(it.tenant).await.unwrap();
        let invoices = it.invoices().await;
        let taken = invoices.iter().flat_map(|(_, lines)| amounts(lines, LineKind::Credit));
        assert_eq!((invoices.len(), taken.map(|(_, amount)| amount).sum::<i64>()), (3, -8_000_000));
    }

    async fn credit_is_taken_once_by_two_workers(it: Deployment) {
        let mut tenants = vec![];
        for _ in 0..8 {
            let tenant = it.another().await;
            it.billing.grant_credit(tenant, &credit(5, None)).await.unwrap();
            for time in ["2026-10-05", "2026-11-05"] {
                it.used_by(tenant, ("google-ads", "run_report"), 5_000, at(time)).await;
            }
            tenants.push(tenant);
        }
        it.go_to("2026-12-02T00:00:00Z");
        let (one, two) = (it.worker(), it.worker());
        let now = at("2026-12-02T00:00:00Z");
        let (closed, ended) =
            join(one.close_periods(now), try_join_all(tenants.iter().map(|tenant| two.end_now(*tenant)))).await;
        closed.unwrap();
        ended.unwrap();
        for tenant in tenants {
            let rows = it.store.tenant(tenant);
            let taken = rows.list_credits().await.unwrap().into_iter().filter(|it| it.kind == CreditKind::Applied);
            assert_eq!(taken.map(|entry| entry.amount.0).sum::<i64>(), -5_000_000);
            assert_eq!(rows.list_invoices().await.unwrap().len(), 2);
        }
    }
}

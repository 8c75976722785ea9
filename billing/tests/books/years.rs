//! Fees for a year.

use turnpike_billing::Choice;
use turnpike_store::{LineKind, SubscriptionState as State};

use crate::deployment::{amounts, at, on_both, plan, units};

fn yearly(name: &str) -> Choice {
    Choice { yearly: true, ..plan(name) }
}

on_both! {
    async fn a_year_is_charged_when_it_begins_and_usage_each_month(it: Deployment) {
        it.go_to("2026-10-10T00:00:00Z");
        it.subscribe(&yearly("starter")).await;
        it.uses(9_000, "2026-10-11").await;
        it.uses(9_000, "2026-11-11").await;
        assert_eq!(it.close_at("2027-12-01T02:00:00Z").await, 14);
        let invoices = it.invoices().await;
        let fees: Vec<_> = invoices.iter().map(|(_, lines)| amounts(lines, LineKind::Fee)).collect();
        assert_eq!(fees[0], [(1, 290_000_000)]);
        assert!(fees[1..12].iter().all(Vec::is_empty), "{fees:?}");
        assert_eq!(fees[12], [(1, 290_000_000)], "the second year begins on 10 October 2027");
        let used: Vec<_> = invoices.iter().map(|(_, lines)| units(lines)).collect();
        assert_eq!(used[..3], [9_000, 9_000, 0]);
        assert_eq!(invoices[1].0.total.0, 1_000_000);
    }

    async fn a_year_ends_with_itself(it: Deployment) {
        it.go_to("2026-10-10T00:00:00Z");
        it.subscribe(&yearly("starter")).await;
        it.billing.cancel(it.tenant).await.unwrap();
        assert_eq!(it.subscription().await.cancel_at, Some(at("2027-10-10")));
        it.close_at("2027-11-01T02:00:00Z").await;
        let ended = it.subscription().await;
        assert_eq!((ended.state, ended.period_end), (State::Canceled, at("2027-10-10")));
        assert_eq!(it.invoices().await.len(), 13);
    }

    async fn the_rest_of_a_year_is_given_back_as_credit(it: Deployment) {
        it.subscribe(&yearly("starter")).await;
        it.close_at("2026-11-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 290_000_000);
        it.go_to("2026-11-30T00:00:00Z");
        it.billing.change_plan(it.tenant, &plan("starter")).await.unwrap();
        it.close_at("2026-12-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        // 305 of 365 days; the last day of November by the month.
        let fees = amounts(&lines, LineKind::Fee);
        assert_eq!(fees, [(1, -242_330_000), (1, 970_000)]);
        assert_eq!(invoice.total.0, 0);
        let account = it.billing.find_account(it.tenant).await.unwrap().unwrap();
        assert_eq!(account.credit.0, 242_330_000 - 970_000);
        it.close_at("2027-01-01T02:00:00Z").await;
        assert_eq!(it.last_invoice().await.0.total.0, 29_000_000, "fees go on by the month");
    }
}

//! Sums agree: of tiers, of lines, of statements.

use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use turnpike_billing::payments::NewCredit;
use turnpike_core::{Currency, Micros, Timestamp};
use turnpike_metering::rate;
use turnpike_store::{CreditKind, LineKind};

use crate::deployment::{Deployment, amounts, at, on_both, plan, units};

const MONTHS: [&str; 10] = [
    "2026-10-01",
    "2026-11-01",
    "2026-12-01",
    "2027-01-01",
    "2027-02-01",
    "2027-03-01",
    "2027-04-01",
    "2027-05-01",
    "2027-06-01",
    "2027-07-01",
];

on_both! {
    async fn an_invoice_is_the_sum_of_its_tiers_at_each_edge(it: Deployment) {
        let starter = it.settings().plans["starter"].clone();
        it.subscribe(&plan("starter")).await;
        let edges = [0, 1, 7_999, 8_000, 8_001, 39_999, 40_000, 40_001, 50_001];
        for (used, month) in edges.into_iter().zip(MONTHS) {
            it.uses(used, month).await;
        }
        it.close_at("2027-07-01T02:00:00Z").await;
        let invoices = it.invoices().await;
        assert_eq!(invoices.len(), edges.len());
        for ((invoice, lines), used) in invoices.iter().zip(edges) {
            let tiers: Vec<_> = rate(&starter, used, Currency::USD).iter().map(|tier| (tier.units, tier.amount.0)).collect();
            assert_eq!(amounts(lines, LineKind::Usage), tiers, "{used}");
            let sum: i64 = tiers.iter().map(|(_, amount)| amount).sum();
            assert_eq!(invoice.total, Micros(29_000_000 + sum), "{used}");
        }
    }

    async fn a_statement_says_what_each_invoice_came_to_and_what_was_paid(it: Deployment) {
        let mut it = it;
        it.set(|settings| settings.payments.tax_rate = 770).await;
        it.subscribe(&plan("starter")).await;
        let paid = NewCredit {
            kind: CreditKind::Paid, amount: Micros(1_230_000), note: "by bank".into(), expires_at: None, made_by: "operator".into(),
        };
        it.billing.grant_credit(it.tenant, &paid).await.unwrap();
        it.uses(41_234, "2026-10-05").await;
        it.close_at("2026-11-01T02:00:00Z").await;
        let (invoice, lines) = it.last_invoice().await;
        it.go_to("2026-11-03T00:00:00Z");
        it.billing.mark_paid(it.tenant, invoice.id, at("2026-11-02")).await.unwrap();
        let statement = it.billing.statement(None, at("2026-10-01"), at("2026-12-01")).await.unwrap();
        let kinds: Vec<_> = statement.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, ["prepaid", "fee", "usage", "usage", "usage", "credit", "payment"]);
        let of_invoice = || statement.iter().filter(|line| line.number == invoice.number && line.kind != "payment");
        assert_eq!(of_invoice().count(), lines.len());
        assert_eq!(of_invoice().map(|line| line.net.0).sum::<i64>(), invoice.subtotal.0);
        assert_eq!(of_invoice().map(|line| line.tax.0).sum::<i64>(), invoice.tax.0);
        assert_eq!(of_invoice().map(|line| line.gross.0).sum::<i64>(), invoice.total.0);
        let payment = statement.last().unwrap();
        assert_eq!((payment.gross.0, payment.at), (-invoice.total.0, at("2026-11-02")));
        assert_eq!(payment.state, "paid");
        assert_eq!(it.billing.statement(Some(it.another().await), at("2026-10-01"), at("2026-12-01")).await.unwrap(), []);
        assert_eq!(it.billing.statement(None, at("2026-11-02"), at("2026-12-01")).await.unwrap().len(), 1);
    }
}

/// Calls at any time, changes of plan in between: each unit is on one line of one invoice, and each invoice is its lines.
#[tokio::test]
async fn whatever_is_used_is_invoiced_once() {
    let calls = vec((0..61 * 24 * 3600_i64, 1..20_000_i64), 0..12);
    let changes = vec((0..61 * 24 * 3600_i64, 0..3_usize, prop::bool::ANY), 0..5);
    let strategy = (calls, changes);
    let mut runner = TestRunner::deterministic();
    for _ in 0..40 {
        let (calls, mut changes) = strategy.new_tree(&mut runner).unwrap().current();
        let it = Deployment::sqlite().await;
        let second = |second: i64| Timestamp::from_micros(at("2026-10-01").micros() + second * 1_000_000);
        it.subscribe(&plan("starter")).await;
        for (at, units) in &calls {
            it.used_by(it.tenant, ("google-ads", "run_report"), *units, second(*at)).await;
        }
        changes.sort();
        for (when, which, yearly) in changes {
            it.go_to(&second(when).to_string());
            let choice = turnpike_billing::Choice { yearly, ..plan(["starter", "growth", "scale"][which]) };
            it.billing.change_plan(it.tenant, &choice).await.unwrap();
        }
        it.close_at("2026-12-01T02:00:00Z").await;
        let invoices = it.invoices().await;
        assert_eq!(invoices.len(), 2);
        for (invoice, lines) in &invoices {
            let in_period = |time: Timestamp| time >= invoice.period_start && time < invoice.period_end;
            let used: i64 = calls.iter().filter(|(at, _)| in_period(second(*at))).map(|(_, units)| units).sum();
            assert_eq!(units(lines), used);
            assert!(invoice.total.0 >= 0);
        }
    }
}

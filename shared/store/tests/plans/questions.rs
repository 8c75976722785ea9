//! What the product asks, as its pages and its work do.

use std::{future::Future, time::Duration};

use turnpike_core::{Ambient, CallId, Outcome, Timestamp};
use turnpike_store::{CallFilter, Store, StoreError};

use crate::{
    fill::{DAY, Ledger},
    plan::Plans,
    rules::{Asked, Bound},
};

const HOUR: Duration = Duration::from_secs(3600);

/// Keeps the plans of each question.
struct Asking<'a> {
    plans: &'a Plans,
    all: Vec<Asked>,
}

impl Asking<'_> {
    async fn ask<T>(
        &mut self,
        question: &str,
        bound: Bound,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Option<T> {
        self.plans.take();
        let answer = answer.await;
        let failed = answer.as_ref().err().map(ToString::to_string);
        self.all.push(Asked { question: question.to_owned(), bound, plans: self.plans.take(), failed });
        answer.ok()
    }
}

pub(crate) async fn ask(store: &Store, ledger: &Ledger, plans: &Plans) -> Vec<Asked> {
    let mut asking = Asking { plans, all: vec![] };
    store.ping().await.unwrap();
    of_pages(&mut asking, store, ledger).await;
    of_sums(&mut asking, store, ledger).await;
    of_the_system(&mut asking, store, ledger).await;
    asking.all
}

async fn of_pages(asking: &mut Asking<'_>, store: &Store, ledger: &Ledger) {
    let (rows, now) = (store.tenant(ledger.large), ledger.now);
    let page = || CallFilter { limit: 51, ..CallFilter::default() };
    let (old, trace) = &ledger.old;
    let of = |name: &str| Some(name.to_owned());
    let filters = [
        ("newest", page()),
        ("after a call of a year ago", CallFilter { before: Some(*old), ..page() }),
        ("of a week", CallFilter { since: Some(now.minus(60 * DAY)), until: Some(now.minus(53 * DAY)), ..page() }),
        ("of an integration", CallFilter { integration: of("supermetrics"), ..page() }),
        ("of an integration that is not called", CallFilter { integration: of("another"), ..page() }),
        ("of a rare tool", CallFilter { integration: of("meta-ads"), tool: of("revert_change"), ..page() }),
        ("of a tool that is not called", CallFilter { integration: of("meta-ads"), tool: of("nothing"), ..page() }),
        ("that succeeded", CallFilter { outcome: Some(Outcome::Success), ..page() }),
        ("of a rare outcome", CallFilter { outcome: Some(Outcome::OurFault), ..page() }),
        ("of an outcome that is not there", CallFilter { outcome: Some(Outcome::SwitchedOff), ..page() }),
        ("of a caller that has not called", CallFilter { principal: of("key:none"), ..page() }),
        ("of a trace", CallFilter { trace_id: Some(trace.clone()), ..page() }),
        ("that used units", CallFilter { charged: true, ..page() }),
    ];
    let mut principal = String::new();
    for (name, filter) in filters {
        let bound = Bound::Rows(5_000.0);
        let found = asking.ask(&format!("`list_calls` {name}"), bound, rows.list_calls(&filter)).await;
        principal = found.iter().flatten().next().map_or(principal, |call| call.principal.clone());
    }
    let few = Bound::Rows(200.0);
    let by_caller = CallFilter { principal: Some(principal.clone()), ..page() };
    asking.ask("`list_calls` of a caller", Bound::Rows(2_000.0), rows.list_calls(&by_caller)).await;
    asking.ask("`list_failed_calls`", Bound::Rows(1_000.0), rows.list_failed_calls(20)).await;
    asking.ask("`find_call` of a year ago", few, rows.find_call(*old)).await;
    let nobody: CallId = Ambient::system().id();
    asking.ask("`find_call` that is not there", few, rows.find_call(nobody)).await;
    asking.ask("`find_first_call` of a caller", few, rows.find_first_call(&principal, Timestamp::from_micros(0))).await;
    asking.ask("`find_batch_of_call`", few, rows.find_batch_of_call(*old)).await;
}

async fn of_sums(asking: &mut Asking<'_>, store: &Store, ledger: &Ledger) {
    let (rows, now) = (store.tenant(ledger.large), ledger.now);
    let (since, forever) = (now.minus(30 * DAY), Timestamp::from_micros(i64::MAX));
    let month = Bound::Months(2);
    asking.ask("`usage` of 30 days", month, rows.usage(since, forever)).await;
    asking.ask("`usage_by_day` of 30 days", month, rows.usage_by_day(since, now)).await;
    asking.ask("`list_callers` of 30 days", month, rows.list_callers(since)).await;
    asking.ask("`list_used_hours` of 30 days", month, rows.list_used_hours(since, now)).await;
    asking.ask("`units_between` of 30 days", month, rows.units_between(since, now)).await;
    asking.ask("`units_used` of a period", Bound::Rows(2_500.0), rows.units_used(since)).await;
    let hour = Timestamp::from_micros(now.micros() - now.micros() % 3_600_000_000).minus(HOUR);
    let seal = rows.seal_usage((hour, hour.plus(HOUR)), |sequence| format!("seal-{sequence}"), now);
    asking.ask("`seal_usage` of an hour", Bound::Rows(5_000.0), seal).await;
}

async fn of_the_system(asking: &mut Asking<'_>, store: &Store, ledger: &Ledger) {
    let (system, now) = (store.system(), ledger.now);
    let since = now.minus(30 * DAY);
    let month = Bound::AllOf(2);
    asking.ask("`usage_by_tenant` of 30 days", month, system.usage_by_tenant(since, now)).await;
    asking.ask("`usage_by_tenant` of a day", month, system.usage_by_tenant(now.minus(DAY), now)).await;
    asking.ask("`usage_by_tenant_and_day` of 30 days", month, system.usage_by_tenant_and_day(since, now)).await;
    asking.ask("`usage_by_price` of 30 days", month, system.usage_by_price(since, now)).await;
    asking.ask("`latency_by_integration` of a day", month, system.latency_by_integration(now.minus(DAY))).await;
    asking
        .ask("`callers_of` a tool, 30 days", month, system.callers_of("meta-ads", Some("revert_change"), since))
        .await;
    let quarter = Bound::AllOf(4);
    asking.ask("`last_calls_by_tenant` of 90 days", quarter, system.last_calls_by_tenant(now.minus(90 * DAY))).await;
    asking.ask("`list_unsealed_hours` of 3 hours", month, system.list_unsealed_hours(now.minus(3 * HOUR), now)).await;
    asking.ask("`list_unsealed_hours` of 48 hours", month, system.list_unsealed_hours(now.minus(48 * HOUR), now)).await;
    asking
        .ask("`list_unsealed_hours` of 40 days", Bound::AllOf(3), system.list_unsealed_hours(now.minus(40 * DAY), now))
        .await;
    let lately = now.minus(HOUR)..now.minus(HOUR / 4);
    asking.ask("`list_unfinished_intents` of an hour", month, system.list_unfinished_intents(lately)).await;
    let ever = Timestamp::from_micros(0)..now;
    asking.ask("`list_unfinished_intents` of all time", Bound::AllOf(99), system.list_unfinished_intents(ever)).await;
    let call = store.tenant(ledger.large).find_call(ledger.old.0).await.unwrap().unwrap();
    let again = |_| turnpike_store::CallRow { call_id: Ambient::system().id(), started_at: now, ..call.clone() };
    let group: Vec<_> = (0..64).map(again).collect();
    asking.ask("`insert_calls` of 64", Bound::AllOf(1), system.insert_calls(&group)).await;
}

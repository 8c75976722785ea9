//! Who called what, how often and when.

use std::time::Duration;

use turnpike_core::{Micros, Outcome, TenantId};
use turnpike_store::{CallFilter, CallRow, CallerUse, DayLine, LastCalls, TenantUse};

use crate::{
    deployment::on_both,
    samples::{NOW, call, id, later},
};

const DAY: u64 = 86_400;

fn at(tenant: TenantId, seconds: u64, outcome: Outcome) -> CallRow {
    CallRow { started_at: later(seconds), outcome, ..call(tenant) }
}

on_both! {
    async fn calls_are_narrowed_by_tool_outcome_caller_and_trace(it: Deployment) {
        let mut rows: Vec<_> = (0..5).map(|_| call(it.our_id)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.call_id));
        rows[0].tool = "set_budget".into();
        rows[1].outcome = Outcome::Throttled;
        rows[2].principal = "person:1".into();
        rows[3].trace_id = Some("4bf9".into());
        it.store.system().insert_calls(&rows).await.unwrap();
        let page = || CallFilter { limit: 10, ..CallFilter::default() };
        for (row, filter) in [
            (0, CallFilter { tool: Some("set_budget".into()), ..page() }),
            (1, CallFilter { outcome: Some(Outcome::Throttled), ..page() }),
            (2, CallFilter { principal: Some("person:1".into()), ..page() }),
            (3, CallFilter { trace_id: Some("4bf9".into()), ..page() }),
        ] {
            assert_eq!(it.ours.list_calls(&filter).await.unwrap(), rows[row..=row], "{filter:?}");
        }
    }

    async fn the_first_call_of_a_caller_is_the_oldest_since_then(it: Deployment) {
        let by = |principal: &str, seconds| CallRow { principal: principal.into(), ..at(it.our_id, seconds, Outcome::Success) };
        let rows = [by("key:1", 0), by("key:2", 5), by("key:1", 9), by("key:1", 7)];
        it.store.system().insert_calls(&rows).await.unwrap();
        let first = async |principal, since| it.ours.find_first_call(principal, later(since)).await.unwrap();
        assert_eq!(first("key:1", 0).await.as_ref(), Some(&rows[0]));
        assert_eq!(first("key:1", 1).await.as_ref(), Some(&rows[3]));
        assert_eq!(first("key:3", 0).await, None);
        assert_eq!(it.theirs.find_first_call("key:1", NOW).await.unwrap(), None);
    }

    async fn callers_are_listed_with_what_they_called_last(it: Deployment) {
        let mut rows: Vec<_> = (0..4).map(|_| call(it.our_id)).collect();
        rows.sort_by_key(|row| row.call_id);
        for (row, (seconds, principal, client)) in
            rows.iter_mut().zip([(0, "key:1", "old"), (1, "key:1", "older"), (5, "key:1", "newest"), (9, "person:1", "portal")])
        {
            (row.started_at, row.principal, row.client) = (later(seconds), principal.into(), Some(client.into()));
        }
        it.store.system().insert_calls(&rows).await.unwrap();
        let of = |principal: &str, calls, seconds, client: &str| CallerUse {
            principal: principal.into(),
            calls,
            last_at: later(seconds),
            client: Some(client.into()),
        };
        let callers = it.ours.list_callers(later(1)).await.unwrap();
        assert_eq!(callers, [of("person:1", 1, 9, "portal"), of("key:1", 2, 5, "newest")]);
    }

    async fn usage_is_summed_up_by_day(it: Deployment) {
        let midnight = (NOW.micros() as u64 / 1_000_000) % DAY;
        let today = DAY - midnight;
        let rows = [
            at(it.our_id, 0, Outcome::Success),
            at(it.our_id, today - 1, Outcome::UpstreamFault),
            at(it.our_id, today, Outcome::Cached),
            at(it.our_id, today + DAY, Outcome::Success),
            at(it.their_id, 0, Outcome::Success),
        ];
        it.store.system().insert_calls(&rows).await.unwrap();
        let line = |day, calls, failures| DayLine {
            day,
            integration: "google-ads".into(),
            calls,
            failures,
            upstream_requests: 2 * calls,
            price: Micros(4_000 * calls),
            currency: rows[0].currency,
        };
        let day = NOW.minus(Duration::from_secs(midnight));
        let lines = it.ours.usage_by_day(NOW, later(today + DAY)).await.unwrap();
        assert_eq!(lines, [line(day, 2, 1), line(later(today), 1, 0)]);
    }

    async fn every_outcome_counts_as_a_failure_or_not_as_its_name_says(it: Deployment) {
        for (day, outcome) in (0..).zip(Outcome::ALL) {
            it.store.system().insert_calls(&[at(it.our_id, day * DAY, *outcome)]).await.unwrap();
            let line = it.ours.usage_by_day(later(day * DAY), later(day * DAY + 1)).await.unwrap().remove(0);
            assert_eq!(line.failures == 1, outcome.is_failure(), "{outcome}");
        }
    }

    async fn the_operator_sees_when_each_tenant_called_and_failed_last(it: Deployment) {
        let (other, mut failed) = (id(), at(it.our_id, 5, Outcome::OurFault));
        failed.class = Some("internal".into());
        let rows = [at(it.our_id, 9, Outcome::Success), at(it.their_id, 7, Outcome::DryRun), at(other, 0, Outcome::Success), failed];
        it.store.system().insert_calls(&rows).await.unwrap();
        let mut last = it.store.system().last_calls_by_tenant(later(1)).await.unwrap();
        last.sort_by_key(|(_, last)| std::cmp::Reverse(last.last_at));
        let ours = LastCalls { last_at: later(9), failed_at: Some(later(5)), failed_class: Some("internal".into()) };
        let theirs = LastCalls { last_at: later(7), failed_at: None, failed_class: None };
        assert_eq!(last, [(it.our_id, ours), (it.their_id, theirs)]);
    }

    async fn the_operator_sees_who_calls_an_integration_or_a_tool(it: Deployment) {
        let tool = |seconds| CallRow { tool: "set_budget".into(), ..at(it.their_id, seconds, Outcome::Success) };
        let rows = [at(it.our_id, 1, Outcome::Success), at(it.our_id, 2, Outcome::Success), tool(3), at(it.our_id, 0, Outcome::Success)];
        it.store.system().insert_calls(&rows).await.unwrap();
        let of = async |integration, tool, since| it.store.system().callers_of(integration, tool, later(since)).await.unwrap();
        let uses = |calls, seconds| TenantUse { calls, last_at: later(seconds) };
        assert_eq!(of("google-ads", None, 1).await, [(it.our_id, uses(2, 2)), (it.their_id, uses(1, 3))]);
        assert_eq!(of("google-ads", Some("set_budget"), 1).await, [(it.their_id, uses(1, 3))]);
        assert_eq!(of("meta-ads", None, 1).await, []);
    }
}

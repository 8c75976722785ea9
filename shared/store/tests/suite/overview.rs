//! What the operator sees of all tenants at once.

use std::time::Duration;

use turnpike_core::{Outcome, Role};
use turnpike_store::Latency;

use crate::{
    deployment::on_both,
    samples::{NOW, call, id, joined, later},
};

on_both! {
    async fn members_are_counted_by_tenant(it: Deployment) {
        let system = it.store.system();
        assert_eq!(system.count_members().await.unwrap(), []);
        let person = joined(&it.store, &it.ours).await;
        joined(&it.store, &it.ours).await;
        it.theirs.insert_member(person, Role::Auditor, NOW).await.unwrap();
        let mut expected = [(it.our_id, 2), (it.their_id, 1)];
        expected.sort();
        assert_eq!(system.count_members().await.unwrap(), expected);
    }

    async fn ninety_five_of_a_hundred_calls_were_done_in_that_time(it: Deployment) {
        let took = |integration: &str, millis: i64| {
            let mut row = call(it.our_id);
            (row.integration, row.duration_micros) = (integration.into(), millis * 1_000);
            row
        };
        let mut rows: Vec<_> = (1..=100).rev().map(|millis| took("google-ads", millis)).collect();
        rows.push(took("meta-ads", 7));
        // Answered without the upstream, and begun before: neither counts.
        let mut refused = took("meta-ads", 1);
        refused.upstream_requests = 0;
        let mut before = took("meta-ads", 900);
        (before.started_at, refused.started_at) = (NOW, later(10));
        rows.iter_mut().for_each(|row| row.started_at = later(10));
        rows.extend([refused, before]);
        let system = it.store.system();
        system.insert_calls(&rows).await.unwrap();
        let latency = |integration: &str, millis| Latency { integration: integration.into(), p95: Duration::from_millis(millis) };
        let found = system.latency_by_integration(later(1)).await.unwrap();
        assert_eq!(found, [latency("google-ads", 95), latency("meta-ads", 7)]);
        assert_eq!(system.latency_by_integration(later(11)).await.unwrap(), []);
    }

    async fn calls_that_gave_nothing_are_listed_apart(it: Deployment) {
        let ended = |outcome| {
            let mut row = call(it.our_id);
            row.outcome = outcome;
            row
        };
        let rows: Vec<_> = Outcome::ALL.iter().map(|outcome| ended(*outcome)).collect();
        let mut foreign = call(it.their_id);
        foreign.outcome = Outcome::OurFault;
        it.store.system().insert_calls(&rows).await.unwrap();
        it.store.system().insert_calls(&[foreign]).await.unwrap();
        let failed = it.ours.list_failed_calls(100).await.unwrap();
        let mut outcomes: Vec<_> = failed.iter().map(|row| row.outcome).collect();
        outcomes.sort();
        let expected = [
            Outcome::CallerFault,
            Outcome::SwitchedOff,
            Outcome::Throttled,
            Outcome::BreakerOpen,
            Outcome::UpstreamFault,
            Outcome::OurFault,
        ];
        assert_eq!(outcomes, expected);
        assert!(failed.is_sorted_by_key(|row| std::cmp::Reverse(row.call_id)), "newest first");
        assert_eq!(it.ours.list_failed_calls(2).await.unwrap(), failed[..2]);
        assert_eq!(it.store.tenant(id()).list_failed_calls(2).await.unwrap(), []);
    }
}

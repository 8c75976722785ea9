//! The ledger takes rows and never gives them back.

use turnpike_core::CallId;
use turnpike_store::{CallFilter, StoreError};

use crate::{
    deployment::on_both,
    samples::{call, id},
};

on_both! {
    async fn a_call_comes_back_as_it_was_written(it: Deployment) {
        let mut bare = call(it.our_id);
        (bare.connection_id, bare.client) = (None, None);
        let mut full = call(it.our_id);
        (full.class, full.trace_id, full.sandbox) = (Some("upstream".into()), Some("4bf9".into()), true);
        it.store.system().insert_calls(&[bare.clone(), full.clone()]).await.unwrap();
        assert_eq!(it.ours.find_call(bare.call_id).await.unwrap(), Some(bare));
        assert_eq!(it.ours.find_call(full.call_id).await.unwrap(), Some(full));
    }

    async fn five_hundred_calls_of_two_tenants_go_in_at_once(it: Deployment) {
        let tenants = [it.our_id, it.their_id];
        let rows: Vec<_> = (0..500).map(|n| call(tenants[n % 2])).collect();
        it.store.system().insert_calls(&rows).await.unwrap();
        assert_eq!(it.store.system().count_calls().await.unwrap(), 500);
        let ours = it.ours.list_calls(&CallFilter { limit: 1_000, ..CallFilter::default() }).await.unwrap();
        assert_eq!(ours.len(), 250);
        assert!(ours.iter().all(|row| row.tenant_id == it.our_id));
    }

    async fn a_batch_of_any_size_goes_in(it: Deployment) {
        let sizes = [0, 1, 2, 63, 64, 65, 128];
        for size in sizes {
            let rows: Vec<_> = (0..size).map(|_| call(it.our_id)).collect();
            it.store.system().insert_calls(&rows).await.unwrap();
        }
        assert_eq!(it.store.system().count_calls().await.unwrap(), sizes.iter().sum::<i64>());
    }

    async fn a_call_is_not_written_twice_and_takes_its_batch_with_it(it: Deployment) {
        let (first, system) = (call(it.our_id), it.store.system());
        system.insert_calls(std::slice::from_ref(&first)).await.unwrap();
        for others in [1, 200] {
            let mut rows: Vec<_> = (0..others).map(|_| call(it.our_id)).collect();
            rows.push(first.clone());
            assert!(matches!(system.insert_calls(&rows).await, Err(StoreError::Conflict { what: "call" })));
        }
        assert_eq!(system.count_calls().await.unwrap(), 1);
    }

    async fn not_even_the_owner_changes_or_deletes_a_call(it: Deployment) {
        it.store.system().insert_calls(&[call(it.our_id)]).await.unwrap();
        for sql in ["UPDATE calls SET price = 0", "DELETE FROM calls"] {
            let error = it.run_as_owner(sql).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
        assert_eq!(it.store.system().count_calls().await.unwrap(), 1);
    }

    async fn a_ledger_row_needs_neither_a_known_tenant_nor_a_known_connection(it: Deployment) {
        let row = call(id());
        it.store.system().insert_calls(std::slice::from_ref(&row)).await.unwrap();
        let found = it.store.tenant(row.tenant_id).find_call(row.call_id).await.unwrap();
        assert_eq!(found.map(|row| row.call_id), Some::<CallId>(row.call_id));
    }
}

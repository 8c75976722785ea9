//! What is looked after, and what people are told of it.

use std::time::Duration;

use turnpike_core::{ConnectionId, Timestamp};
use turnpike_store::{CareWanted, ConnectionState, NewConnection, SystemStore, TenantStore};

use crate::{
    deployment::on_both,
    samples::{NOW, connection, credential, id, later, replacement},
};

const NEVER: Timestamp = Timestamp::from_micros(i64::MIN);
const WANTED: CareWanted<'_> =
    CareWanted { integration: "google-ads", access_ends_by: NEVER, used_since: NOW, stored_by: NEVER, ends_by: NEVER };

/// A connection to the vendor.
async fn live(tenant: &TenantStore) -> ConnectionId {
    let new = NewConnection { sandbox: false, predicted_end: None, ..connection(id(), "google-ads") };
    tenant.insert_connection(&new).await.unwrap();
    new.id
}

async fn found(system: &SystemStore, wanted: CareWanted<'_>) -> Vec<ConnectionId> {
    let rows = system.list_credentials_to_care_for(&wanted).await.unwrap();
    rows.into_iter().map(|(_, row)| row.connection_id).collect()
}

on_both! {
    async fn credentials_are_found_by_their_use_their_age_and_their_end(it: Deployment) {
        let (system, own) = (it.store.system(), live(&it.ours).await);
        it.ours.insert_credential(&credential(own)).await.unwrap();
        let ends = CareWanted { access_ends_by: later(3600), ..WANTED };
        assert_eq!(found(&system, ends.clone()).await, [], "no call has used it");
        assert!(it.ours.note_lease(own, later(5), later(5)).await.unwrap());
        assert!(!it.ours.note_lease(own, later(9), later(4)).await.unwrap(), "that was noted lately");
        assert_eq!(found(&system, ends.clone()).await, [own]);
        assert_eq!(found(&system, CareWanted { used_since: later(6), ..ends.clone() }).await, []);
        assert_eq!(found(&system, CareWanted { access_ends_by: later(3599), ..WANTED }).await, []);
        assert_eq!(found(&system, CareWanted { stored_by: NOW, ..WANTED }).await, [own]);
        assert_eq!(found(&system, CareWanted { ends_by: later(9), ..WANTED }).await, [], "no end is known");
        it.ours.predict_connection_end(own, Some(later(9)), NOW).await.unwrap();
        assert_eq!(found(&system, CareWanted { ends_by: later(9), ..WANTED }).await, [own]);
        assert_eq!(found(&system, CareWanted { integration: "meta-ads", stored_by: NOW, ..WANTED }).await, []);

        let stored = CareWanted { stored_by: later(99), ..WANTED };
        assert_eq!(found(&system, stored.clone()).await, [own]);
        assert!(it.ours.ask_to_revoke(own, 1, NOW).await.unwrap());
        assert_eq!(found(&system, stored.clone()).await, [], "it waits to be taken back");
        assert!(it.ours.swap_credential(own, 1, &replacement(7)).await.unwrap());
        for state in [ConnectionState::ReconnectNeeded, ConnectionState::Disabled] {
            it.ours.set_connection_state(own, state, None, NOW).await.unwrap();
            assert_eq!(found(&system, stored.clone()).await, [], "{state:?}");
        }
        assert_eq!(it.ours.list_refreshed().await.unwrap()[0].stored_at, later(1));
        assert_eq!(system.list_all_refreshed().await.unwrap().len(), 1);
    }

    async fn a_notice_is_taken_by_one_given_up_in_time_and_told_once(it: Deployment) {
        let (key, told) = ("budget/80", async || it.store.system().list_told_notices(NOW).await.unwrap());
        assert_eq!(it.ours.take_notice(key, NOW, later(60)).await.unwrap(), Some(vec![]));
        assert_eq!(it.ours.take_notice(key, later(59), later(99)).await.unwrap(), None, "another has it");
        assert!(it.ours.update_notice(key, &["ann".into()], None).await.unwrap());
        let again = it.ours.take_notice(key, later(60), later(120)).await.unwrap();
        assert_eq!(again, Some(vec!["ann".into()]), "who had it is gone, and has reached one");
        assert_eq!(told().await, [].into());
        assert!(it.ours.update_notice(key, &["ann".into(), "bob".into()], Some(later(61))).await.unwrap());
        assert_eq!(it.ours.take_notice(key, later(9999), later(9999)).await.unwrap(), None, "all know");
        assert_eq!(told().await, [(it.our_id, key.to_owned())].into());
        assert_eq!(it.store.system().list_told_notices(later(62)).await.unwrap(), [].into(), "that was before");
        assert_eq!(it.theirs.take_notice(key, NOW, later(60)).await.unwrap(), Some(vec![]), "theirs is another");
    }

    async fn what_need_not_be_told_any_more_is_closed(it: Deployment) {
        assert!(it.ours.take_notice("budget/50", NOW, later(60)).await.unwrap().is_some());
        for key in ["budget/50", "budget/80"] {
            assert!(it.ours.close_notice(key, later(1)).await.unwrap());
            assert!(!it.ours.close_notice(key, later(2)).await.unwrap());
            assert_eq!(it.ours.take_notice(key, later(99), later(99)).await.unwrap(), None, "{key}");
        }
    }

    async fn connections_that_end_are_listed(it: Deployment) {
        let (system, own, end) = (it.store.system(), live(&it.ours).await, later(9000));
        let listed = async || {
            let listed = system.list_ending_connections(NOW, later(9000)).await.unwrap();
            listed.into_iter().map(|(tenant, own)| (tenant, own.connection_id, own.predicted_end)).collect::<Vec<_>>()
        };
        assert_eq!(listed().await, []);
        it.ours.predict_connection_end(own, Some(end), NOW).await.unwrap();
        assert_eq!(listed().await, [(it.our_id, own, end)]);
        it.ours.predict_connection_end(own, Some(end.plus(Duration::from_secs(9))), NOW).await.unwrap();
        assert_eq!(listed().await, [], "it is too far away");
        let sandbox = NewConnection { sandbox: true, predicted_end: Some(end), ..connection(id(), "meta-ads") };
        it.ours.insert_connection(&sandbox).await.unwrap();
        assert_eq!(listed().await, [], "nobody misses a sandbox");
        it.ours.predict_connection_end(own, Some(end), NOW).await.unwrap();
        it.ours.set_connection_state(own, ConnectionState::Disabled, None, NOW).await.unwrap();
        assert_eq!(listed().await, []);
    }

    async fn the_first_end_of_each_integration_is_told(it: Deployment) {
        let (system, own) = (it.store.system(), live(&it.ours).await);
        let their_own = live(&it.theirs).await;
        let first = async |until| {
            let ends = system.list_first_ends(NOW, later(until)).await.unwrap();
            ends.into_iter().map(|own| (own.integration, own.predicted_end)).collect::<Vec<_>>()
        };
        assert_eq!(first(99).await, []);
        it.ours.predict_connection_end(own, Some(later(60)), NOW).await.unwrap();
        it.theirs.predict_connection_end(their_own, Some(later(50)), NOW).await.unwrap();
        let sandbox = NewConnection { sandbox: true, predicted_end: Some(later(9)), ..connection(id(), "meta-ads") };
        it.ours.insert_connection(&sandbox).await.unwrap();
        assert_eq!(first(99).await, [("google-ads".to_owned(), later(50))]);
        assert_eq!(first(49).await, [], "it is too far away");
        it.theirs.set_connection_state(their_own, ConnectionState::ReconnectNeeded, None, NOW).await.unwrap();
        assert_eq!(first(99).await, [("google-ads".to_owned(), later(60))], "one that has broken has no end any more");
    }

    async fn a_connection_that_broke_is_listed_until_it_is_mended_and_as_another_when_it_breaks_anew(it: Deployment) {
        let (system, own) = (it.store.system(), live(&it.ours).await);
        it.ours.insert_credential(&credential(own)).await.unwrap();
        let broken = async || system.list_broken_connections(NOW, later(100)).await.unwrap();
        assert!(broken().await.is_empty());
        assert!(it.ours.ask_to_reconnect(own, 1, "revoked", later(9)).await.unwrap());
        let (tenant, listed) = broken().await.remove(0);
        assert_eq!((tenant, listed.connection_id, listed.reason.as_deref()), (it.our_id, own, Some("revoked")));
        assert!(system.list_broken_connections(NOW, later(8)).await.unwrap().is_empty(), "it may be a moment's");
        assert!(it.ours.swap_credential(own, 1, &replacement(7)).await.unwrap());
        it.ours.set_connection_state(own, ConnectionState::Ok, None, later(11)).await.unwrap();
        assert!(broken().await.is_empty());
        assert!(it.ours.ask_to_reconnect(own, 2, "revoked", later(19)).await.unwrap());
        assert!(broken().await[0].1.stored_at > listed.stored_at, "the credential is another");
    }
}

//! The audit log: one chain for each tenant, and nothing in it changes unseen.

use futures_util::future::join_all;
use turnpike_core::TenantId;
use turnpike_store::{AuditError, AuditFilter, AuditHead, TenantStore};

use crate::{
    deployment::{Deployment, Place, on_both},
    samples::{AUDIT_KEY, audit_event, later},
};

async fn append(tenant: &TenantStore, actions: &[&str]) {
    for (action, second) in actions.iter().zip(1..) {
        tenant.append_audit(&AUDIT_KEY, &audit_event(action, later(second))).await.unwrap();
    }
}

/// Does what only somebody with the database's superuser could: the triggers stand in nobody's way.
async fn tamper(it: &Deployment, sql: &str) {
    let (off, on) = match it.place {
        Place::Sqlite { .. } => (
            "DROP TRIGGER IF EXISTS audit_events_are_not_changed; DROP TRIGGER IF EXISTS audit_events_are_not_deleted;",
            "",
        ),
        Place::Postgres { .. } => (
            "ALTER TABLE audit_events DISABLE TRIGGER audit_events_are_not_changed;",
            "ALTER TABLE audit_events ENABLE TRIGGER audit_events_are_not_changed;",
        ),
    };
    it.run_as_owner(&format!("{off} {sql}; {on}")).await.unwrap();
}

on_both! {
    async fn events_are_numbered_chained_and_listed_newest_first(it: Deployment) {
        append(&it.ours, &["key.made", "key.revoked", "key.made"]).await;
        append(&it.theirs, &["key.made"]).await;
        let list = async |filter| it.ours.list_audit(&filter).await.unwrap();
        let page = || AuditFilter { limit: 10, ..AuditFilter::default() };
        let all = list(page()).await;
        assert_eq!(all.iter().map(|event| (event.sequence, event.at)).collect::<Vec<_>>(), [(3, later(3)), (2, later(2)), (1, later(1))]);
        assert_eq!(list(AuditFilter { before: Some(3), limit: 1, ..page() }).await, all[1..2]);
        assert_eq!(list(AuditFilter { action: Some("key.revoked".into()), ..page() }).await, all[1..2]);
        assert_eq!(list(AuditFilter { actor: Some("desk".into()), ..page() }).await, []);
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap(), all[0].head());
        let theirs = it.theirs.list_audit(&page()).await.unwrap();
        assert_ne!(theirs[0].hash, all[2].hash, "the same event of another tenant has another hash");
        let mut tenants = it.store.system().list_audit_tenants().await.unwrap();
        tenants.sort();
        let mut expected = [it.our_id, it.their_id];
        expected.sort();
        assert_eq!(tenants, expected);
    }

    async fn fifty_writers_at_once_keep_one_chain(it: Deployment) {
        let writers = (0..50).map(|n| {
            let ours = it.ours.clone();
            tokio::spawn(async move { ours.append_audit(&AUDIT_KEY, &audit_event("key.made", later(n))).await.unwrap() })
        });
        let mut written: Vec<_> = join_all(writers).await.into_iter().map(|event| event.unwrap().sequence).collect();
        written.sort_unstable();
        assert_eq!(written, (1..=50).collect::<Vec<_>>());
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap().sequence, 50);
    }

    async fn what_belongs_to_no_tenant_has_a_chain_of_its_own(it: Deployment) {
        let staff = it.store.tenant(TenantId::NONE);
        append(&staff, &["brand.set", "announcement.made"]).await;
        assert_eq!(staff.verify_audit(&AUDIT_KEY, None).await.unwrap().sequence, 2);
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap(), AuditHead::EMPTY);
    }

    async fn a_text_that_the_database_stores_differently_is_verified_as_it_is_stored(it: Deployment) {
        let mut event = audit_event("key.made", later(1));
        event.subject = "a\0b".into();
        let written = it.ours.append_audit(&AUDIT_KEY, &event).await.unwrap();
        let page = AuditFilter { limit: 1, ..AuditFilter::default() };
        assert_eq!(it.ours.list_audit(&page).await.unwrap(), [written]);
        assert!(it.ours.verify_audit(&AUDIT_KEY, None).await.is_ok());
    }

    async fn not_even_the_owner_changes_or_deletes_an_event(it: Deployment) {
        append(&it.ours, &["key.made"]).await;
        for sql in ["UPDATE audit_events SET actor = 'nobody'", "DELETE FROM audit_events"] {
            let error = it.run_as_owner(sql).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    }

    async fn whoever_gets_past_that_is_found_out(it: Deployment) {
        append(&it.ours, &["key.made", "key.revoked", "policy.set", "brand.set"]).await;
        let whole = it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap();
        let verify = async || it.ours.verify_audit(&AUDIT_KEY, Some(whole)).await;
        assert_eq!(verify().await.unwrap(), whole);
        assert!(matches!(it.ours.verify_audit(&[0; 32], None).await, Err(AuditError::Altered { sequence: 1 })), "another key");

        for column in ["actor", "action", "subject", "details_json", "at"] {
            let (other, back) = if column == "at" { ("at + 1", "at - 1") } else { ("'x' || NAME", "SUBSTR(NAME, 2)") };
            let set = |value: &str| format!("UPDATE audit_events SET {column} = {} WHERE sequence = 2", value.replace("NAME", column));
            tamper(&it, &set(other)).await;
            assert!(matches!(verify().await, Err(AuditError::Altered { sequence: 2 })), "{column}");
            tamper(&it, &set(back)).await;
            assert_eq!(verify().await.unwrap(), whole);
        }

        let swap = "UPDATE audit_events SET sequence = 9 WHERE sequence = 2; UPDATE audit_events SET sequence = 2 \
                    WHERE sequence = 3; UPDATE audit_events SET sequence = 3 WHERE sequence = 9";
        tamper(&it, swap).await;
        assert!(matches!(verify().await, Err(AuditError::Altered { sequence: 2 })), "moved");
        tamper(&it, swap).await;

        tamper(&it, "DELETE FROM audit_events WHERE sequence = 4").await;
        assert!(matches!(verify().await, Err(AuditError::Shortened { found: 3, expected: 4 })));
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap().sequence, 3, "only an earlier look tells of the end");
        append(&it.ours, &["brand.set"]).await;
        assert!(matches!(verify().await, Err(AuditError::Altered { sequence: 4 })), "the end is another");

        tamper(&it, "DELETE FROM audit_events WHERE sequence = 2").await;
        assert!(matches!(it.ours.verify_audit(&AUDIT_KEY, None).await, Err(AuditError::Missing { sequence: 2 })));
    }
}

//! Data keys: resealing, rotations that are cut off, and a database of their own.

use turnpike_store::{SealedRow, Store};
use turnpike_testkit::Postgres;

use crate::{
    deployment::on_both,
    samples::{AUDIT_KEY, NOW, audit_event, connected, credential, data_key, id, later, replacement, sealed, secret},
};

on_both! {
    async fn a_credential_is_resealed_in_its_place_and_its_refresh_goes_on(it: Deployment) {
        let at = connected(&it.ours).await;
        it.ours.insert_credential(&credential(at)).await.unwrap();
        assert!(it.ours.begin_refresh(at, 1, "one", later(1), NOW).await.unwrap());
        assert_eq!(it.ours.list_credentials_of_other_keys(2).await.unwrap(), [sealed(at)]);
        assert!(it.ours.reseal_credential(&sealed(at), 2, &[9]).await.unwrap());
        let row = it.ours.find_credential(at).await.unwrap().unwrap();
        assert_eq!((row.generation, row.key_version, row.sealed), (1, 2, vec![9]));
        assert_eq!((row.refresh_started_at, row.refresh_by.as_deref()), (Some(later(1)), Some("one")));
        assert_eq!(it.ours.list_credentials_of_other_keys(2).await.unwrap(), []);
        // The refresh that was under way wins, whatever it was sealed with.
        assert!(it.ours.swap_credential(at, 1, &replacement(5)).await.unwrap());
    }

    async fn a_credential_that_was_replaced_or_resealed_meanwhile_stays_as_it_is(it: Deployment) {
        let at = connected(&it.ours).await;
        it.ours.insert_credential(&credential(at)).await.unwrap();
        let other_key = SealedRow { key_version: 3, ..sealed(at) };
        assert!(!it.ours.reseal_credential(&other_key, 4, &[9]).await.unwrap());
        assert!(it.ours.swap_credential(at, 1, &replacement(5)).await.unwrap());
        assert!(!it.ours.reseal_credential(&sealed(at), 3, &[9]).await.unwrap());
        let row = it.ours.find_credential(at).await.unwrap().unwrap();
        assert_eq!((row.generation, row.key_version, row.sealed), (2, 2, vec![5]));
        let counted = it.store.system().count_credentials_by_key().await.unwrap();
        assert_eq!(counted.iter().map(|(tenant, row)| (*tenant, row.key_version, row.credentials)).collect::<Vec<_>>(), [(it.our_id, 2, 1)]);
    }

    async fn data_keys_are_deleted_one_by_one_or_all_of_a_tenant(it: Deployment) {
        for tenant in [&it.ours, &it.theirs] {
            for version in [1, 2, 3] {
                assert!(tenant.insert_data_key(&data_key(version)).await.unwrap());
            }
        }
        assert!(it.ours.delete_data_key(1).await.unwrap());
        assert!(!it.ours.delete_data_key(1).await.unwrap());
        let versions: Vec<_> = it.ours.list_data_keys().await.unwrap().into_iter().map(|key| key.version).collect();
        assert_eq!(versions, [2, 3]);
        assert_eq!(it.ours.delete_data_keys().await.unwrap(), 2);
        assert_eq!(it.store.system().list_data_keys().await.unwrap().len(), 3, "the other tenant's");
    }

    async fn a_rotation_that_was_cut_off_is_the_same_when_it_is_begun_again(it: Deployment) {
        let system = it.store.system();
        let first = system.begin_key_rotation(None, NOW).await.unwrap();
        assert_eq!(system.begin_key_rotation(None, later(9)).await.unwrap(), first);
        let one = system.begin_key_rotation(Some(it.our_id), later(9)).await.unwrap();
        assert_eq!(one.begun_at, later(9));
        system.end_key_rotation(None, one).await.unwrap();
        assert_eq!(system.begin_key_rotation(None, later(10)).await.unwrap(), first, "that was another's end");
        system.end_key_rotation(None, first).await.unwrap();
        assert_eq!(system.begin_key_rotation(None, later(10)).await.unwrap().begun_at, later(10));
        system.delete_tenant(it.our_id, &AUDIT_KEY, &audit_event("tenant.deleted", later(11))).await.unwrap();
        assert_eq!(system.begin_key_rotation(Some(it.our_id), later(12)).await.unwrap().begun_at, later(12));
    }

    async fn a_secret_is_wrapped_anew_by_the_tables_owner_only(it: Deployment) {
        let owner = match &it.place {
            crate::deployment::Place::Sqlite { .. } => it.store.clone(),
            crate::deployment::Place::Postgres { urls, .. } => Store::open(&urls.owner_url, 1).await.unwrap(),
        };
        it.store.system().insert_secret_if_absent(&secret("pepper")).await.unwrap();
        if let crate::deployment::Place::Postgres { .. } = it.place {
            assert!(it.store.system().rewrap_secret(&secret("pepper"), "aws-kms", &[2]).await.is_err());
        }
        assert!(owner.system().rewrap_secret(&secret("pepper"), "aws-kms", &[2]).await.unwrap());
        assert!(!owner.system().rewrap_secret(&secret("pepper"), "local", &[3]).await.unwrap(), "it is another by now");
        let all = it.store.system().list_secrets().await.unwrap();
        assert_eq!((all.len(), all[0].provider.as_str(), all[0].wrapped.as_slice()), (1, "aws-kms", &[2_u8][..]));
    }
}

#[tokio::test]
async fn a_file_of_its_own_holds_data_keys_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", folder.path().join("keys.db").display()), 2).await.unwrap();
    assert!(store.check_keys().await.is_err());
    assert_eq!(store.migrate_keys().await.unwrap(), ["0001_data_keys"]);
    store.check_keys().await.unwrap();
    holds_data_keys(&store).await;
    assert!(store.system().list_tenants().await.is_err(), "there are no tenants in it");
}

#[tokio::test]
async fn a_postgresql_of_its_own_holds_data_keys_behind_the_same_guard() {
    let server = Postgres::shared().await.unwrap();
    let urls = server.database().await.unwrap();
    let owner = Store::open(&urls.owner_url, 1).await.unwrap();
    owner.migrate_keys().await.unwrap();
    owner.grant_keys_role("turnpike_app").await.unwrap();
    assert!(owner.check_keys().await.is_err(), "the role owns the table");
    let store = Store::open(&urls.app_url, 2).await.unwrap();
    store.check_keys().await.unwrap();
    holds_data_keys(&store).await;
}

async fn holds_data_keys(store: &Store) {
    let (ours, theirs) = (store.tenant(id()), store.tenant(id()));
    assert!(ours.insert_data_key(&data_key(1)).await.unwrap());
    assert_eq!(ours.find_data_key(None).await.unwrap(), Some(data_key(1)));
    assert_eq!(theirs.find_data_key(None).await.unwrap(), None);
    assert_eq!(theirs.delete_data_keys().await.unwrap(), 0);
    assert_eq!(ours.delete_data_keys().await.unwrap(), 1);
}

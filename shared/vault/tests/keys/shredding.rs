//! The end of a tenant's keys, and what a backup can do after it.

use std::fs;

use turnpike_store::Store;
use turnpike_vault::{Keyring, Vault, VaultError};

use crate::scene::{Scene, open};

/// Puts the main database aside as a backup does, and back as somebody does who restores it.
async fn restored(scene: &Scene, backup: &str) -> Store {
    fs::copy(scene.folder.path().join("main.db"), scene.folder.path().join(backup)).unwrap();
    let log = scene.folder.path().join("main.db-wal");
    if log.exists() {
        fs::copy(log, scene.folder.path().join(format!("{backup}-wal"))).unwrap();
    }
    open(&scene.folder, backup).await
}

async fn vault_over(scene: &Scene, store: Store, keys: Option<Store>) -> Vault {
    let ring = Keyring::new(scene.kms_keys("one").await);
    let ring = match keys {
        Some(keys) => ring.kept_in(keys),
        None => ring,
    };
    Vault::new(store, ring, scene.tokens.clone(), scene.ambient.clone())
}

#[tokio::test]
async fn a_restored_backup_opens_nothing_of_a_deleted_tenant_where_keys_have_a_database_of_their_own() {
    let scene = Scene::new().await;
    let keys = open(&scene.folder, "keys.db").await;
    keys.migrate_keys().await.unwrap();
    let vault = vault_over(&scene, scene.store.clone(), Some(keys.clone())).await;
    let (gone, stays) = (scene.connected(&vault).await, scene.connected(&vault).await);
    let backup = restored(&scene, "backup.db").await;

    assert_eq!(vault.shred(gone.tenant).await.unwrap(), 1);
    assert!(matches!(vault.lease(&gone).await, Err(VaultError::Unsealed)), "nothing of it is left in memory either");
    scene.delete(gone.tenant).await;

    let after = vault_over(&scene, backup, Some(keys)).await;
    assert!(matches!(after.lease(&gone).await, Err(VaultError::Unsealed)));
    after.lease(&stays).await.unwrap();
    // Whoever comes back as a client connects anew, under a number that no lost key had.
    after.replace(&gone, &scene.credential()).await.unwrap();
    assert_eq!(after.list_keys().await.unwrap().iter().filter_map(|row| row.version).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_restored_backup_that_holds_the_keys_too_still_opens() {
    let scene = Scene::new().await;
    let vault = scene.vault().await;
    let gone = scene.connected(&vault).await;
    let backup = restored(&scene, "backup.db").await;
    vault.shred(gone.tenant).await.unwrap();
    assert!(matches!(scene.vault().await.lease(&gone).await, Err(VaultError::Unsealed)));
    // What the documents say of one database for both: only the end of the backup, or of the key in KMS, ends it.
    vault_over(&scene, backup.clone(), None).await.lease(&gone).await.unwrap();
    scene.kms.set("one", turnpike_testkit::KmsKeyState::Deleted);
    assert!(vault_over(&scene, backup, None).await.lease(&gone).await.is_err());
}

#[tokio::test]
async fn a_key_that_was_made_while_its_tenant_was_deleted_is_tidied_away() {
    let scene = Scene::new().await;
    let keys = open(&scene.folder, "keys.db").await;
    keys.migrate_keys().await.unwrap();
    let vault = vault_over(&scene, scene.store.clone(), Some(keys.clone())).await;
    let gone = scene.connected(&vault).await;
    scene.delete(gone.tenant).await;
    assert_eq!(keys.tenant(gone.tenant).list_data_keys().await.unwrap().len(), 1);
    assert_eq!(vault.tidy_keys().await.unwrap().deleted, 1);
    assert_eq!(keys.tenant(gone.tenant).list_data_keys().await.unwrap(), []);
}

#[tokio::test]
async fn keys_of_a_tenant_that_the_main_database_does_not_know_stay() {
    let scene = Scene::new().await;
    let keys = open(&scene.folder, "keys.db").await;
    keys.migrate_keys().await.unwrap();
    let vault = vault_over(&scene, scene.store.clone(), Some(keys.clone())).await;
    let backup = restored(&scene, "backup.db").await;
    let later = scene.connected(&vault).await;

    let put_back = vault_over(&scene, backup, Some(keys)).await;
    assert_eq!(put_back.tidy_keys().await.unwrap().deleted, 0);
    let forward = vault_over(&scene, scene.store.clone(), Some(open(&scene.folder, "keys.db").await)).await;
    forward.lease(&later).await.unwrap();
}

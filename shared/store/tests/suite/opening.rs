//! Opening a database, and what is said when that fails.

use std::{fs, os::unix::fs::PermissionsExt};

use turnpike_store::{Store, StoreError};
use turnpike_testkit::{Postgres, free_port};

use crate::deployment::on_both;

async fn refusal(url: &str) -> StoreError {
    match Store::open(url, 1).await {
        Ok(_) => panic!("{url} was opened"),
        Err(error) => error,
    }
}

on_both! {
    async fn a_migrated_database_answers_and_has_nothing_left_to_migrate(it: Deployment) {
        it.store.ping().await.unwrap();
        it.store.check().await.unwrap();
        let pools = it.store.pools();
        assert!(pools.iter().any(|pool| pool.open > 0), "{pools:?}");
        assert!(pools.iter().all(|pool| pool.idle <= pool.open && pool.open <= pool.most), "{pools:?}");
        if let crate::deployment::Place::Sqlite { .. } = it.place {
            assert_eq!(it.store.migrate().await.unwrap(), Vec::<String>::new());
            it.store.grant_application_role("nobody").await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_new_file_is_its_owners_alone_and_says_that_it_must_be_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let store = Store::open(&url, 2).await.unwrap();
    for file in fs::read_dir(&folder).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let error = store.check().await.unwrap_err();
    assert_eq!(error.to_string(), "the schema is at migration 0, this program needs 18; run `turnpike migrate`");
    let applied = store.migrate().await.unwrap();
    assert_eq!((applied.len(), applied[0].as_str()), (18, "0001_tenants"));
    store.check().await.unwrap();
    Store::open(&url, 2).await.unwrap().check().await.unwrap();
}

#[tokio::test]
async fn an_empty_postgres_says_that_it_must_be_migrated_and_its_owner_may() {
    let server = Postgres::shared().await.unwrap();
    let database = server.database().await.unwrap();
    let owner = Store::open(&database.owner_url, 1).await.unwrap();
    assert!(matches!(owner.check().await, Err(StoreError::SchemaBehind { applied: 0, newest: 18 })));
    assert_eq!(owner.migrate().await.unwrap().len(), 18);
    assert_eq!(owner.migrate().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database ".repeat(100)).unwrap();
    let error = refusal(&format!("sqlite:{}", path.display())).await;
    assert!(matches!(&error, StoreError::NotADatabase { path: named } if *named == path), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "not a database ".repeat(100), "it is left as it was");
}

#[tokio::test]
async fn a_folder_that_is_missing_or_not_writable_is_named() {
    for path in ["/nonexistent/turnpike.db", "/proc/turnpike.db"] {
        let error = refusal(&format!("sqlite:{path}")).await;
        assert!(matches!(&error, StoreError::CannotOpen { .. }), "{error}");
        assert!(error.to_string().starts_with(&format!("{path} cannot be opened: ")), "{error}");
    }
}

#[tokio::test]
async fn a_setting_that_names_no_database_is_refused_without_repeating_it() {
    for url in ["mysql://root:canary@host/db", "canary", "postgres://app:canary@host:port/db"] {
        let error = refusal(url).await;
        assert!(matches!(error, StoreError::BadUrl { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
}

#[tokio::test]
async fn a_refused_connection_is_told_at_once_and_without_the_password() {
    let port = free_port().unwrap();
    let error = refusal(&format!("postgres://app:canary@127.0.0.1:{port}/turnpike")).await;
    assert!(
        matches!(&error, StoreError::Unreachable { place, .. } if *place == format!("app@127.0.0.1:{port}/turnpike"))
    );
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
}

#[tokio::test]
async fn an_unknown_database_or_role_is_told() {
    let server = Postgres::shared().await.unwrap();
    let url = server.database().await.unwrap().app_url.replace("turnpike_app", "nobody");
    let error = refusal(&url).await;
    assert!(
        matches!(error, StoreError::Unreachable { .. }) && error.to_string().contains("\"nobody\" does not exist"),
        "{error}"
    );
}

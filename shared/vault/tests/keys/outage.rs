//! KMS is away, or says no.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use turnpike_store::ConnectionState;
use turnpike_testkit::KmsKeyState;

use crate::scene::{LIFE, Scene};

/// How long a data key stays in memory.
const KEPT: Duration = Duration::from_secs(300);

#[tokio::test]
async fn a_tenant_whose_key_is_in_memory_goes_on_and_another_is_told_when_to_try_again() {
    let mut scene = Scene::new().await;
    let vault = scene.vault().await;
    let (known, unknown) = (scene.connected(&vault).await, scene.tenant().await);
    scene.vault().await.insert(&unknown, &scene.credential()).await.unwrap();
    scene.kms.down();
    vault.forget(known.connection).await;
    vault.lease(&known).await.unwrap();
    assert_eq!(vault.key_health(), None, "nobody has asked yet");

    let error = vault.lease(&unknown).await.unwrap_err();
    let retry_at = error.keys_away_until().unwrap();
    assert!(retry_at > scene.ambient.now() && retry_at < scene.ambient.now().plus(Duration::from_secs(10)));
    assert!(error.to_string().contains("cannot be reached"), "{error}");
    assert!(vault.key_health().unwrap().reason.contains("no connection"));
    vault.forget(known.connection).await;
    vault.lease(&known).await.unwrap();

    scene.kms.up().unwrap();
    scene.clock.advance(Duration::from_secs(2));
    vault.lease(&unknown).await.unwrap();
    assert_eq!(vault.key_health(), None);
}

#[tokio::test]
async fn a_data_key_is_used_for_five_minutes_and_not_longer() {
    let mut scene = Scene::new().await;
    let vault = scene.vault().await;
    let known = scene.connected(&vault).await;
    let before = scene.kms.count("Decrypt");
    scene.clock.advance(KEPT - Duration::from_secs(10));
    vault.forget(known.connection).await;
    vault.lease(&known).await.unwrap();
    assert_eq!(scene.kms.count("Decrypt"), before);

    scene.kms.down();
    scene.clock.advance(Duration::from_secs(11));
    vault.forget(known.connection).await;
    assert!(vault.lease(&known).await.unwrap_err().keys_away_until().is_some());
    scene.kms.up().unwrap();
    scene.clock.advance(Duration::from_secs(2));
    vault.lease(&known).await.unwrap();
    assert_eq!(scene.kms.count("Decrypt"), before + 1);
}

#[tokio::test]
async fn while_no_key_can_be_had_no_authorization_server_is_asked_and_no_token_is_lost() {
    let mut scene = Scene::new().await;
    let vault = scene.vault().await;
    let known = scene.connected(&vault).await;
    let (asked, row) = (scene.tokens.asked(), scene.row(&known).await);
    scene.kms.down();
    // The opened credential is still in memory, its token has ended, and so has the data key.
    scene.clock.advance(LIFE);
    for _ in 0..3 {
        let error = vault.lease(&known).await.unwrap_err();
        assert!(error.keys_away_until().is_some(), "{error}");
    }
    assert_eq!((scene.tokens.asked(), scene.row(&known).await), (asked, row), "nobody was asked, nothing is noted");
    let connection = scene.store.tenant(known.tenant).get_connection(known.connection).await.unwrap();
    assert_eq!(connection.state, ConnectionState::Ok);

    scene.kms.up().unwrap();
    scene.clock.advance(Duration::from_secs(2));
    let lease = vault.lease(&known).await.unwrap();
    assert_eq!((lease.generation, scene.tokens.asked()), (row.1 + 1, asked + 1));
    assert_eq!(scene.row(&known).await, (row.0, row.1 + 1, false));
}

#[tokio::test]
async fn a_key_service_that_goes_away_during_a_refresh_loses_no_token_either() {
    let mut scene = Scene::new().await;
    let vault = scene.vault().await;
    let known = scene.connected(&vault).await;
    scene.clock.advance(LIFE - KEPT / 2);
    vault.forget(known.connection).await;
    vault.lease(&known).await.unwrap();
    // The data key is in memory, with half of its time left; the token has ended.
    scene.clock.advance(KEPT / 2);
    scene.kms.down();
    let lease = vault.lease(&known).await;
    assert!(lease.is_ok() || lease.unwrap_err().keys_away_until().is_some());
    let present = format!("{}.{}", known.tenant, scene.tokens.asked());
    scene.kms.up().unwrap();
    scene.clock.advance(LIFE * 2);
    let lease = scene.vault().await.lease(&known).await.unwrap();
    let grant = lease.credential.grant().unwrap();
    assert_ne!(secrecy::ExposeSecret::expose_secret(&grant.refresh_token), present, "it was taken, and gave another");
}

#[tokio::test]
async fn fifty_who_need_a_key_at_once_ask_for_it_once() {
    let scene = Scene::new().await;
    let known = scene.connected(&scene.vault().await).await;
    let (vault, before) = (scene.vault().await, scene.kms.count("Decrypt"));
    scene.kms.slow(Some(Duration::from_millis(200)));
    for lease in join_all((0..50).map(|_| vault.lease(&known))).await {
        lease.unwrap();
    }
    assert_eq!(scene.kms.count("Decrypt"), before + 1);
}

#[tokio::test]
async fn a_key_service_that_hangs_costs_seconds_once_and_then_nothing() {
    let scene = Scene::new().await;
    let known = scene.connected(&scene.vault().await).await;
    let vault = scene.vault().await;
    scene.kms.slow(Some(Duration::from_secs(600)));
    let began = Instant::now();
    assert!(vault.lease(&known).await.unwrap_err().keys_away_until().is_some());
    let first = began.elapsed();
    assert!(vault.lease(&known).await.unwrap_err().keys_away_until().is_some());
    println!("the first refusal came after {first:?}, the second after {:?}", began.elapsed() - first);
    assert!(first < Duration::from_secs(6) && began.elapsed() - first < Duration::from_secs(1));
}

#[tokio::test]
async fn what_kms_refuses_is_told_with_what_to_do_and_mends_by_itself() {
    let scene = Scene::new().await;
    let known = scene.connected(&scene.vault().await).await;
    let told = [
        (KmsKeyState::Disabled, "aws kms enable-key"),
        (KmsKeyState::PendingDeletion, "aws kms cancel-key-deletion"),
        (KmsKeyState::Deleted, "there is no such key"),
    ];
    let vault = scene.vault().await;
    for (state, words) in told {
        scene.kms.set("one", state);
        let error = vault.lease(&known).await.unwrap_err();
        assert!(error.to_string().contains(words) && error.keys_away_until().is_none(), "{state:?}: {error}");
        assert!(vault.key_health().unwrap().reason.contains(words));
        assert!(vault.probe_keys().await.is_err());
    }
    scene.kms.set("one", KmsKeyState::Enabled);
    vault.lease(&known).await.unwrap();
    assert_eq!(vault.key_health(), None);
    vault.probe_keys().await.unwrap();
    scene.kms.fail(true);
    assert!(
        scene.vault().await.lease(&known).await.unwrap_err().keys_away_until().is_some(),
        "KMS's own failure passes"
    );
}

#[tokio::test]
async fn a_data_key_moved_to_another_tenant_opens_nothing() {
    let scene = Scene::new().await;
    let vault = scene.vault().await;
    let (one, two) = (scene.connected(&vault).await, scene.tenant().await);
    let stolen = scene.store.tenant(one.tenant).find_data_key(None).await.unwrap().unwrap();
    assert!(scene.store.tenant(two.tenant).insert_data_key(&stolen).await.unwrap());
    let error = scene.vault().await.insert(&two, &scene.credential()).await.unwrap_err();
    assert!(error.to_string().contains("does not open with the present key"), "{error}");
}

//! New keys for old ones while everything runs, cut off anywhere.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use turnpike_vault::{KeyWork, Keyring, Renewal, Vault};

use crate::scene::{LIFE, Scene, open};

/// How long an old key may still be in somebody's hands.
const IN_HAND: Duration = Duration::from_secs(601);

/// Drops a future after so many looks at it: anywhere that it waits.
struct CutOff<F>(Pin<Box<F>>, u64);

impl<F: Future> Future for CutOff<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        self.0.as_mut().poll(cx).map(Some)
    }
}

async fn versions(scene: &Scene, of: &Renewal) -> Vec<i64> {
    let keys = scene.store.tenant(of.tenant).list_data_keys().await.unwrap();
    keys.into_iter().map(|key| key.version).collect()
}

#[tokio::test]
async fn each_tenant_gets_one_new_key_and_the_old_one_goes_when_nobody_can_hold_it() {
    let scene = Scene::new().await;
    let vault = scene.vault().await;
    let (one, two) = (scene.connected(&vault).await, scene.connected(&vault).await);
    let secret = *vault.deployment_secret("handles/1").await.unwrap();
    let held = scene.row(&one).await;
    let other = scene.vault().await;
    other.lease(&one).await.unwrap();

    let next = scene.kms.add_key("two");
    let desk = scene.vault_with(Keyring::new(scene.kms_keys("two").await));
    assert!(next.ends_with("key/two"));
    assert_eq!(desk.rewrap_secrets(&scene.store).await.unwrap(), 1);
    let done = desk.rotate_keys(None, |_| {}).await.unwrap();
    assert_eq!(done, KeyWork { tenants: 2, made: 2, resealed: 2, deleted: 0, left: 2, stuck: 0 });
    assert_eq!(scene.row(&one).await, (2, held.1, false), "the same generation under another key");
    assert_eq!(versions(&scene, &one).await, [1, 2]);

    // A process that still has the old key in memory goes on, refreshes, and uses the new one.
    scene.clock.advance(LIFE);
    other.lease(&one).await.unwrap();
    assert_eq!(scene.row(&one).await, (2, held.1 + 1, false));

    scene.clock.advance(IN_HAND);
    let tidied = vault.tidy_keys().await.unwrap();
    assert_eq!((tidied.deleted, tidied.left), (2, 0));
    assert_eq!((versions(&scene, &one).await, versions(&scene, &two).await), (vec![2], vec![2]));
    // The former key is not needed any more.
    scene.kms.set("one", turnpike_testkit::KmsKeyState::Deleted);
    let fresh = scene.vault_with(Keyring::new(scene.kms_keys("two").await));
    fresh.lease(&two).await.unwrap();
    assert_eq!(*fresh.deployment_secret("handles/1").await.unwrap(), secret);
}

#[tokio::test]
async fn a_deployment_moves_from_a_local_key_to_kms_while_it_runs() {
    let scene = Scene::new().await;
    let local = scene.vault_with(Keyring::new(scene.local_keys()));
    let known = scene.connected(&local).await;
    local.deployment_secret("handles/1").await.unwrap();
    let without = scene.vault().await.lease(&known).await.unwrap_err();
    assert!(without.to_string().contains("`vault.key_file`"), "{without}");

    let both = scene.vault_with(Keyring::new(scene.kms_keys("one").await).with_former(scene.local_keys()));
    both.lease(&known).await.unwrap();
    both.rewrap_secrets(&scene.store).await.unwrap();
    both.rotate_keys(None, |_| {}).await.unwrap();
    scene.clock.advance(IN_HAND);
    both.tidy_keys().await.unwrap();
    let uses = both.list_keys().await.unwrap();
    let told: Vec<_> = uses.iter().map(|row| (row.provider.as_str(), row.version, row.keys, row.credentials)).collect();
    assert_eq!(told, [("aws-kms", None, 1, 0), ("aws-kms", Some(2), 1, 1)]);
    scene.vault().await.lease(&known).await.unwrap();
}

#[tokio::test]
async fn one_tenant_is_rotated_and_the_others_are_left_alone() {
    let scene = Scene::new().await;
    let vault = scene.vault().await;
    let (one, two) = (scene.connected(&vault).await, scene.connected(&vault).await);
    assert_eq!(vault.rotate_keys(Some(one.tenant), |_| {}).await.unwrap().made, 1);
    assert_eq!((scene.row(&one).await.0, scene.row(&two).await.0), (2, 1));
    // Ended: the next one is another.
    assert_eq!(vault.rotate_keys(Some(one.tenant), |_| {}).await.unwrap().made, 1);
    assert_eq!(scene.row(&one).await.0, 3);
}

#[tokio::test]
async fn a_credential_that_does_not_open_is_told_and_holds_up_no_other() {
    let scene = Scene::new().await;
    let vault = scene.vault().await;
    let (broken, whole) = (scene.connected(&vault).await, scene.connected(&vault).await);
    let row = scene.store.tenant(broken.tenant).find_credential(broken.connection).await.unwrap().unwrap();
    let of = scene.store.tenant(broken.tenant).list_credentials_of_other_keys(0).await.unwrap().remove(0);
    let mut sealed = row.sealed;
    sealed[20] ^= 1;
    assert!(scene.store.tenant(broken.tenant).reseal_credential(&of, 1, &sealed).await.unwrap());
    let done = vault.rotate_keys(None, |_| {}).await.unwrap();
    assert_eq!((done.resealed, done.stuck), (1, 1));
    assert_eq!(scene.row(&whole).await.0, 2);
    scene.clock.advance(IN_HAND);
    vault.tidy_keys().await.unwrap();
    assert_eq!(versions(&scene, &broken).await, [1, 2], "the key that it names is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_is_cut_off_anywhere_goes_on_and_nobody_who_reads_or_refreshes_notices() {
    const TENANTS: usize = 12;
    let scene = Arc::new(Scene::new().await);
    let vault = scene.vault().await;
    let mut all = vec![];
    for _ in 0..TENANTS {
        all.push(scene.connected(&vault).await);
    }
    let (stop, reads, refreshes) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let workers: Vec<_> = (0..4)
        .map(|worker| {
            let (scene, all, stop) = (scene.clone(), all.clone(), stop.clone());
            let (reads, refreshes) = (reads.clone(), refreshes.clone());
            tokio::spawn(async move {
                let vault = scene.vault().await;
                for round in worker.. {
                    if stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let of = &all[round % TENANTS];
                    vault.forget(of.connection).await;
                    let lease = vault.lease(of).await.unwrap();
                    reads.fetch_add(1, Ordering::SeqCst);
                    if round % 3 == 0 {
                        vault.renew(of, lease.generation).await.unwrap();
                        refreshes.fetch_add(1, Ordering::SeqCst);
                    }
                }
            })
        })
        .collect();

    let (mut cuts, mut looks) = (0, 1);
    let done = loop {
        let desk: Vault = scene.vault().await;
        match CutOff(Box::pin(desk.rotate_keys(None, |_| {})), looks).await {
            Some(done) => break done.unwrap(),
            None => cuts += 1,
        }
        // Mostly early, so that there are many; later and later, so that it ends.
        looks = (looks + 7) % (20 + cuts);
    };
    stop.store(true, Ordering::SeqCst);
    for worker in workers {
        worker.await.unwrap();
    }
    scene.clock.advance(IN_HAND);
    vault.tidy_keys().await.unwrap();
    println!(
        "rotation: cut off {cuts} times; {} reads and {} refreshes meanwhile, none failed; the last run {done:?}",
        reads.load(Ordering::SeqCst),
        refreshes.load(Ordering::SeqCst)
    );
    assert!(cuts > 20 && reads.load(Ordering::SeqCst) > 50, "the test shows nothing");
    // One that was cut off after its last step had been done: the next is a rotation of its own, of all.
    let newest = scene.row(&all[0]).await.0;
    for of in &all {
        assert_eq!(
            (versions(&scene, of).await, scene.row(of).await.0),
            (vec![newest], newest),
            "one key, for all alike"
        );
        scene.vault().await.lease(of).await.unwrap();
    }
    assert_eq!(scene.kms.calls().iter().filter(|call| call.refused.is_some()).count(), 0);
}

#[tokio::test]
async fn data_keys_move_to_a_database_of_their_own_with_the_next_rotation() {
    let scene = Scene::new().await;
    let known = scene.connected(&scene.vault().await).await;
    let keys = open(&scene.folder, "keys.db").await;
    keys.migrate_keys().await.unwrap();
    let apart = scene.vault_with(Keyring::new(scene.kms_keys("one").await).kept_in(keys.clone()));
    apart.lease(&known).await.unwrap();
    assert_eq!(apart.rotate_keys(None, |_| {}).await.unwrap().made, 1);
    scene.clock.advance(IN_HAND);
    apart.tidy_keys().await.unwrap();
    assert_eq!(versions(&scene, &known).await, [] as [i64; 0]);
    assert_eq!(keys.tenant(known.tenant).list_data_keys().await.unwrap().len(), 1);
    apart.forget(known.connection).await;
    apart.lease(&known).await.unwrap();
}

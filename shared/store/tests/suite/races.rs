//! Many at once, and one wins.

use futures_util::future::join_all;
use turnpike_store::{DataKeyRow, JobState, NewPreview, PreviewState, SecretRow};

use crate::{
    deployment::on_both,
    samples::{NOW, connected, credential, id, intent, job, later, preview, previewed, replacement},
};

on_both! {
    async fn of_twenty_swaps_of_a_credential_one_wins(it: Deployment) {
        let connection = connected(&it.ours).await;
        it.ours.insert_credential(&credential(connection)).await.unwrap();
        let swaps = (0..20).map(|n| {
            let ours = it.ours.clone();
            tokio::spawn(async move { ours.swap_credential(connection, 1, &replacement(n)).await.unwrap() })
        });
        let won: Vec<_> = join_all(swaps).await.into_iter().map(Result::unwrap).collect();
        let winner = won.iter().position(|won| *won).unwrap();
        assert_eq!(won.iter().filter(|won| **won).count(), 1);
        let row = it.ours.find_credential(connection).await.unwrap().unwrap();
        assert_eq!((row.generation, usize::from(row.sealed[0])), (2, winner));
    }

    async fn of_twenty_refreshes_one_begins(it: Deployment) {
        let connection = connected(&it.ours).await;
        it.ours.insert_credential(&credential(connection)).await.unwrap();
        let began = join_all((0..20).map(|_| it.ours.begin_refresh(connection, 1, "me", NOW, NOW))).await;
        assert_eq!(began.into_iter().filter(|began| *began.as_ref().unwrap()).count(), 1);
    }

    async fn of_twenty_claims_of_a_preview_one_wins(it: Deployment) {
        let connection = connected(&it.ours).await;
        let preview = previewed(&it.ours, &preview(connection)).await;
        let intents: Vec<_> = (0..20).map(|_| intent(connection, id())).collect();
        let claims = join_all(intents.iter().map(|intent| it.ours.claim_preview(&preview, intent))).await;
        assert_eq!(claims.into_iter().filter(|claimed| *claimed.as_ref().unwrap()).count(), 1);
    }

    async fn of_twenty_claims_that_take_a_change_back_one_wins(it: Deployment) {
        let connection = connected(&it.ours).await;
        let change = previewed(&it.ours, &preview(connection)).await;
        assert!(it.ours.claim_preview(&change, &intent(connection, id())).await.unwrap());
        it.ours.finish_preview(change.id, PreviewState::Applied, None, later(1)).await.unwrap();
        let mut reverts = vec![];
        for _ in 0..20 {
            let revert = NewPreview { reverts: Some(change.id), ..preview(connection) };
            reverts.push((previewed(&it.ours, &revert).await, intent(connection, id())));
        }
        let claims = join_all(reverts.iter().map(|(preview, intent)| it.ours.claim_preview(preview, intent))).await;
        assert_eq!(claims.into_iter().filter(|claimed| *claimed.as_ref().unwrap()).count(), 1);
    }

    async fn of_twenty_deliveries_of_a_job_one_pays(it: Deployment) {
        let job = job(connected(&it.ours).await);
        assert!(it.ours.insert_job(&job, 9).await.unwrap());
        assert!(it.ours.finish_job(job.id, JobState::Done, Some("{}"), NOW).await.unwrap());
        let deliveries = join_all((0..20).map(|_| it.ours.deliver_job(job.id, id(), later(1), NOW))).await;
        assert_eq!(deliveries.into_iter().filter(|paid| *paid.as_ref().unwrap()).count(), 1);
    }

    async fn of_twenty_secrets_of_a_name_all_get_the_one_that_is_stored(it: Deployment) {
        let system = it.store.system();
        let secrets: Vec<_> = (0..20).map(|n| SecretRow { name: "handles".into(), provider: "local".into(), wrapped: vec![n] }).collect();
        let stored = join_all(secrets.iter().map(|secret| system.insert_secret_if_absent(secret))).await;
        let truth = system.find_secret("handles").await.unwrap().unwrap();
        assert!(stored.into_iter().all(|secret| secret.unwrap() == truth));
    }

    async fn of_twenty_first_data_keys_one_is_stored(it: Deployment) {
        let keys: Vec<_> = (0..20).map(|n| DataKeyRow { version: 1, provider: "local".into(), wrapped: vec![n], created_at: NOW }).collect();
        let stored = join_all(keys.iter().map(|key| it.ours.insert_data_key(key))).await;
        assert_eq!(stored.into_iter().filter(|stored| *stored.as_ref().unwrap()).count(), 1);
    }
}

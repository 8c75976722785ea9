//! What the portal keeps: authorizations under way, visits, arguments, brands, announcements.

use futures_util::future::join_all;
use turnpike_store::{AuthorizationRow, StoreError};

use crate::{
    deployment::on_both,
    samples::{NOW, authorization, later},
};

on_both! {
    async fn an_authorization_is_taken_once_with_its_tenant(it: Deployment) {
        let (new, system) = (authorization(7), it.store.system());
        it.ours.insert_authorization(&new).await.unwrap();
        assert!(matches!(it.theirs.insert_authorization(&new).await, Err(StoreError::Conflict { what: "authorization" })));
        assert_eq!(system.take_authorization(&[8; 32]).await.unwrap(), None);
        let taken = join_all((0..20).map(|_| system.take_authorization(&[7; 32]))).await;
        let taken: Vec<_> = taken.into_iter().filter_map(Result::unwrap).collect();
        let row = AuthorizationRow {
            integration: new.integration,
            sandbox: true,
            actor: new.actor,
            browser: new.browser,
            created_at: NOW,
            expires_at: later(600),
        };
        assert_eq!(taken, [(it.our_id, row)]);
    }

    async fn authorizations_whose_time_is_over_are_forgotten(it: Deployment) {
        let system = it.store.system();
        it.ours.insert_authorization(&authorization(7)).await.unwrap();
        assert_eq!(system.delete_expired_authorizations(later(599)).await.unwrap(), 0);
        assert_eq!(system.delete_expired_authorizations(later(600)).await.unwrap(), 1);
        assert_eq!(system.take_authorization(&[7; 32]).await.unwrap(), None);
    }
}

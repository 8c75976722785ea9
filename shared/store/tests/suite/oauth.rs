//! Signing keys, clients, grants, service agents and attempts to connect.

use turnpike_core::Timestamp;
use turnpike_store::{NewGrant, OAuthClientRow, Rotation, SigningKeyRow, StoreError};

use crate::{
    deployment::on_both,
    samples::{NOW, attempt, grant, id, joined, later, service_agent},
};

fn key(name: &str, ordinal: i64, signs_from: Timestamp) -> SigningKeyRow {
    SigningKeyRow { id: name.into(), ordinal, signs_from, created_at: NOW, revoked_at: None }
}

fn client(name: &str, fingerprint: u8, used_at: Timestamp) -> OAuthClientRow {
    let (id, metadata_json) = (name.to_owned(), "{}".to_owned());
    OAuthClientRow { id, fingerprint: [fingerprint; 32], metadata_json, created_at: used_at, used_at }
}

on_both! {
    async fn two_processes_add_one_next_key_and_old_ones_go(it: Deployment) {
        let system = it.store.system();
        let keys = [key("a", 1, NOW), key("b", 2, later(10)), key("c", 3, later(20))];
        for key in &keys {
            assert!(system.insert_signing_key(key).await.unwrap());
        }
        assert!(!system.insert_signing_key(&key("d", 3, later(30))).await.unwrap(), "another was quicker");
        assert_eq!(system.list_signing_keys().await.unwrap(), keys);
        assert_eq!(system.delete_old_signing_keys(later(10)).await.unwrap(), 1, "only the one that was followed by then");
        assert_eq!(system.revoke_signing_keys(later(40)).await.unwrap(), 2);
        assert_eq!(system.list_signing_keys().await.unwrap()[0].revoked_at, Some(later(40)));
    }

    async fn a_program_that_registers_again_is_the_same_and_unused_ones_are_forgotten(it: Deployment) {
        let system = it.store.system();
        let first = system.register_oauth_client(&client("one", 1, NOW)).await.unwrap();
        let again = system.register_oauth_client(&client("two", 1, later(50))).await.unwrap();
        assert_eq!((again.id, again.created_at, again.used_at), (first.id, NOW, later(50)));
        system.register_oauth_client(&client("let in", 2, NOW)).await.unwrap();
        system.register_oauth_client(&client("never let in", 3, NOW)).await.unwrap();
        let person = joined(&it.store, &it.ours).await;
        it.ours.insert_grant(&NewGrant { client_id: "let in".into(), ..grant(person, 1) }).await.unwrap();
        assert_eq!(system.delete_unused_oauth_clients(NOW, later(1)).await.unwrap(), 1);
        assert!(system.find_oauth_client("never let in").await.unwrap().is_none());
        system.touch_oauth_client("let in", later(60)).await.unwrap();
        assert_eq!(system.delete_unused_oauth_clients(later(55), later(55)).await.unwrap(), 1);
        assert_eq!(system.count_oauth_clients().await.unwrap(), 1);
    }

    async fn of_two_who_exchange_the_same_token_one_wins(it: Deployment) {
        let system = it.store.system();
        let person = joined(&it.store, &it.ours).await;
        let new = grant(person, 1);
        it.ours.insert_grant(&new).await.unwrap();
        assert!(matches!(it.ours.insert_grant(&NewGrant { id: id(), ..new.clone() }).await, Err(StoreError::Conflict { .. })));
        assert!(it.ours.list_grants().await.unwrap().is_empty(), "nobody has redeemed the code");
        let (tenant, found) = system.find_grant_by_code(&[1; 32]).await.unwrap().unwrap();
        assert_eq!((tenant, found.id, found.generation, &found.scopes), (it.our_id, new.id, 0, &new.scopes));
        let rotation = Rotation { grant: new.id, from: 0, now: later(1), expires_at: later(99) };
        let won = [system.rotate_grant(&rotation).await.unwrap(), system.rotate_grant(&rotation).await.unwrap()];
        assert_eq!(won, [true, false]);
        let row = it.ours.find_grant(new.id).await.unwrap().unwrap();
        assert_eq!((row.generation, row.rotated_at, row.expires_at), (1, Some(later(1)), later(99)));
        system.touch_grants(&[(new.id, later(5)), (new.id, later(3))]).await.unwrap();
        assert_eq!(it.ours.list_grants().await.unwrap()[0].last_used_at, Some(later(5)));
        let read = vec!["google-ads:read".into()];
        assert!(it.ours.narrow_grant(new.id, &new.scopes, &read).await.unwrap());
        assert!(!it.ours.narrow_grant(new.id, &new.scopes, &vec!["google-ads:write".into()]).await.unwrap(), "it is narrower by now");
        assert!(it.ours.revoke_grant(new.id, "by_member", later(6)).await.unwrap());
        assert!(!it.ours.revoke_grant(new.id, "by_admin", later(7)).await.unwrap());
        assert!(!it.ours.narrow_grant(new.id, &read, &vec![]).await.unwrap(), "it is revoked");
        assert!(!system.rotate_grant(&Rotation { from: 1, ..rotation }).await.unwrap());
        let row = system.find_any_grant(new.id).await.unwrap().unwrap().1;
        assert_eq!((row.revoked_at, row.revoked_for.as_deref()), (Some(later(6)), Some("by_member")));
        assert_eq!(system.delete_ended_grants(later(6)).await.unwrap(), 0);
        assert_eq!(system.delete_ended_grants(later(7)).await.unwrap(), 1);
    }

    async fn with_a_member_go_the_grants_that_they_made_here_and_no_others(it: Deployment) {
        let person = joined(&it.store, &it.ours).await;
        joined(&it.store, &it.ours).await;
        it.theirs.insert_member(person, turnpike_core::Role::Member, NOW).await.unwrap();
        let (here, there) = (grant(person, 1), grant(person, 2));
        it.ours.insert_grant(&here).await.unwrap();
        it.theirs.insert_grant(&there).await.unwrap();
        assert!(it.ours.delete_member(person, later(8)).await.unwrap());
        let row = it.ours.find_grant(here.id).await.unwrap().unwrap();
        assert_eq!((row.revoked_at, row.revoked_for.as_deref()), (Some(later(8)), Some("left")));
        assert_eq!(it.theirs.find_grant(there.id).await.unwrap().unwrap().revoked_at, None);
    }

    async fn a_service_agent_comes_back_and_is_revoked_once(it: Deployment) {
        let (system, agent) = (it.store.system(), service_agent());
        it.ours.insert_service_agent(&agent).await.unwrap();
        assert_eq!(system.find_service_agent(agent.id).await.unwrap(), Some((it.our_id, agent.clone())));
        assert_eq!(system.find_service_agent(id()).await.unwrap(), None);
        system.touch_service_agents(&[(agent.id, later(2))]).await.unwrap();
        assert_eq!(it.ours.list_service_agents().await.unwrap()[0].last_used_at, Some(later(2)));
        assert!(it.ours.revoke_service_agent(agent.id, later(3)).await.unwrap());
        assert!(!it.ours.revoke_service_agent(agent.id, later(4)).await.unwrap());
    }

    async fn steps_of_nobody_are_found_by_their_id_only(it: Deployment) {
        let system = it.store.system();
        let (nobodys, ours) = (attempt(None), attempt(Some(it.our_id)));
        for step in [&nobodys, &ours] {
            system.insert_connect_attempt(step).await.unwrap();
            assert_eq!(system.find_connect_attempt(step.id).await.unwrap().as_ref(), Some(step));
        }
        assert_eq!(it.ours.list_connect_attempts(10).await.unwrap(), [ours]);
        assert_eq!(system.delete_old_connect_attempts(later(1)).await.unwrap(), 2);
    }
}

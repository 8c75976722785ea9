//! What the portal keeps: authorizations under way, visits, arguments, brands, announcements.

use futures_util::future::join_all;
use turnpike_store::{
    Announcement, ApprovalState, AuthorizationRow, ConnectionState, Logo, PreviewState, Revocation, StoreError,
};

use crate::{
    deployment::on_both,
    samples::{
        NOW, announcement, api_key, approval, arguments, authorization, connected, connection, credential, id, intent,
        job, joined, later, preview, previewed, replacement, visit,
    },
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

    async fn a_tenant_changes_its_name_and_notes_what_it_wants(it: Deployment) {
        it.ours.insert_api_key(&api_key(id(), 7)).await.unwrap();
        it.ours.rename("Ours & more").await.unwrap();
        it.ours.set_plan(Some("agency"), &["google-ads".into()]).await.unwrap();
        let tenant = it.ours.get().await.unwrap();
        assert_eq!((tenant.name.as_str(), tenant.plan.as_deref()), ("Ours & more", Some("agency")));
        assert_eq!((tenant.wanted.as_slice(), tenant.deleted_at), (["google-ads".to_owned()].as_slice(), None));
        let (_, of_key) = it.store.system().find_api_key(&[7; 32]).await.unwrap().unwrap();
        assert_eq!(of_key, tenant);
        it.ours.set_plan(None, &[]).await.unwrap();
        assert_eq!((it.ours.get().await.unwrap().plan, it.theirs.get().await.unwrap().plan), (None, None));
    }

    async fn a_connection_may_touch_some_of_the_accounts_that_are_offered(it: Deployment) {
        let new = connection(id(), "google-ads");
        it.ours.insert_connection(&new).await.unwrap();
        let accounts = async || {
            let row = it.ours.get_connection(new.id).await.unwrap();
            (row.offered_json, row.accounts_json)
        };
        assert_eq!(accounts().await, (new.accounts_json.clone(), new.accounts_json.clone()));
        it.ours.set_connection_offer(new.id, r#"[{"id":"1"},{"id":"2"}]"#, "[]", later(1)).await.unwrap();
        it.ours.set_connection_accounts(new.id, r#"[{"id":"2"}]"#, later(2)).await.unwrap();
        assert_eq!(accounts().await, (r#"[{"id":"1"},{"id":"2"}]"#.into(), r#"[{"id":"2"}]"#.into()));
        let all = it.store.system().list_all_connections().await.unwrap();
        assert_eq!(all, [(it.our_id, it.ours.get_connection(new.id).await.unwrap())]);
    }

    async fn a_connection_changes_sides_only_while_it_is_off_and_empty(it: Deployment) {
        let id = connected(&it.ours).await;
        it.ours.insert_credential(&credential(id)).await.unwrap();
        let change = async || it.ours.set_connection_side(id, false, later(1)).await.unwrap();
        assert!(!change().await, "it is on");
        it.ours.set_connection_state(id, ConnectionState::Disabled, None, later(1)).await.unwrap();
        assert!(!change().await, "it has a credential");
        assert!(!it.ours.delete_credential(id, 2).await.unwrap(), "another generation");
        assert!(it.ours.delete_credential(id, 1).await.unwrap());
        assert_eq!(it.ours.find_credential(id).await.unwrap(), None);
        assert!(change().await);
        assert!(!it.ours.get_connection(id).await.unwrap().sandbox);
    }

    async fn a_credential_waits_to_be_revoked_until_it_is_deleted_or_replaced(it: Deployment) {
        let (id, system) = (connected(&it.ours).await, it.store.system());
        it.ours.insert_credential(&credential(id)).await.unwrap();
        let due = async |at| system.list_revocations(at).await.unwrap();
        assert_eq!(due(later(99)).await, []);
        assert!(!it.ours.ask_to_revoke(id, 2, later(10)).await.unwrap(), "another generation");
        assert!(it.ours.ask_to_revoke(id, 1, later(10)).await.unwrap());
        assert!(it.ours.ask_to_revoke(id, 1, later(20)).await.unwrap());
        assert_eq!(due(later(19)).await, []);
        let waiting = Revocation { connection_id: id, integration: "google-ads".into(), generation: 1, revoke_tries: 2 };
        assert_eq!(due(later(20)).await, [(it.our_id, waiting)]);
        assert!(it.ours.swap_credential(id, 1, &replacement(9)).await.unwrap());
        assert_eq!(due(later(99)).await, [], "somebody has connected again");
        assert!(it.ours.ask_to_revoke(id, 2, later(30)).await.unwrap());
        assert_eq!(due(later(30)).await[0].1.revoke_tries, 1);
    }

    async fn changes_are_what_was_made_or_tried_newest_first(it: Deployment) {
        let connection = connected(&it.ours).await;
        let mut previews = vec![];
        for _ in 0..5 {
            previews.push(previewed(&it.ours, &preview(connection)).await);
        }
        previews.sort_by_key(|preview| std::cmp::Reverse(preview.id));
        let ends = [PreviewState::Applied, PreviewState::Failed, PreviewState::Unknown];
        for (preview, end) in previews.iter().zip(ends) {
            assert!(it.ours.claim_preview(preview, &intent(connection, id())).await.unwrap());
            it.ours.finish_preview(preview.id, end, None, later(1)).await.unwrap();
        }
        assert!(it.ours.claim_preview(&previews[3], &intent(connection, id())).await.unwrap());
        let list = async |before, limit| {
            let rows = it.ours.list_changes(before, limit).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        let expected: Vec<_> = previews[..3].iter().map(|preview| preview.id).collect();
        assert_eq!(list(None, 10).await, expected);
        assert_eq!(list(None, 2).await, expected[..2]);
        assert_eq!(list(Some(expected[0]), 10).await, expected[1..]);
    }

    async fn a_tenant_lists_its_approvals_and_the_operator_everybodys_jobs_and_keys(it: Deployment) {
        let connection = connected(&it.ours).await;
        let asked = approval(previewed(&it.ours, &preview(connection)).await.id);
        it.ours.request_approval(&asked).await.unwrap();
        let found = it.ours.find_approval(asked.id).await.unwrap().unwrap();
        assert_eq!(found.id, asked.id);
        assert_eq!(it.ours.list_approvals(Some(ApprovalState::Pending), 10).await.unwrap(), std::slice::from_ref(&found));
        assert_eq!(it.ours.list_approvals(None, 10).await.unwrap(), [found]);
        assert_eq!(it.ours.list_approvals(Some(ApprovalState::Denied), 10).await.unwrap(), []);

        let (job, key, system) = (job(connection), api_key(id(), 1), it.store.system());
        it.ours.insert_job(&job, 9).await.unwrap();
        it.ours.insert_api_key(&key).await.unwrap();
        assert_eq!(system.list_all_jobs(NOW, 10).await.unwrap(), [(it.our_id, job.clone())]);
        assert_eq!(system.list_all_jobs(job.expires_at, 10).await.unwrap(), []);
        let keys = system.list_all_api_keys().await.unwrap();
        assert_eq!(keys.into_iter().map(|(tenant, key)| (tenant, key.id)).collect::<Vec<_>>(), [(it.our_id, key.id)]);
    }

    async fn a_visit_goes_on_until_it_ends_by_itself_or_is_ended(it: Deployment) {
        let (person, system) = (joined(&it.store, &it.theirs).await, it.store.system());
        let (first, second) = (visit(person, NOW), visit(person, later(10)));
        assert!(matches!(it.ours.insert_visit(&visit(id(), NOW)).await, Err(StoreError::NotFound { .. })), "nobody");
        for visit in [&first, &second] {
            it.ours.insert_visit(visit).await.unwrap();
        }
        assert_eq!(it.ours.list_visits().await.unwrap(), [second.clone(), first.clone()]);
        let going_on = async |tenant, at| system.find_visit(person, tenant, at).await.unwrap().map(|visit| visit.id);
        assert_eq!(going_on(it.our_id, later(20)).await, Some(second.id));
        assert_eq!(going_on(it.their_id, later(20)).await, None);
        assert_eq!(system.find_visit(id(), it.our_id, later(20)).await.unwrap(), None, "another person");
        assert_eq!(going_on(it.our_id, second.ends_at).await, None, "its time is over");

        assert!(it.ours.end_visit(second.id, later(30)).await.unwrap());
        assert!(!it.ours.end_visit(second.id, later(31)).await.unwrap(), "it has ended");
        assert_eq!(going_on(it.our_id, later(30)).await, Some(first.id));
        assert_eq!(it.ours.list_visits().await.unwrap()[0].ends_at, later(30));
    }

    async fn arguments_are_found_by_their_call_until_their_time_is_over(it: Deployment) {
        let (ours, theirs, system) = (arguments(it.our_id), arguments(it.their_id), it.store.system());
        system.insert_call_arguments(&[]).await.unwrap();
        system.insert_call_arguments(&[ours.clone(), theirs.clone()]).await.unwrap();
        let found = async |call_id, at| it.ours.find_call_arguments(call_id, at).await.unwrap();
        assert_eq!(found(ours.call_id, later(599)).await, Some(ours.arguments_json.clone()));
        assert_eq!(found(ours.call_id, later(600)).await, None);
        assert_eq!(found(theirs.call_id, NOW).await, None);
        let twice = system.insert_call_arguments(&[arguments(it.our_id), ours]).await;
        assert!(matches!(twice, Err(StoreError::Conflict { .. })));
        assert_eq!(system.delete_expired_call_arguments(later(599)).await.unwrap(), 0);
        assert_eq!(system.delete_expired_call_arguments(later(600)).await.unwrap(), 2, "all or none went in");
    }

    async fn a_host_has_the_brand_that_was_set_last_and_keeps_its_logo(it: Deployment) {
        let system = it.store.system();
        let logo = Logo { media_type: "image/png".into(), bytes: vec![0, 137, 255] };
        assert!(matches!(system.set_brand_logo("*", Some(&logo)).await, Err(StoreError::NotFound { what: "brand" })));
        system.set_brand("portal.example", "{}", "person:1", NOW).await.unwrap();
        system.set_brand("*", r#"{"name":"One"}"#, "person:1", NOW).await.unwrap();
        system.set_brand_logo("*", Some(&logo)).await.unwrap();
        system.set_brand("*", r#"{"name":"Two"}"#, "person:2", later(1)).await.unwrap();
        let brands = system.list_brands().await.unwrap();
        let [every, one] = brands.as_slice() else { panic!("{brands:?}") };
        assert_eq!((every.host.as_str(), every.brand_json.as_str(), every.has_logo), ("*", r#"{"name":"Two"}"#, true));
        assert_eq!((every.set_by.as_str(), every.set_at), ("person:2", later(1)));
        assert_eq!((one.host.as_str(), one.has_logo), ("portal.example", false));
        assert_eq!(system.find_brand_logo("*").await.unwrap(), Some(logo));
        assert_eq!(system.find_brand_logo("portal.example").await.unwrap(), None);

        system.set_brand_logo("*", None).await.unwrap();
        assert_eq!(system.find_brand_logo("*").await.unwrap(), None);
        assert!(system.delete_brand("*").await.unwrap());
        assert!(!system.delete_brand("*").await.unwrap());
    }

    async fn an_announcement_is_shown_in_its_time_until_it_is_ended(it: Deployment) {
        let system = it.store.system();
        let (first, second) = (announcement(NOW), announcement(later(10)));
        for announcement in [&first, &second] {
            system.insert_announcement(announcement).await.unwrap();
        }
        let shown = async |at| system.list_current_announcements(at).await.unwrap();
        assert_eq!(shown(later(9)).await, std::slice::from_ref(&first));
        assert_eq!(shown(later(10)).await, [second.clone(), first.clone()]);
        assert_eq!(shown(first.ends_at).await, std::slice::from_ref(&second));
        assert!(system.end_announcement(second.id, later(20)).await.unwrap());
        assert!(!system.end_announcement(second.id, later(21)).await.unwrap());
        assert_eq!(shown(later(20)).await, std::slice::from_ref(&first));
        let ended = Announcement { ends_at: later(20), ..second };
        assert_eq!(system.list_announcements().await.unwrap(), [ended, first]);
    }
}

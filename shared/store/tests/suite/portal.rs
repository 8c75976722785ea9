//! What the portal keeps: authorizations under way, visits, arguments, brands, announcements.

use futures_util::future::join_all;
use turnpike_store::{Announcement, AuthorizationRow, Logo, StoreError};

use crate::{
    deployment::on_both,
    samples::{NOW, announcement, arguments, authorization, id, joined, later, visit},
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
        assert_eq!(shown(later(9)).await, [first.clone()]);
        assert_eq!(shown(later(10)).await, [second.clone(), first.clone()]);
        assert_eq!(shown(first.ends_at).await, [second.clone()]);
        assert!(system.end_announcement(second.id, later(20)).await.unwrap());
        assert!(!system.end_announcement(second.id, later(21)).await.unwrap());
        assert_eq!(shown(later(20)).await, [first.clone()]);
        let ended = Announcement { ends_at: later(20), ..second };
        assert_eq!(system.list_announcements().await.unwrap(), [ended, first]);
    }
}

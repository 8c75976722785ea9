//! People, what they belong to, their browsers and the links that were mailed to them.

use futures_util::future::join_all;
use turnpike_core::Role;
use turnpike_store::{LinkPurpose, Member, Membership, NewAuthorization, Person, Session, StoreError};

use crate::{
    deployment::on_both,
    samples::{NOW, authorization, id, joined, later, link, person, session},
};

on_both! {
    async fn a_person_is_found_by_id_address_and_subject(it: Deployment) {
        let (system, new) = (it.store.system(), person("ana@example.com"));
        system.insert_person(&new).await.unwrap();
        let taken = system.insert_person(&person("ana@example.com")).await;
        assert!(matches!(taken, Err(StoreError::Conflict { what: "person" })));
        assert_eq!(system.find_person(new.id).await.unwrap().as_ref(), Some(&new));
        assert_eq!(system.find_person_by_email("ana@example.com").await.unwrap().as_ref(), Some(&new));
        assert_eq!(system.find_person_by_email("ben@example.com").await.unwrap(), None);
        assert_eq!(system.list_staff().await.unwrap(), []);

        let changed = Person { name: "Ana".into(), password_hash: None, oidc_subject: Some("idp 1".into()), staff: true, ..new };
        system.update_person(&changed).await.unwrap();
        assert_eq!(system.find_person_by_subject("idp 1").await.unwrap().as_ref(), Some(&changed));
        assert_eq!(system.find_person_by_subject("idp 2").await.unwrap(), None);
        assert_eq!(system.list_staff().await.unwrap(), [changed]);
        let nobody = system.update_person(&person("ben@example.com")).await;
        assert!(matches!(nobody, Err(StoreError::NotFound { what: "person" })));
    }

    async fn members_and_their_tenants_find_each_other(it: Deployment) {
        let (system, new) = (it.store.system(), person("ana@example.com"));
        assert!(matches!(it.ours.insert_member(id(), Role::Owner, NOW).await, Err(StoreError::NotFound { .. })), "nobody");
        system.insert_person(&new).await.unwrap();
        it.ours.insert_member(new.id, Role::Admin, later(1)).await.unwrap();
        it.theirs.insert_member(new.id, Role::Auditor, later(2)).await.unwrap();
        let twice = it.ours.insert_member(new.id, Role::Owner, NOW).await;
        assert!(matches!(twice, Err(StoreError::Conflict { what: "member" })));
        let member = Member { person_id: new.id, email: new.email, name: new.name, role: Role::Admin, groups: vec![], joined_at: later(1) };
        assert_eq!(system.list_members(it.our_id).await.unwrap(), std::slice::from_ref(&member));
        let groups = vec!["media-buyers".to_owned(), "planners".to_owned()];
        assert!(it.ours.set_member_groups(new.id, &groups).await.unwrap());
        assert!(!it.ours.set_member_groups(id(), &groups).await.unwrap(), "nobody");
        assert_eq!(system.find_member(it.their_id, new.id).await.unwrap().unwrap().groups, Vec::<String>::new());
        let member = Member { groups, ..member };
        assert_eq!(system.find_member(it.our_id, new.id).await.unwrap(), Some(member));
        assert_eq!(system.find_member(it.our_id, id()).await.unwrap(), None);
        let tenants = system.list_memberships(new.id).await.unwrap();
        let expected = [(it.our_id, "ours", Role::Admin), (it.their_id, "theirs", Role::Auditor)]
            .map(|(tenant_id, name, role)| Membership { tenant_id, tenant_name: name.into(), role });
        assert_eq!(tenants.len(), 2);
        assert!(expected.iter().all(|membership| tenants.contains(membership)), "{tenants:?}");
    }

    async fn the_last_owner_stays_one(it: Deployment) {
        let (one, other) = (joined(&it.store, &it.ours).await, id());
        it.store.system().insert_person(&Person { id: other, ..person("ben@example.com") }).await.unwrap();
        it.ours.insert_member(other, Role::Member, later(1)).await.unwrap();
        assert!(!it.ours.set_member_role(one, Role::Admin).await.unwrap());
        assert!(!it.ours.delete_member(one, NOW).await.unwrap());
        assert!(!it.ours.set_member_role(id(), Role::Admin).await.unwrap(), "nobody");
        assert!(it.ours.set_member_role(one, Role::Owner).await.unwrap(), "as before");

        assert!(it.ours.set_member_role(other, Role::Owner).await.unwrap());
        assert!(it.ours.set_member_role(one, Role::Auditor).await.unwrap());
        assert!(it.ours.delete_member(one, NOW).await.unwrap());
        let left = it.store.system().list_members(it.our_id).await.unwrap();
        assert_eq!(left.iter().map(|member| (member.person_id, member.role)).collect::<Vec<_>>(), [(other, Role::Owner)]);
    }

    async fn of_two_owners_who_remove_each_other_one_stays(it: Deployment) {
        let owners = [joined(&it.store, &it.ours).await, joined(&it.store, &it.ours).await];
        let removed = join_all(owners.map(|owner| it.ours.delete_member(owner, NOW))).await;
        assert_eq!(removed.into_iter().filter(|removed| *removed.as_ref().unwrap()).count(), 1);
    }

    async fn a_session_lives_while_it_is_used_and_not_beyond_its_end(it: Deployment) {
        let (system, person) = (it.store.system(), joined(&it.store, &it.ours).await);
        let new = session(person, 1);
        system.insert_session(&new).await.unwrap();
        let find = async |hash, idle_since, at| system.find_session(&[hash; 32], idle_since, at).await.unwrap();
        assert_eq!(find(1, later(0), later(1)).await, None, "not used since");
        system.touch_session(new.id, later(5)).await.unwrap();
        let used = Session { seen_at: later(5), ..new };
        assert_eq!(find(1, NOW, later(3599)).await, Some(used.clone()));
        assert_eq!(find(1, NOW, later(3600)).await, None, "its time is over");
        assert_eq!(find(2, NOW, later(10)).await, None);

        system.act_for(used.id, Some(it.our_id)).await.unwrap();
        system.confirm_session(used.id, &[2; 32], later(9)).await.unwrap();
        assert_eq!(find(1, NOW, later(10)).await, None, "it has another cookie");
        let confirmed = Session { hash: [2; 32], acting_for: Some(it.our_id), seen_at: later(9), confirmed_at: later(9), ..used };
        assert_eq!(find(2, NOW, later(10)).await, Some(confirmed));
    }

    async fn a_person_signs_out_of_one_browser_or_of_all_others(it: Deployment) {
        let system = it.store.system();
        let (person, somebody) = (joined(&it.store, &it.ours).await, joined(&it.store, &it.ours).await);
        let sessions = [1, 2, 3].map(|hash| session(person, hash));
        for session in &sessions {
            system.insert_session(session).await.unwrap();
        }
        system.insert_session(&session(somebody, 4)).await.unwrap();
        assert!(!system.delete_session(somebody, sessions[0].id).await.unwrap(), "it is another's");
        assert!(system.delete_session(person, sessions[0].id).await.unwrap());
        assert_eq!(system.delete_other_sessions(person, Some(sessions[1].id)).await.unwrap(), 1);
        assert_eq!(system.list_sessions(person, NOW).await.unwrap(), [sessions[1].clone()]);
        assert_eq!(system.list_sessions(person, later(3600)).await.unwrap(), []);
        assert_eq!(system.delete_ended_sessions(NOW.minus(std::time::Duration::from_secs(1)), later(3599)).await.unwrap(), 0);
        assert_eq!(system.delete_other_sessions(person, None).await.unwrap(), 1);
        assert_eq!(system.delete_ended_sessions(NOW, later(1)).await.unwrap(), 1, "it was not used since");
    }

    async fn a_link_is_used_once_in_its_time_and_for_its_purpose(it: Deployment) {
        let (system, new) = (it.store.system(), link(None, LinkPurpose::SignIn, 1));
        system.insert_link(&new).await.unwrap();
        let find = async |purpose, at| system.find_link(&[1; 32], purpose, at).await.unwrap();
        assert_eq!(find(LinkPurpose::SignIn, later(599)).await.as_ref(), Some(&new));
        assert_eq!(find(LinkPurpose::SignUp, NOW).await, None);
        assert_eq!(find(LinkPurpose::SignIn, later(600)).await, None);
        assert!(!system.use_link(&[1; 32], later(600)).await.unwrap());
        let used = join_all((0..20).map(|_| system.use_link(&[1; 32], later(1)))).await;
        assert_eq!(used.into_iter().filter(|used| *used.as_ref().unwrap()).count(), 1);
        assert_eq!(find(LinkPurpose::SignIn, later(1)).await, None);
        assert_eq!(system.delete_expired_links(later(599)).await.unwrap(), 0);
        assert_eq!(system.delete_expired_links(later(600)).await.unwrap(), 1);
    }

    async fn a_tenant_sees_and_takes_back_the_links_that_are_open(it: Deployment) {
        let system = it.store.system();
        let links = [
            link(Some(it.our_id), LinkPurpose::Invitation, 1),
            link(Some(it.our_id), LinkPurpose::Invitation, 2),
            link(Some(it.our_id), LinkPurpose::Connect, 3),
            link(None, LinkPurpose::SignIn, 4),
        ];
        for link in &links {
            system.insert_link(link).await.unwrap();
        }
        assert!(system.use_link(&[1; 32], NOW).await.unwrap());
        let open = async |at| it.ours.list_open_links(LinkPurpose::Invitation, at).await.unwrap();
        assert_eq!(open(NOW).await, [links[1].clone()]);
        assert_eq!(open(later(600)).await, []);
        assert!(!it.ours.delete_link(links[0].id).await.unwrap(), "it was used");
        assert!(it.ours.delete_link(links[1].id).await.unwrap());
        assert_eq!(open(NOW).await, []);
    }

    async fn whoever_may_not_act_any_more_comes_back_from_no_vendor(it: Deployment) {
        let (_, other) = (joined(&it.store, &it.ours).await, joined(&it.store, &it.ours).await);
        let link = link(Some(it.our_id), LinkPurpose::Connect, 1);
        it.store.system().insert_link(&link).await.unwrap();
        for (hash, actor) in [(1, format!("person:{other}")), (3, format!("link:{}", link.id)), (5, "person:1".into())] {
            it.ours.insert_authorization(&NewAuthorization { actor, ..authorization(hash) }).await.unwrap();
        }
        assert!(it.ours.delete_member(other, NOW).await.unwrap() && it.ours.delete_link(link.id).await.unwrap());
        let mut left = vec![];
        for hash in [1, 3, 5] {
            left.push(it.store.system().take_authorization(&[hash; 32]).await.unwrap().is_some());
        }
        assert_eq!(left, [false, false, true]);
    }
}

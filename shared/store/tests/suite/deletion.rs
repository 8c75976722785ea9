//! What a tenant takes along, and what is left of it.

use turnpike_core::{LeastRole, Role, TenantId};
use turnpike_store::{
    AuditFilter, CallArguments, ConnectAttempt, ConnectionState, LinkPurpose, MailedLink, NewApproval, NewPreview,
    Person, ServiceAgent, StoreError, TenantState,
};

use crate::{
    deployment::{Deployment, Place, on_both},
    samples::{
        AUDIT_KEY, NOW, api_key, approval, attempt, audit_event, authorization, connection, credential, data_key,
        grant, id, intent, job, later, link, person, policy, preview, previewed, service_agent, session, tool_policy,
        visit,
    },
    samples_of_money::furnish_money,
};

/// A row in every table of a tenant, each text that people or vendors have chosen bearing a mark; and its two owners, the
/// first of whom belongs to nobody else.
async fn furnish(it: &Deployment, tenant: TenantId, mark: &str) -> [Person; 2] {
    let (ours, system, n) = (it.store.tenant(tenant), it.store.system(), mark.as_bytes()[0]);
    ours.rename(mark).await.unwrap();
    ours.set_plan(Some(mark), &[mark.into()]).await.unwrap();
    let owners =
        ["one", "both"].map(|name| Person { name: mark.into(), ..person(&format!("{name}-{mark}@example.com")) });
    for (owner, hash) in owners.iter().zip(n + 1..) {
        system.insert_person(owner).await.unwrap();
        ours.insert_member(owner.id, Role::Owner, NOW).await.unwrap();
        ours.set_member_groups(owner.id, &[mark.into()]).await.unwrap();
        let mailed = MailedLink { email: owner.email.clone(), ..link(None, LinkPurpose::SignIn, hash) };
        system.insert_link(&mailed).await.unwrap();
    }
    let mut browser = session(owners[0].id, n);
    (browser.browser, browser.acting_for) = (mark.into(), Some(tenant));
    system.insert_session(&browser).await.unwrap();
    let mut invitation = link(Some(tenant), LinkPurpose::Invitation, n);
    (invitation.email, invitation.content_json) =
        (format!("new-{mark}@example.com"), format!(r#"{{"name":"{mark}"}}"#));
    system.insert_link(&invitation).await.unwrap();
    let mut key = api_key(id(), n);
    (key.name, key.hint) = (mark.into(), mark.into());
    ours.insert_api_key(&key).await.unwrap();
    let mut granted = grant(owners[0].id, n);
    (granted.client_name, granted.client_id, granted.scopes) = (mark.into(), mark.into(), vec![mark.into()]);
    ours.insert_grant(&granted).await.unwrap();
    ours.insert_service_agent(&ServiceAgent { name: mark.into(), hint: mark.into(), ..service_agent() }).await.unwrap();
    let tried = ConnectAttempt { client_name: mark.into(), client_id: mark.into(), ..attempt(Some(tenant)) };
    system.insert_connect_attempt(&tried).await.unwrap();
    let mut connection = connection(id(), "google-ads");
    connection.accounts_json = format!(r#"["{mark}"]"#);
    ours.insert_connection(&connection).await.unwrap();
    ours.set_connection_state(connection.id, ConnectionState::Ok, Some(mark), NOW).await.unwrap();
    ours.insert_credential(&credential(connection.id)).await.unwrap();
    ours.insert_data_key(&data_key(1)).await.unwrap();
    let mut state = authorization(n);
    state.actor = mark.into();
    ours.insert_authorization(&state).await.unwrap();
    let mut looked = visit(owners[0].id, NOW);
    looked.reason = mark.into();
    ours.insert_visit(&looked).await.unwrap();
    let mut policy = policy(1);
    policy.set_by = mark.into();
    ours.set_write_policy(connection.id, &policy).await.unwrap();
    let mut asked_more = tool_policy("google-ads/*", LeastRole::Owner);
    (asked_more.set_by, asked_more.groups) = (mark.into(), vec![mark.into()]);
    ours.set_tool_policy(&asked_more).await.unwrap();
    let write = NewPreview { summary: mark.into(), ..preview(connection.id) };
    let preview = previewed(&ours, &write).await;
    assert!(ours.claim_preview(&preview, &intent(connection.id, id())).await.unwrap());
    ours.request_approval(&NewApproval { reason: mark.into(), ..approval(write.id) }).await.unwrap();
    let mut long = job(connection.id);
    long.arguments_json = format!(r#"["{mark}"]"#);
    ours.insert_job(&long, 9).await.unwrap();
    let call_id = id();
    let arguments_json = format!(r#"["{mark}"]"#);
    let kept = CallArguments { tenant_id: tenant, call_id, arguments_json, expires_at: later(600) };
    system.insert_call_arguments(&[kept]).await.unwrap();
    furnish_money(&it.store, &ours, mark).await;
    ours.append_audit(&AUDIT_KEY, &audit_event("tenant.created", NOW)).await.unwrap();
    owners
}

/// The text columns in which a mark stands, as `table.column`.
async fn places_of(it: &Deployment, mark: &str) -> Vec<String> {
    let columns = match it.place {
        Place::Sqlite { .. } => {
            "SELECT tables.name || '.' || columns.name FROM sqlite_master AS tables \
             JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' AND columns.type = 'TEXT'"
        }
        Place::Postgres { .. } => {
            "SELECT table_name || '.' || column_name FROM information_schema.columns \
             WHERE table_schema = 'public' AND data_type = 'text'"
        }
    };
    let search = it.values_as_owner(columns).await.into_iter().map(|place| {
        let (table, column) = place.split_once('.').unwrap();
        format!("SELECT '{place}' WHERE EXISTS (SELECT 1 FROM {table} WHERE {column} LIKE '%{mark}%')")
    });
    let mut places = it.values_as_owner(&search.collect::<Vec<_>>().join(" UNION ALL ")).await;
    places.sort();
    places
}

on_both! {
    async fn a_tenant_takes_along_everything_of_its_own_but_what_opens_something(it: Deployment) {
        let owners = furnish(&it, it.our_id, "quince").await;
        furnish(&it, it.their_id, "medlar").await;
        let export = it.store.export(it.our_id).await.unwrap();
        let text = export.to_string();
        assert!(!text.contains("medlar") && !text.contains(&it.their_id.to_string()), "{text}");
        assert!(owners.iter().all(|owner| text.contains(&owner.email)), "{text}");
        for (table, rows) in export["tables"].as_object().unwrap() {
            let expected = if ["members", "people"].contains(&table.as_str()) { 2 } else { 1 };
            assert_eq!(rows.as_array().unwrap().len(), expected, "{table}");
        }
        let key = &export["tables"]["api_keys"][0];
        assert_eq!((&key["hash"], &key["live"], &key["servers"][0]), (&serde_json::Value::Null, &true.into(), &"google-ads".into()));
        assert_eq!(key["created_at"], "2026-09-21T14:13:20.000000Z");
        assert!(export["left_out"]["credentials.sealed"].is_string());
        assert!(matches!(it.store.export(id()).await, Err(StoreError::NotFound { what: "tenant" })));
    }

    async fn of_a_deleted_tenant_the_books_are_left_and_nothing_that_names_anybody(it: Deployment) {
        let [alone, both] = furnish(&it, it.our_id, "quince").await;
        furnish(&it, it.their_id, "medlar").await;
        it.theirs.insert_member(both.id, Role::Member, NOW).await.unwrap();
        let system = it.store.system();
        let theirs = places_of(&it, "medlar").await;
        assert!(theirs.len() > 15, "the marks are found: {theirs:?}");
        assert_eq!(places_of(&it, "quince").await, theirs);

        system.delete_tenant(it.our_id, &AUDIT_KEY, &audit_event("tenant.deleted", later(9))).await.unwrap();
        // Of the two owners one belongs to the other tenant as well.
        let left: Vec<_> = places_of(&it, "quince").await;
        assert_eq!(left, ["mailed_links.email", "people.email", "people.name"]);
        assert_eq!(system.find_person(alone.id).await.unwrap(), None);
        assert_eq!(system.list_memberships(both.id).await.unwrap().len(), 1);
        assert_eq!(places_of(&it, "medlar").await, theirs);

        let tenant = it.ours.get().await.unwrap();
        assert_eq!((tenant.name.as_str(), tenant.state, tenant.deleted_at), ("", TenantState::Suspended, Some(later(9))));
        assert_eq!(system.count_calls().await.unwrap(), 2);
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap().sequence, 2);
        let last = AuditFilter { limit: 1, ..AuditFilter::default() };
        assert_eq!(it.ours.list_audit(&last).await.unwrap()[0].action, "tenant.deleted");
        let again = system.delete_tenant(it.our_id, &AUDIT_KEY, &audit_event("tenant.deleted", later(10))).await;
        assert!(matches!(again, Err(StoreError::NotFound { what: "tenant" })));
        assert_eq!(it.ours.verify_audit(&AUDIT_KEY, None).await.unwrap().sequence, 2, "it is said once");
        let late = CallArguments { tenant_id: it.our_id, call_id: id(), arguments_json: "{}".into(), expires_at: later(600) };
        system.insert_call_arguments(std::slice::from_ref(&late)).await.unwrap();
        assert_eq!(it.ours.find_call_arguments(late.call_id, NOW).await.unwrap(), None, "the tenant is gone");
    }

    async fn a_person_is_forgotten_who_belongs_to_nobody_and_no_other(it: Deployment) {
        let system = it.store.system();
        let people =
            [person("free@example.com"), person("member@example.com"), Person { staff: true, ..person("staff@example.com") }];
        for person in &people {
            system.insert_person(person).await.unwrap();
            system.insert_session(&session(person.id, person.email.as_bytes()[0])).await.unwrap();
        }
        it.ours.insert_member(people[1].id, Role::Owner, NOW).await.unwrap();
        let mut gone = vec![];
        for person in &people {
            gone.push(system.delete_person(person.id).await.unwrap());
        }
        assert_eq!(gone, [true, false, false]);
        assert_eq!(system.find_person(people[0].id).await.unwrap(), None);
        assert!(system.list_sessions(people[0].id, NOW).await.unwrap().is_empty());
        assert_eq!(system.list_sessions(people[1].id, NOW).await.unwrap().len(), 1);
    }

    async fn staff_and_whoever_has_visited_others_are_not_forgotten_with_a_tenant(it: Deployment) {
        let system = it.store.system();
        let people = [Person { staff: true, ..person("staff@example.com") }, person("visitor@example.com")];
        for person in &people {
            system.insert_person(person).await.unwrap();
            it.ours.insert_member(person.id, Role::Owner, NOW).await.unwrap();
        }
        it.theirs.insert_visit(&visit(people[1].id, NOW)).await.unwrap();
        let mut looking = session(people[0].id, 1);
        looking.acting_for = Some(it.our_id);
        system.insert_session(&looking).await.unwrap();
        system.delete_tenant(it.our_id, &AUDIT_KEY, &audit_event("tenant.deleted", later(9))).await.unwrap();
        for person in people {
            assert_eq!(system.find_person(person.id).await.unwrap(), Some(person));
        }
        assert_eq!(system.list_sessions(looking.person_id, NOW).await.unwrap()[0].acting_for, None);
    }
}

//! Every row comes back as it was stored, and changes only as asked.

use std::time::Duration;

use turnpike_core::{LeastRole, Micros, Outcome, Timestamp};
use turnpike_store::{
    CallFilter, ConnectionState, DataKeyRow, JobState, NewTenant, SecretRow, StoreError, TenantState, ToolPolicy,
};

use crate::{
    deployment::on_both,
    samples::{
        NOW, api_key, call, connected, connection, credential, id, intent, job, later, preview, previewed, replacement,
        target, tool_policy,
    },
};

on_both! {
    async fn a_tenant_comes_back_and_can_be_suspended(it: Deployment) {
        let system = it.store.system();
        let tenant = it.ours.get().await.unwrap();
        assert_eq!((tenant.id, tenant.name.as_str(), tenant.state), (it.our_id, "ours", TenantState::Active));
        assert_eq!((tenant.created_at, tenant.stale_answers), (NOW, None));
        system.set_tenant_state(it.our_id, TenantState::Suspended).await.unwrap();
        let suspended = system.find_tenant(it.our_id).await.unwrap().unwrap();
        assert_eq!(suspended.state, TenantState::Suspended);
        assert_eq!(system.list_tenants().await.unwrap(), [suspended, it.theirs.get().await.unwrap()]);
    }

    async fn a_tenant_says_how_old_an_answer_it_takes_and_its_keys_know(it: Deployment) {
        it.ours.insert_api_key(&api_key(id(), 7)).await.unwrap();
        for oldest in [Some(Duration::from_secs(3600)), None] {
            it.ours.allow_stale_answers(oldest).await.unwrap();
            let (_, tenant) = it.store.system().find_api_key(&[7; 32]).await.unwrap().unwrap();
            assert_eq!((tenant.stale_answers, it.theirs.get().await.unwrap().stale_answers), (oldest, None));
        }
    }

    async fn a_tool_policy_is_set_anew_in_its_place(it: Deployment) {
        let all = ["*/*", "*/*:read", "*/set_budget", "google-ads/*", "google-ads/*:write", "google-ads/set_budget"];
        for tools in all {
            it.ours.set_tool_policy(&tool_policy(tools, LeastRole::Nobody)).await.unwrap();
        }
        let again = ToolPolicy { groups: vec![], ..tool_policy("google-ads/*", LeastRole::Owner) };
        it.ours.set_tool_policy(&again).await.unwrap();
        let mut listed = it.ours.list_tool_policies().await.unwrap();
        // The two databases sort what is no letter in different places.
        listed.sort_by_key(|policy| policy.tools.to_string());
        let expected = all.map(|tools| if tools == "google-ads/*" { again.clone() } else { tool_policy(tools, LeastRole::Nobody) });
        assert_eq!(listed, expected);
    }

    async fn a_tool_policy_is_taken_away_and_one_that_asks_for_nothing_is_none(it: Deployment) {
        let tools = "google-ads/*:write";
        it.ours.set_tool_policy(&tool_policy(tools, LeastRole::Auditor)).await.unwrap();
        assert_eq!(it.ours.list_tool_policies().await.unwrap().len(), 1, "it asks for a group");
        assert!(!it.ours.delete_tool_policy(&"google-ads/*".parse().unwrap()).await.unwrap(), "another");
        assert!(it.ours.delete_tool_policy(&tools.parse().unwrap()).await.unwrap());
        assert!(!it.ours.delete_tool_policy(&tools.parse().unwrap()).await.unwrap(), "it is gone");
        let nothing = ToolPolicy { groups: vec![], ..tool_policy(tools, LeastRole::Auditor) };
        it.ours.set_tool_policy(&nothing).await.unwrap();
        assert_eq!(it.ours.list_tool_policies().await.unwrap(), []);
    }

    async fn a_tool_policy_of_a_later_version_is_an_error_and_not_overlooked(it: Deployment) {
        it.ours.set_tool_policy(&tool_policy("google-ads/*", LeastRole::Owner)).await.unwrap();
        it.run_as_owner("UPDATE tool_policies SET tool = '*:delete'").await.unwrap();
        assert!(it.ours.list_tool_policies().await.is_err());
    }

    async fn a_switch_stands_until_it_is_lifted_and_is_remembered(it: Deployment) {
        let system = it.store.system();
        let targets = [
            target(None, None, None),
            target(None, Some("google-ads"), None),
            target(None, Some("google-ads"), Some("set_budget")),
            target(Some(it.our_id), None, None),
            target(Some(it.our_id), Some("google-ads"), None),
        ];
        for target in &targets {
            system.switch_off(id(), target, "first", "ann", NOW).await.unwrap();
            system.switch_off(id(), target, "second", "ben", later(1)).await.unwrap();
        }
        // In the order of their ids, which of one millisecond is any.
        let standing = system.list_switches().await.unwrap();
        assert_eq!(standing.len(), targets.len());
        assert!(targets.iter().all(|target| standing.iter().any(|switch| switch.target == *target)));
        for switch in &standing {
            let said = (switch.reason.as_str(), switch.set_by.as_str(), switch.set_at);
            assert_eq!((said, switch.lifted_at), (("second", "ben", later(1)), None));
        }
        assert!(system.switch_on(&targets[1], "eve", later(2)).await.unwrap());
        assert!(!system.switch_on(&targets[1], "eve", later(3)).await.unwrap(), "it is on");
        assert_eq!(system.list_switches().await.unwrap().len(), 4, "no other was lifted with it");
        let history = system.list_switch_history().await.unwrap();
        assert_eq!((history.len(), history.iter().filter(|switch| switch.lifted_at.is_some()).count()), (10, 6));
        assert!(history.iter().any(|switch| switch.lifted_by.as_deref() == Some("eve") && switch.lifted_at == Some(later(2))));
    }

    async fn an_unknown_tenant_is_not_found_and_a_known_one_is_not_added_twice(it: Deployment) {
        let system = it.store.system();
        assert!(matches!(it.store.tenant(id()).get().await, Err(StoreError::NotFound { what: "tenant" })));
        assert!(matches!(system.set_tenant_state(id(), TenantState::Active).await, Err(StoreError::NotFound { .. })));
        assert_eq!(system.find_tenant(id()).await.unwrap(), None);
        let again = NewTenant { id: it.our_id, name: "again".into(), created_at: NOW };
        assert!(matches!(system.insert_tenant(&again).await, Err(StoreError::Conflict { what: "tenant" })));
    }

    async fn an_api_key_is_found_by_its_hash_with_its_tenant(it: Deployment) {
        let (system, new) = (it.store.system(), api_key(id(), 7));
        it.ours.insert_api_key(&new).await.unwrap();
        let (key, tenant) = system.find_api_key(&[7; 32]).await.unwrap().unwrap();
        assert_eq!(tenant, it.ours.get().await.unwrap());
        assert_eq!((key.id, &key.name, &key.hint, key.pepper_version), (new.id, &new.name, &new.hint, 2));
        assert_eq!((&key.scopes, &key.servers, &key.allowed_ips), (&new.scopes, &new.servers, &new.allowed_ips));
        assert_eq!(key.role, new.role);
        assert_eq!((key.expires_at, key.live, key.created_at), (new.expires_at, true, NOW));
        assert_eq!((key.revoked_at, key.last_used_at), (None, None));
        assert_eq!(it.ours.list_api_keys().await.unwrap(), [key]);
        assert_eq!(system.find_api_key(&[8; 32]).await.unwrap(), None);
    }

    async fn an_api_key_is_revoked_once_and_stays_to_be_seen(it: Deployment) {
        let key = api_key(id(), 7);
        it.ours.insert_api_key(&key).await.unwrap();
        assert!(it.ours.revoke_api_key(key.id, later(1)).await.unwrap());
        assert!(!it.ours.revoke_api_key(key.id, later(2)).await.unwrap());
        let (key, _) = it.store.system().find_api_key(&[7; 32]).await.unwrap().unwrap();
        assert_eq!(key.revoked_at, Some(later(1)));
    }

    async fn the_last_use_of_api_keys_only_moves_forward(it: Deployment) {
        let (one, other) = (api_key(id(), 1), api_key(id(), 2));
        it.ours.insert_api_key(&one).await.unwrap();
        it.theirs.insert_api_key(&other).await.unwrap();
        let system = it.store.system();
        system.touch_api_keys(&[(other.id, later(5)), (one.id, later(9))]).await.unwrap();
        system.touch_api_keys(&[(one.id, later(3))]).await.unwrap();
        system.touch_api_keys(&[]).await.unwrap();
        assert_eq!(it.ours.list_api_keys().await.unwrap()[0].last_used_at, Some(later(9)));
        assert_eq!(it.theirs.list_api_keys().await.unwrap()[0].last_used_at, Some(later(5)));
    }

    async fn a_connection_comes_back_and_changes_its_state_and_accounts(it: Deployment) {
        let new = connection(id(), "google-ads");
        it.ours.insert_connection(&new).await.unwrap();
        let row = it.ours.get_connection(new.id).await.unwrap();
        assert_eq!((row.id, &row.integration, row.sandbox, &row.accounts_json), (new.id, &new.integration, true, &new.accounts_json));
        assert_eq!((row.state, &row.reason, row.predicted_end), (ConnectionState::Ok, &None, new.predicted_end));
        assert_eq!((row.created_at, row.updated_at), (NOW, NOW));

        let reason = Some("the grant was withdrawn");
        it.ours.set_connection_state(new.id, ConnectionState::ReconnectNeeded, reason, later(1)).await.unwrap();
        it.ours.set_connection_accounts(new.id, "[]", later(2)).await.unwrap();
        it.ours.predict_connection_end(new.id, Some(later(7200)), later(3)).await.unwrap();
        assert!(it.theirs.predict_connection_end(new.id, None, later(4)).await.is_err());
        let row = it.ours.find_connection("google-ads").await.unwrap().unwrap();
        assert_eq!((row.state, row.reason.as_deref()), (ConnectionState::ReconnectNeeded, reason));
        assert_eq!((row.accounts_json.as_str(), row.updated_at), ("[]", later(3)));
        assert_eq!(row.predicted_end, Some(later(7200)));
        let owned = it.store.system().find_owned_connection(new.id).await.unwrap();
        assert_eq!(owned, Some((it.our_id, row.clone())));
        assert_eq!(it.ours.list_connections().await.unwrap(), [row]);
    }

    async fn a_tenant_has_one_connection_to_an_integration(it: Deployment) {
        connected(&it.ours).await;
        connected(&it.theirs).await;
        let second = it.ours.insert_connection(&connection(id(), "google-ads")).await;
        assert!(matches!(second, Err(StoreError::Conflict { what: "connection" })));
        it.ours.insert_connection(&connection(id(), "amazon-ads")).await.unwrap();
        let names: Vec<_> = it.ours.list_connections().await.unwrap().into_iter().map(|row| row.integration).collect();
        assert_eq!(names, ["amazon-ads", "google-ads"]);
    }

    async fn a_credential_is_swapped_only_from_the_generation_that_was_read(it: Deployment) {
        let connection = connected(&it.ours).await;
        assert_eq!(it.ours.find_credential(connection).await.unwrap(), None);
        it.ours.insert_credential(&credential(connection)).await.unwrap();
        let first = it.ours.find_credential(connection).await.unwrap().unwrap();
        assert_eq!((first.generation, first.key_version, first.sealed.as_slice()), (1, 1, [0, 1, 255].as_slice()));
        assert_eq!((first.access_expires_at, first.refresh_started_at), (Some(later(3600)), None));

        assert!(it.ours.begin_refresh(connection, 1, "replica", NOW, NOW).await.unwrap());
        assert!(it.ours.swap_credential(connection, 1, &replacement(9)).await.unwrap());
        assert!(!it.ours.swap_credential(connection, 1, &replacement(8)).await.unwrap());
        let second = it.ours.find_credential(connection).await.unwrap().unwrap();
        assert_eq!((second.generation, second.key_version, second.sealed.as_slice()), (2, 2, [9].as_slice()));
        assert_eq!((second.access_expires_at, second.refresh_started_at, second.refresh_by), (None, None, None));
        assert!(matches!(it.ours.insert_credential(&credential(connection)).await, Err(StoreError::Conflict { .. })));
    }

    async fn a_refresh_is_one_replicas_until_it_abandons_it_or_is_too_slow(it: Deployment) {
        let connection = connected(&it.ours).await;
        it.ours.insert_credential(&credential(connection)).await.unwrap();
        let begin = |by, now, stale_before| it.ours.begin_refresh(connection, 1, by, now, stale_before);
        assert!(begin("a", NOW, NOW).await.unwrap());
        assert!(!begin("b", later(1), NOW).await.unwrap(), "a is at work");
        it.ours.abandon_refresh(connection, 1, "b").await.unwrap();
        assert!(!begin("b", later(1), NOW).await.unwrap(), "b cannot abandon for a");
        assert!(begin("b", later(31), later(1)).await.unwrap(), "a is too slow");
        it.ours.abandon_refresh(connection, 1, "b").await.unwrap();
        assert!(begin("a", later(32), NOW).await.unwrap(), "nobody is at work");
        let row = it.ours.find_credential(connection).await.unwrap().unwrap();
        assert_eq!((row.refresh_started_at, row.refresh_by.as_deref()), (Some(later(32)), Some("a")));
        assert!(!it.ours.begin_refresh(connection, 2, "b", later(99), later(99)).await.unwrap(), "another generation");
        assert!(!it.ours.ask_to_reconnect(connection, 2, "gone", later(32)).await.unwrap(), "another generation");
        assert!(it.ours.ask_to_reconnect(connection, 1, "gone", later(32)).await.unwrap());
        assert_eq!(it.ours.get_connection(connection).await.unwrap().state, ConnectionState::ReconnectNeeded);
        it.store.system().age_refreshes().await.unwrap();
        assert!(begin("b", later(33), NOW).await.unwrap(), "a is gone");
    }

    async fn the_newest_data_key_is_found_and_no_version_is_stored_twice(it: Deployment) {
        let key = |version, wrapped| DataKeyRow { version, provider: "local".into(), wrapped: vec![wrapped], created_at: NOW };
        assert_eq!(it.ours.find_data_key(None).await.unwrap(), None);
        assert!(it.ours.insert_data_key(&key(1, 1)).await.unwrap());
        assert!(it.ours.insert_data_key(&key(2, 2)).await.unwrap());
        assert!(!it.ours.insert_data_key(&key(1, 3)).await.unwrap());
        assert_eq!(it.ours.find_data_key(None).await.unwrap(), Some(key(2, 2)));
        assert_eq!(it.ours.find_data_key(Some(1)).await.unwrap(), Some(key(1, 1)));
        assert_eq!(it.ours.find_data_key(Some(3)).await.unwrap(), None);
    }

    async fn a_job_goes_on_until_it_is_done_and_is_forgotten_in_the_end(it: Deployment) {
        let new = job(connected(&it.ours).await);
        assert!(it.ours.insert_job(&new, 1).await.unwrap());
        assert_eq!(it.ours.find_job(new.id, NOW).await.unwrap().as_ref(), Some(&new));
        assert!(matches!(it.ours.insert_job(&new, 9).await, Err(StoreError::Conflict { what: "job" })));
        assert!(!it.ours.insert_job(&job(new.connection_id), 1).await.unwrap(), "one is the most");

        assert!(it.ours.advance_job(new.id, Some("[2]"), later(20), later(6)).await.unwrap());
        assert!(!it.ours.deliver_job(new.id, id(), later(7), NOW).await.unwrap(), "there is nothing to deliver");
        assert!(it.ours.finish_job(new.id, JobState::Done, Some("{}"), later(8)).await.unwrap());
        assert!(!it.ours.finish_job(new.id, JobState::Cancelled, None, later(9)).await.unwrap(), "it has ended");
        assert!(!it.ours.advance_job(new.id, None, later(30), later(9)).await.unwrap(), "it has ended");
        let row = it.ours.find_job(new.id, NOW).await.unwrap().unwrap();
        assert_eq!((row.state, row.result_json.as_deref(), row.upstream_json.as_deref()), (JobState::Done, Some("{}"), Some("[2]")));
        assert_eq!((row.poll_at, row.updated_at), (later(20), later(8)));
        assert_eq!(it.ours.list_jobs(NOW, 5).await.unwrap(), [row]);

        assert_eq!(it.store.system().delete_expired_jobs(later(3599)).await.unwrap(), 0);
        assert_eq!(it.ours.find_job(new.id, later(3600)).await.unwrap(), None);
        assert!(it.ours.insert_job(&job(new.connection_id), 2).await.unwrap());
        assert_eq!(it.store.system().delete_expired_jobs(later(3600)).await.unwrap(), 2);
    }

    async fn a_delivery_that_never_came_into_the_ledger_does_not_count(it: Deployment) {
        let job = job(connected(&it.ours).await);
        it.ours.insert_job(&job, 9).await.unwrap();
        it.ours.finish_job(job.id, JobState::Done, Some("{}"), NOW).await.unwrap();
        let (lost, paid) = (call(it.our_id), call(it.our_id));
        assert!(it.ours.deliver_job(job.id, lost.call_id, later(1), NOW).await.unwrap());
        assert!(!it.ours.deliver_job(job.id, paid.call_id, later(2), NOW).await.unwrap(), "it may still be on its way");
        assert!(it.ours.deliver_job(job.id, paid.call_id, later(20), later(5)).await.unwrap());
        it.store.system().insert_calls(std::slice::from_ref(&paid)).await.unwrap();
        assert!(!it.ours.deliver_job(job.id, id(), later(99), later(99)).await.unwrap());
        let row = it.ours.find_job(job.id, NOW).await.unwrap().unwrap();
        assert_eq!((row.delivered_by, row.delivered_at), (Some(paid.call_id), Some(later(20))));
    }

    async fn an_intent_is_unfinished_until_its_call_is_in_the_ledger(it: Deployment) {
        let (connection, call) = (connected(&it.ours).await, call(it.our_id));
        let intent = intent(connection, call.call_id);
        for (row, expected) in [(preview(connection), true), (preview(connection), false)] {
            let claimed = it.ours.claim_preview(&previewed(&it.ours, &row).await, &intent).await;
            assert_eq!(claimed.is_ok_and(|claimed| claimed), expected, "a call has one intent");
        }
        let unfinished = || async { it.store.system().list_unfinished_intents(NOW..later(1)).await.unwrap() };
        assert_eq!(unfinished().await, [(it.our_id, intent)]);
        let earlier = it.store.system().list_unfinished_intents(Timestamp::from_micros(0)..NOW).await.unwrap();
        assert_eq!(earlier, [], "too young to tell");
        it.store.system().insert_calls(&[call]).await.unwrap();
        assert_eq!(unfinished().await, []);
    }

    async fn a_secret_stays_as_it_was_first_stored(it: Deployment) {
        let secret = |wrapped| SecretRow { name: "pepper".into(), provider: "local".into(), wrapped: vec![wrapped] };
        let system = it.store.system();
        assert_eq!(system.find_secret("pepper").await.unwrap(), None);
        assert_eq!(system.insert_secret_if_absent(&secret(1)).await.unwrap(), secret(1));
        assert_eq!(system.insert_secret_if_absent(&secret(2)).await.unwrap(), secret(1));
        assert_eq!(system.find_secret("pepper").await.unwrap(), Some(secret(1)));
    }

    async fn usage_sums_up_by_tool_and_outcome(it: Deployment) {
        let at = |seconds, outcome, price| {
            let mut row = call(it.our_id);
            (row.started_at, row.outcome, row.price) = (later(seconds), outcome, Micros(price));
            row
        };
        let rows = [
            at(0, Outcome::Success, 4_000),
            at(1, Outcome::Success, 4_000),
            at(2, Outcome::Throttled, 0),
            at(10, Outcome::Success, 4_000),
            call(it.their_id),
        ];
        it.store.system().insert_calls(&rows).await.unwrap();
        let lines = it.ours.usage(NOW, later(10)).await.unwrap();
        let sums: Vec<_> = lines.iter().map(|line| (line.outcome, line.calls, line.price.0, line.list_price.0, line.upstream_requests)).collect();
        assert_eq!(sums, [(Outcome::Success, 2, 8_000, 8_000, 4), (Outcome::Throttled, 1, 0, 4_000, 2)]);
        let all = it.store.system().usage_by_tenant(NOW, later(10)).await.unwrap();
        assert_eq!(all.iter().filter(|(tenant, _)| *tenant == it.our_id).map(|(_, line)| line).collect::<Vec<_>>(), lines.iter().collect::<Vec<_>>());
        assert_eq!(all.len(), 3);
        assert_eq!(it.ours.usage(later(100), later(200)).await.unwrap(), []);
    }

    async fn calls_are_listed_newest_first_by_page_time_and_integration(it: Deployment) {
        let mut rows: Vec<_> = (0..5).map(|_| call(it.our_id)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.call_id));
        rows[1].integration = "amazon-ads".into();
        // Those that began at one instant stand in the order of their ids.
        rows[0].started_at = later(9);
        it.store.system().insert_calls(&rows).await.unwrap();
        let ours = &it.ours;
        let list = async |filter| ours.list_calls(&filter).await.unwrap();
        let page = || CallFilter { limit: 2, ..CallFilter::default() };
        assert_eq!(list(page()).await, rows[..2]);
        assert_eq!(list(CallFilter { before: Some(rows[1].call_id), ..page() }).await, rows[2..4]);
        assert_eq!(list(CallFilter { integration: Some("amazon-ads".into()), ..page() }).await, rows[1..2]);
        assert_eq!(list(CallFilter { since: Some(later(9)), ..page() }).await, rows[..1]);
        assert_eq!(list(CallFilter { until: Some(NOW), ..page() }).await, []);
        assert_eq!(it.ours.find_call(rows[3].call_id).await.unwrap().as_ref(), Some(&rows[3]));
        assert_eq!(it.ours.find_call(id()).await.unwrap(), None);
    }
}

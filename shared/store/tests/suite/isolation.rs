//! One tenant never reads or writes another's rows, through any method there is.

use turnpike_core::{
    ApiKeyId, ApprovalId, CallId, ConnectionId, GrantId, InvoiceId, JobId, LeastRole, LinkId, PersonId, Role,
    ServiceAgentId, VisitId,
};
use turnpike_store::{
    ApprovalState, AuditFilter, AuditHead, BatchState, CallFilter, Closing, ConnectionState, InvoiceState, JobState,
    LinkPurpose, NewGrant, PreviewRow, PreviewState, ServiceAgent, StoreError, TenantStore,
};

use crate::{
    deployment::{Deployment, on_both},
    samples::{
        self, AUDIT_KEY, NOW, api_key, approval, arguments, attempt, audit_event, authorization, call, connected,
        connection, credential, data_key, id, intent, job, joined, later, link, policy, preview, previewed,
        replacement, sealed, service_agent, tool_policy, visit,
    },
    samples_of_money::{self, credit, furnish_money, money_event, subscription},
    sources,
};

/// What the other tenant has.
struct Theirs {
    key: ApiKeyId,
    connection: ConnectionId,
    preview: PreviewRow,
    approval: ApprovalId,
    job: JobId,
    call: CallId,
    arguments: CallId,
    person: PersonId,
    visit: VisitId,
    link: LinkId,
    grant: GrantId,
    service: ServiceAgentId,
    invoice: InvoiceId,
}

async fn furnish(it: &Deployment) -> Theirs {
    let (key, call, connection) = (api_key(id(), 1), call(it.their_id), connected(&it.theirs).await);
    it.theirs.insert_api_key(&key).await.unwrap();
    it.theirs.insert_credential(&credential(connection)).await.unwrap();
    it.theirs.insert_data_key(&data_key(7)).await.unwrap();
    it.theirs.set_write_policy(connection, &policy(7)).await.unwrap();
    it.theirs.set_tool_policy(&tool_policy("google-ads/*", LeastRole::Owner)).await.unwrap();
    let preview = previewed(&it.theirs, &preview(connection)).await;
    let approval = approval(preview.id);
    it.theirs.request_approval(&approval).await.unwrap();
    let job = job(connection);
    it.theirs.insert_job(&job, 9).await.unwrap();
    let arguments = arguments(it.their_id);
    it.store.system().insert_call_arguments(std::slice::from_ref(&arguments)).await.unwrap();
    let person = joined(&it.store, &it.theirs).await;
    let visit = visit(person, NOW);
    it.theirs.insert_visit(&visit).await.unwrap();
    let link = link(Some(it.their_id), LinkPurpose::Invitation, 7);
    it.store.system().insert_link(&link).await.unwrap();
    it.theirs.insert_authorization(&authorization(7)).await.unwrap();
    it.theirs.append_audit(&AUDIT_KEY, &audit_event("key.made", NOW)).await.unwrap();
    it.store.system().insert_calls(std::slice::from_ref(&call)).await.unwrap();
    let (grant, service) = (samples::grant(person, 7), service_agent());
    it.theirs.insert_grant(&grant).await.unwrap();
    it.theirs.insert_service_agent(&service).await.unwrap();
    it.store.system().insert_connect_attempt(&attempt(Some(it.their_id))).await.unwrap();
    let invoice = furnish_money(&it.store, &it.theirs, "theirs").await;
    Theirs {
        key: key.id,
        connection,
        preview,
        approval: approval.id,
        job: job.id,
        call: call.call_id,
        arguments: arguments.call_id,
        person,
        visit: visit.id,
        link: link.id,
        grant: grant.id,
        service: service.id,
        invoice,
    }
}

/// Everything that a tenant can see, in words.
async fn view(tenant: &TenantStore, theirs: &Theirs) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        tenant.get().await.unwrap(),
        tenant.list_api_keys().await.unwrap(),
        tenant.list_connections().await.unwrap(),
        tenant.find_credential(theirs.connection).await.unwrap(),
        tenant.find_data_key(None).await.unwrap(),
        tenant.find_preview(theirs.preview.id).await.unwrap(),
        tenant.find_approval_of(theirs.preview.id).await.unwrap(),
        tenant.find_job(theirs.job, NOW).await.unwrap(),
        tenant.find_write_policy(theirs.connection).await.unwrap(),
        tenant.list_calls(&CallFilter { limit: 10, ..CallFilter::default() }).await.unwrap(),
        tenant.usage(NOW, later(1)).await.unwrap(),
        tenant.list_tool_policies().await.unwrap(),
        tenant.find_call_arguments(theirs.arguments, NOW).await.unwrap(),
        tenant.list_visits().await.unwrap(),
        tenant.find_grant(theirs.grant).await.unwrap(),
        tenant.list_service_agents().await.unwrap(),
        tenant.list_connect_attempts(10).await.unwrap(),
        tenant.list_open_links(LinkPurpose::Invitation, NOW).await.unwrap(),
        tenant.list_audit(&AuditFilter { limit: 10, ..AuditFilter::default() }).await.unwrap(),
        tenant.find_subscription().await.unwrap(),
        tenant.list_usage_batches(NOW, later(1)).await.unwrap(),
        tenant.list_invoices().await.unwrap(),
        tenant.list_invoice_lines(theirs.invoice).await.unwrap(),
        tenant.list_money_events().await.unwrap(),
        tenant.list_credits().await.unwrap(),
    )
}

/// Tries every method on the other's ids: did it find or change anything?
async fn reach(us: &TenantStore, it: &Theirs) -> Vec<(&'static str, bool)> {
    let Theirs { key, connection: at, ref preview, approval: asked, job: long, call, person, .. } = *it;
    let (write, ok, yes) = (preview.id, ConnectionState::Disabled, ApprovalState::Approved);
    let page = CallFilter { limit: 10, ..CallFilter::default() };
    let log = AuditFilter { limit: 10, ..AuditFilter::default() };
    let invoice = samples_of_money::invoice(id(), "another");
    let closing = Closing { invoice: &invoice, lines: &[], credits: &[], subscription: None };
    vec![
        ("get", us.get().await.unwrap().name == "theirs"),
        ("list_api_keys", !us.list_api_keys().await.unwrap().is_empty()),
        ("revoke_api_key", us.revoke_api_key(key, NOW).await.unwrap()),
        ("find_connection", us.find_connection("google-ads").await.unwrap().is_some()),
        ("get_connection", found(us.get_connection(at).await)),
        ("list_connections", !us.list_connections().await.unwrap().is_empty()),
        ("set_connection_state", found(us.set_connection_state(at, ok, None, NOW).await)),
        ("set_connection_accounts", found(us.set_connection_accounts(at, "[]", NOW).await)),
        ("predict_connection_end", found(us.predict_connection_end(at, Some(later(9)), NOW).await)),
        ("find_credential", us.find_credential(at).await.unwrap().is_some()),
        ("ask_to_reconnect", us.ask_to_reconnect(at, 1, "gone", later(9)).await.unwrap()),
        ("begin_refresh", us.begin_refresh(at, 1, "us", later(9), later(9)).await.unwrap()),
        ("abandon_refresh", us.abandon_refresh(at, 1, "them").await.is_err()),
        ("swap_credential", us.swap_credential(at, 1, &replacement(1)).await.unwrap()),
        ("note_lease", us.note_lease(at, later(9), later(9)).await.unwrap()),
        ("list_refreshed", !us.list_refreshed().await.unwrap().is_empty()),
        ("update_notice", us.update_notice("budget/80", &[], Some(NOW)).await.unwrap()),
        ("insert_credential", found(us.insert_credential(&credential(at)).await)),
        ("find_data_key", us.find_data_key(None).await.unwrap().is_some()),
        ("list_data_keys", !us.list_data_keys().await.unwrap().is_empty()),
        ("delete_data_key", us.delete_data_key(7).await.unwrap()),
        ("delete_data_keys", us.delete_data_keys().await.unwrap() > 0),
        ("reseal_credential", us.reseal_credential(&sealed(at), 7, &[7]).await.unwrap()),
        ("list_credentials_of_other_keys", !us.list_credentials_of_other_keys(9).await.unwrap().is_empty()),
        ("find_preview", us.find_preview(write).await.unwrap().is_some()),
        ("insert_preview", found(us.insert_preview(&samples::preview(at)).await)),
        ("claim_preview", us.claim_preview(preview, &intent(at, call)).await.unwrap()),
        ("finish_preview", found(us.finish_preview(write, PreviewState::Failed, None, NOW).await)),
        ("insert_job", found(us.insert_job(&job(at), 9).await)),
        ("find_job", us.find_job(long, NOW).await.unwrap().is_some()),
        ("list_jobs", !us.list_jobs(NOW, 10).await.unwrap().is_empty()),
        ("advance_job", us.advance_job(long, None, later(9), NOW).await.unwrap()),
        ("finish_job", us.finish_job(long, JobState::Done, Some("{}"), NOW).await.unwrap()),
        ("deliver_job", us.deliver_job(long, call, NOW, later(9)).await.unwrap()),
        ("request_approval", found(us.request_approval(&samples::approval(write)).await)),
        ("find_approval_of", us.find_approval_of(write).await.unwrap().is_some()),
        ("decide_approval", us.decide_approval(asked, yes, "us", NOW, later(9)).await.unwrap()),
        ("find_write_policy", us.find_write_policy(at).await.unwrap().is_some()),
        ("set_write_policy", found(us.set_write_policy(at, &policy(9)).await)),
        ("list_calls", !us.list_calls(&page).await.unwrap().is_empty()),
        ("list_failed_calls", !us.list_failed_calls(10).await.unwrap().is_empty()),
        ("find_call", us.find_call(call).await.unwrap().is_some()),
        ("list_tool_policies", !us.list_tool_policies().await.unwrap().is_empty()),
        ("find_approval", us.find_approval(asked).await.unwrap().is_some()),
        ("list_approvals", !us.list_approvals(None, 10).await.unwrap().is_empty()),
        ("list_changes", !us.list_changes(None, 10).await.unwrap().is_empty()),
        ("list_callers", !us.list_callers(NOW).await.unwrap().is_empty()),
        ("find_first_call", us.find_first_call("key:1", NOW).await.unwrap().is_some()),
        ("usage_by_day", !us.usage_by_day(NOW, later(1)).await.unwrap().is_empty()),
        ("set_connection_offer", found(us.set_connection_offer(at, "[]", "[]", NOW).await)),
        ("set_connection_side", us.set_connection_side(at, false, NOW).await.unwrap()),
        ("ask_to_revoke", us.ask_to_revoke(at, 1, NOW).await.unwrap()),
        ("delete_credential", us.delete_credential(at, 1).await.unwrap()),
        ("list_audit", !us.list_audit(&log).await.unwrap().is_empty()),
        ("list_audit_after", !us.list_audit_after(0, 10).await.unwrap().is_empty()),
        ("verify_audit", us.verify_audit(&AUDIT_KEY, None).await.unwrap() != AuditHead::EMPTY),
        ("insert_authorization", us.insert_authorization(&authorization(7)).await.is_ok()),
        ("find_call_arguments", us.find_call_arguments(it.arguments, NOW).await.unwrap().is_some()),
        ("set_member_role", us.set_member_role(person, Role::Auditor).await.unwrap()),
        ("set_member_groups", us.set_member_groups(person, &["planners".into()]).await.unwrap()),
        ("delete_tool_policy", us.delete_tool_policy(&"google-ads/*".parse().unwrap()).await.unwrap()),
        ("delete_member", us.delete_member(person, NOW).await.unwrap()),
        ("list_visits", !us.list_visits().await.unwrap().is_empty()),
        ("end_visit", us.end_visit(it.visit, NOW).await.unwrap()),
        ("list_open_links", !us.list_open_links(LinkPurpose::Invitation, NOW).await.unwrap().is_empty()),
        ("delete_link", us.delete_link(it.link).await.unwrap()),
        ("list_grants", !us.list_grants().await.unwrap().is_empty()),
        ("find_grant", us.find_grant(it.grant).await.unwrap().is_some()),
        (
            "narrow_grant",
            us.narrow_grant(it.grant, &samples::grant(person, 7).scopes, &vec!["none".into()]).await.unwrap(),
        ),
        ("revoke_grant", us.revoke_grant(it.grant, "by us", NOW).await.unwrap()),
        ("list_service_agents", !us.list_service_agents().await.unwrap().is_empty()),
        ("revoke_service_agent", us.revoke_service_agent(it.service, NOW).await.unwrap()),
        ("list_connect_attempts", !us.list_connect_attempts(10).await.unwrap().is_empty()),
        ("usage", !us.usage(NOW, later(1)).await.unwrap().is_empty()),
        ("find_subscription", us.find_subscription().await.unwrap().is_some()),
        ("set_usage_cap", found(us.set_usage_cap(Some(1), NOW).await)),
        ("list_usage_batches", !us.list_usage_batches(NOW, later(1)).await.unwrap().is_empty()),
        ("seal_usage", us.seal_usage((NOW, later(3600)), |_| "ours".into(), NOW).await.unwrap().is_some()),
        (
            "settle_usage_batch",
            us.settle_usage_batch((NOW, 0), BatchState::Sealed, BatchState::Accepted, None, NOW).await.unwrap(),
        ),
        ("postpone_usage_batch", us.postpone_usage_batch((NOW, 0), BatchState::Sealed, NOW, "ours").await.unwrap()),
        ("reopen_usage_batch", us.reopen_usage_batch((NOW, 0), BatchState::Sealed, "ours", NOW).await.unwrap()),
        ("list_used_hours", !us.list_used_hours(NOW, later(9)).await.unwrap().is_empty()),
        ("units_between", us.units_between(NOW, later(9)).await.unwrap() > 0),
        ("list_fees", !us.list_fees(NOW).await.unwrap().is_empty()),
        ("settle_invoice", us.settle_invoice(it.invoice, InvoiceState::Void, None, &[], NOW).await.unwrap()),
        (
            "replace_subscription",
            us.replace_subscription(&subscription("theirs"), &subscription("ours")).await.unwrap(),
        ),
        ("units_used", us.units_used(NOW).await.unwrap() > 0),
        ("find_batch_of_call", us.find_batch_of_call(call).await.unwrap().is_some()),
        ("list_invoices", !us.list_invoices().await.unwrap().is_empty()),
        ("find_invoice", us.find_invoice(it.invoice).await.unwrap().is_some()),
        ("find_invoice_of", us.find_invoice_of(&format!("in_{}", it.invoice)).await.unwrap().is_some()),
        ("list_invoice_lines", !us.list_invoice_lines(it.invoice).await.unwrap().is_empty()),
        ("list_money_events", !us.list_money_events().await.unwrap().is_empty()),
        ("list_credits", !us.list_credits().await.unwrap().is_empty()),
        // These make rows of our own even under the other's ids; that theirs stay as they were shows in their view.
        ("allow_stale_answers", us.allow_stale_answers(None).await.is_err()),
        ("set_tool_policy", us.set_tool_policy(&tool_policy("google-ads/*", LeastRole::Nobody)).await.is_err()),
        ("insert_member", us.insert_member(person, Role::Owner, NOW).await.is_err()),
        ("insert_visit", us.insert_visit(&visit(person, NOW)).await.is_err()),
        ("rename", us.rename("ours").await.is_err()),
        ("set_plan", us.set_plan(Some("agency"), &[]).await.is_err()),
        ("append_audit", us.append_audit(&AUDIT_KEY, &audit_event("key.made", NOW)).await.unwrap().sequence != 1),
        ("insert_api_key", us.insert_api_key(&api_key(key, 2)).await.is_err()),
        ("insert_connection", us.insert_connection(&connection(at, "google-ads")).await.is_err()),
        ("insert_grant", us.insert_grant(&NewGrant { id: it.grant, ..samples::grant(person, 9) }).await.is_err()),
        (
            "insert_service_agent",
            us.insert_service_agent(&ServiceAgent { id: it.service, ..service_agent() }).await.is_err(),
        ),
        ("set_subscription", us.set_subscription(&subscription("theirs")).await.is_err()),
        ("set_invoice", us.set_invoice(&samples_of_money::invoice(it.invoice, "ours"), &[]).await.is_err()),
        ("close_period", us.close_period(&closing).await.is_err()),
        ("set_money_event", us.set_money_event(&money_event("re_1")).await.is_err()),
        ("insert_credit", us.insert_credit(&credit()).await.is_err()),
        ("take_notice", us.take_notice("budget/80", NOW, later(9)).await.unwrap() != Some(vec![])),
        ("close_notice", !us.close_notice("budget/80", NOW).await.unwrap()),
        ("insert_data_key", !us.insert_data_key(&data_key(7)).await.unwrap()),
    ]
}

/// Found, or not found: anything else would tell the two tenants' rows apart.
fn found<T>(result: Result<T, StoreError>) -> bool {
    match result {
        Ok(_) => true,
        Err(StoreError::NotFound { .. }) => false,
        Err(error) => panic!("neither found nor not found: {error}"),
    }
}

on_both! {
    async fn no_method_reaches_another_tenants_rows(it: Deployment) {
        let theirs = furnish(&it).await;
        let before = view(&it.theirs, &theirs).await;
        let reached = reach(&it.ours, &theirs).await;
        assert_eq!(reached.iter().filter(|(_, reached)| *reached).collect::<Vec<_>>(), Vec::<&(&str, bool)>::new());
        assert_eq!(view(&it.theirs, &theirs).await, before);
    }

    async fn an_id_that_another_tenant_has_is_free_to_us(it: Deployment) {
        let theirs = furnish(&it).await;
        it.ours.insert_connection(&connection(theirs.connection, "google-ads")).await.unwrap();
        it.ours.insert_credential(&credential(theirs.connection)).await.unwrap();
        assert!(it.ours.swap_credential(theirs.connection, 1, &replacement(9)).await.unwrap());
        let row = it.theirs.find_credential(theirs.connection).await.unwrap().unwrap();
        assert_eq!(row.generation, 1);
    }
}

#[tokio::test]
async fn every_method_of_a_tenant_is_tried() {
    let it = Deployment::sqlite().await;
    let theirs = furnish(&it).await;
    let mut tried: Vec<_> = reach(&it.ours, &theirs).await.into_iter().map(|(name, _)| name.to_owned()).collect();
    tried.sort();
    assert_eq!(tried, sources::tenant_methods());
}

//! Rows to store.

use std::time::Duration;

use turnpike_core::{
    Ambient, ApiKeyId, CallId, ConnectionId, Currency, LeastRole, Micros, Outcome, PersonId, PreviewId, Role, TenantId,
    Timestamp, WritePolicy,
};
use turnpike_store::{
    Announcement, CallArguments, CallRow, ConnectAttempt, ConnectionState, DataKeyRow, Intent, JobRow, JobState,
    LinkPurpose, MailedLink, NewApiKey, NewApproval, NewAuditEvent, NewAuthorization, NewConnection, NewCredential,
    NewGrant, NewPreview, Person, PolicyRow, PreviewRow, Replacement, SealedRow, SecretRow, ServiceAgent, Session,
    Store, SwitchTarget, TenantStore, ToolPolicy, Visit,
};

pub(crate) const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

pub(crate) fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub(crate) fn id<Id: From<uuid::Uuid>>() -> Id {
    Ambient::system().id()
}

pub(crate) fn api_key(id: ApiKeyId, hash: u8) -> NewApiKey {
    NewApiKey {
        id,
        name: "reporting".into(),
        hint: "tpk_live_…abcd".into(),
        hash: [hash; 32],
        pepper_version: 2,
        scopes: vec!["google-ads:read".into(), "quote \" and ünïcode".into()],
        role: Role::Admin,
        servers: Some(vec!["google-ads".into()]),
        allowed_ips: vec!["10.0.0.0/8".into()],
        expires_at: Some(later(60)),
        live: true,
        created_at: NOW,
    }
}

pub(crate) fn connection(id: ConnectionId, integration: &str) -> NewConnection {
    NewConnection {
        id,
        integration: integration.into(),
        sandbox: true,
        accounts_json: r#"[{"id":"1234567890"}]"#.into(),
        state: ConnectionState::Ok,
        predicted_end: Some(later(3600)),
        now: NOW,
    }
}

/// Adds a connection to Google Ads.
pub(crate) async fn connected(tenant: &TenantStore) -> ConnectionId {
    let connection = connection(id(), "google-ads");
    tenant.insert_connection(&connection).await.unwrap();
    connection.id
}

pub(crate) fn credential(connection_id: ConnectionId) -> NewCredential {
    NewCredential {
        connection_id,
        key_version: 1,
        sealed: vec![0, 1, 255],
        access_expires_at: Some(later(3600)),
        now: NOW,
    }
}

pub(crate) fn replacement(sealed: u8) -> Replacement {
    Replacement { key_version: 2, sealed: vec![sealed], access_expires_at: None, now: later(1) }
}

/// The first credential of a connection to Google Ads.
pub(crate) fn sealed(connection_id: ConnectionId) -> SealedRow {
    let NewCredential { key_version, sealed, .. } = credential(connection_id);
    SealedRow { connection_id, integration: "google-ads".into(), generation: 1, key_version, sealed }
}

pub(crate) fn preview(connection_id: ConnectionId) -> NewPreview {
    NewPreview {
        id: id(),
        connection_id,
        principal: "key:1".into(),
        grant_id: None,
        integration: "google-ads".into(),
        tool: "set_budget".into(),
        arguments_json: r#"{"daily_amount":12}"#.into(),
        arguments_digest: "ab".repeat(32),
        reverts: None,
        before_json: r#"{"budget":10}"#.into(),
        after_json: r#"{"budget":12}"#.into(),
        summary: "Budget from 10 to 12".into(),
        created_at: NOW,
        expires_at: later(600),
    }
}

/// Adds a preview, and reads it back.
pub(crate) async fn previewed(tenant: &TenantStore, new: &NewPreview) -> PreviewRow {
    tenant.insert_preview(new).await.unwrap();
    tenant.find_preview(new.id).await.unwrap().unwrap()
}

pub(crate) fn approval(preview_id: PreviewId) -> NewApproval {
    NewApproval { id: id(), preview_id, reason: "12 is above 11".into(), requested_at: NOW, expires_at: later(86_400) }
}

pub(crate) fn policy(max_amount: i64) -> PolicyRow {
    let policy = WritePolicy {
        max_amount: Micros(max_amount),
        max_rise_percent: 100,
        approve_amount: Micros(500),
        approve_rise_percent: 50,
        approve_starts: true,
    };
    PolicyRow { policy, set_by: "ana".into(), set_at: NOW }
}

pub(crate) fn intent(connection_id: ConnectionId, call_id: CallId) -> Intent {
    Intent {
        call_id,
        connection_id,
        principal: "key:1".into(),
        integration: "google-ads".into(),
        tool: "set_budget".into(),
        arguments_digest: "ab".repeat(32),
        started_at: NOW,
    }
}

pub(crate) fn job(connection_id: ConnectionId) -> JobRow {
    JobRow {
        id: id(),
        connection_id,
        principal: "key:1".into(),
        integration: "supermetrics".into(),
        tool: "run_query".into(),
        arguments_json: r#"{"account_id":"AW:1"}"#.into(),
        upstream_json: Some(r#"{"schedule_id":"q_1"}"#.into()),
        state: JobState::Pending,
        result_json: None,
        created_at: NOW,
        poll_at: later(5),
        expires_at: later(3600),
        updated_at: NOW,
        delivered_by: None,
        delivered_at: None,
    }
}

pub(crate) fn call(tenant_id: TenantId) -> CallRow {
    CallRow {
        call_id: id(),
        tenant_id,
        connection_id: Some(id()),
        principal: "key:1".into(),
        grant_id: Some(id()),
        client: Some("claude".into()),
        integration: "google-ads".into(),
        tool: "run_gaql".into(),
        outcome: Outcome::Success,
        class: None,
        list_price: Micros(4_000),
        price: Micros(4_000),
        currency: Currency::USD,
        started_at: NOW,
        duration_micros: 51_234,
        answer_rows: 0,
        units: 4,
        price_version: 0,
        upstream_requests: 2,
        steps: "[]".into(),
        arguments_digest: "cd".repeat(32),
        trace_id: None,
        sandbox: false,
    }
}

pub(crate) fn data_key(version: i64) -> DataKeyRow {
    DataKeyRow { version, provider: "local".into(), wrapped: vec![1], created_at: NOW }
}

pub(crate) fn secret(name: &str) -> SecretRow {
    SecretRow { name: name.into(), provider: "local".into(), wrapped: vec![1] }
}

/// Of tools such as `google-ads/*`.
pub(crate) fn tool_policy(tools: &str, least_role: LeastRole) -> ToolPolicy {
    let groups = vec!["media-buyers".into(), "planners".into()];
    ToolPolicy { tools: tools.parse().unwrap(), least_role, groups, set_by: "desk".into(), set_at: NOW }
}

pub(crate) fn target(tenant: Option<TenantId>, integration: Option<&str>, tool: Option<&str>) -> SwitchTarget {
    SwitchTarget { tenant, integration: integration.map(str::to_owned), tool: tool.map(str::to_owned) }
}

pub(crate) const AUDIT_KEY: [u8; 32] = [5; 32];

pub(crate) fn audit_event(action: &str, at: Timestamp) -> NewAuditEvent {
    NewAuditEvent {
        at,
        actor: "person:1".into(),
        action: action.into(),
        subject: "key:2".into(),
        details_json: r#"{"name":"reporting"}"#.into(),
    }
}

pub(crate) fn authorization(hash: u8) -> NewAuthorization {
    NewAuthorization {
        hash: [hash; 32],
        integration: "google-ads".into(),
        sandbox: true,
        actor: "person:1".into(),
        browser: [hash + 1; 32],
        created_at: NOW,
        expires_at: later(600),
    }
}

pub(crate) fn person(email: &str) -> Person {
    Person {
        id: id(),
        email: email.into(),
        name: "Somebody".into(),
        password_hash: Some("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into()),
        oidc_subject: None,
        staff: false,
        created_at: NOW,
    }
}

/// Adds a person, and makes them an owner of the tenant.
pub(crate) async fn joined(store: &Store, tenant: &TenantStore) -> PersonId {
    let id = id();
    store.system().insert_person(&Person { id, ..person(&format!("{id}@example.com")) }).await.unwrap();
    tenant.insert_member(id, Role::Owner, NOW).await.unwrap();
    id
}

pub(crate) fn session(person_id: PersonId, hash: u8) -> Session {
    Session {
        id: id(),
        hash: [hash; 32],
        person_id,
        acting_for: None,
        browser: "A browser".into(),
        created_at: NOW,
        seen_at: NOW,
        confirmed_at: NOW,
        ends_at: later(3600),
    }
}

pub(crate) fn link(tenant_id: Option<TenantId>, purpose: LinkPurpose, hash: u8) -> MailedLink {
    MailedLink {
        hash: [hash; 32],
        id: id(),
        tenant_id,
        purpose,
        email: "somebody@example.com".into(),
        content_json: r#"{"role":"member"}"#.into(),
        made_by: Some("person:1".into()),
        created_at: NOW,
        expires_at: later(600),
        used_at: None,
    }
}

pub(crate) fn visit(person_id: PersonId, created_at: Timestamp) -> Visit {
    let ends_at = created_at.plus(Duration::from_secs(3600));
    Visit { id: id(), person_id, reason: "A call that was reported".into(), created_at, ends_at }
}

pub(crate) fn arguments(tenant_id: TenantId) -> CallArguments {
    CallArguments {
        tenant_id,
        call_id: id(),
        arguments_json: r#"{"account_id":"1234567890"}"#.into(),
        expires_at: later(600),
    }
}

pub(crate) fn grant(person_id: PersonId, code: u8) -> NewGrant {
    NewGrant {
        id: id(),
        person_id,
        client_id: "https://client.example/oauth".into(),
        client_name: "A program".into(),
        redirect_uri: "http://127.0.0.1:33418/callback".into(),
        resource: "https://mcp.example/mcp".into(),
        scopes: vec!["google-ads:read".into(), "google-ads:write".into()],
        hash: [code; 32],
        code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
        code_expires_at: later(60),
        created_at: NOW,
    }
}

pub(crate) fn service_agent() -> ServiceAgent {
    ServiceAgent {
        id: id(),
        name: "Nightly reports".into(),
        hint: "…wxyz".into(),
        secret_hash: [3; 32],
        scopes: vec!["google-ads:read".into()],
        role: Role::Member,
        groups: vec!["reports".into()],
        live: true,
        created_at: NOW,
        expires_at: Some(later(3600)),
        last_used_at: None,
        revoked_at: None,
    }
}

pub(crate) fn attempt(tenant_id: Option<TenantId>) -> ConnectAttempt {
    ConnectAttempt {
        id: id(),
        tenant_id,
        at: NOW,
        step: "token".into(),
        client_id: "https://client.example/oauth".into(),
        client_name: "A program".into(),
        error: Some("invalid_grant".into()),
        description: "this code has expired".into(),
    }
}

pub(crate) fn announcement(starts_at: Timestamp) -> Announcement {
    let ends_at = starts_at.plus(Duration::from_secs(3600));
    Announcement { id: id(), title: "Soon".into(), body: "More".into(), set_by: "person:1".into(), starts_at, ends_at }
}

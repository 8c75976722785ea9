//! The last step: a URL for the agent, a key where it needs one, a test call, and the first real one.

use std::sync::Arc;

use askama::Template;
use axum::{Extension, extract::State};
use serde_json::json;
use turnpike_tenancy::KeyRequest;

use super::{Step, first_call, is_up, progress};
use crate::{
    HostSettings, HostTarget, Member, Permission, Portal,
    brand::Brand,
    host_settings,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, connections},
    portal::CallOrder,
    sign_in_settings,
};

/// What a test call has shown.
struct Tested {
    title: String,
    tag: Tag,
    text: String,
    call_id: String,
}

#[derive(Template)]
#[template(path = "start/agent.html")]
struct AgentStep {
    frame: Frame,
    steps: [Step; 4],
    url: String,
    /// Just made: shown now or never.
    key: Option<String>,
    keys: usize,
    /// Programs that sign a person in.
    hosts: Vec<HostSettings>,
    /// Programs that send a key.
    with_key: Vec<HostSettings>,
    tested: Option<Tested>,
    first: Option<first_call::First>,
    may_manage: bool,
    may_call: bool,
    ready: bool,
}

async fn step(
    portal: &Portal,
    brand: &Brand,
    frame: Frame,
    member: &Member,
    key: Option<String>,
) -> Result<AgentStep, Failure> {
    let url = format!("{}/mcp", portal.public_url);
    let hosts = sign_in_settings(&brand.slug(), &url);
    let with_key = host_settings(&HostTarget { name: &brand.slug(), url: &url, key: key.as_deref() });
    let keys = portal.store.tenant(member.tenant.id).list_api_keys().await?;
    let (steps, first) = progress(portal, member).await?;
    Ok(AgentStep {
        ready: steps[2].done,
        steps,
        url,
        key,
        keys: keys.iter().filter(|key| key.revoked_at.is_none()).count(),
        hosts,
        with_key,
        tested: None,
        first,
        may_manage: member.may(Permission::ManageAgents),
        may_call: member.may(Permission::Call),
        frame,
    })
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
) -> Answer {
    page(step(&portal, &brand, frame, &member, None).await?)
}

/// A key that reads all that was chosen. Who wants more makes one on the page of agents.
pub(crate) async fn make_key(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
) -> Answer {
    let manifests = portal.integrations.iter().map(|integration| &integration.manifest);
    let wanted = manifests.filter(|manifest| member.tenant.wanted.iter().any(|own| own == manifest.name));
    let mut scopes: Vec<_> = wanted.map(|manifest| manifest.read_scope()).collect();
    if scopes.is_empty() {
        scopes = portal.integrations.iter().map(|integration| integration.manifest.read_scope()).collect();
    }
    let request = KeyRequest { name: "First agent", scopes, role: None, servers: None, expires_at: None, live: true };
    let (_, key) = portal.tenancy.add_key(&member.actor(), member.tenant.id, request).await?;
    page(step(&portal, &brand, frame, &member, Some(key.expose().to_owned())).await?)
}

/// Lists the accounts of the first connection, on the way of every call.
pub(crate) async fn test_call(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
) -> Answer {
    let rows = portal.store.tenant(member.tenant.id).list_connections().await?;
    let usable = rows.into_iter().find(|row| is_up(row) && row.accounts_json != "[]");
    let row = usable.ok_or_else(|| Failure::Refused("there is no connection with an account to call yet".into()))?;
    let order = CallOrder {
        tenant: member.tenant.clone(),
        person: member.person.id,
        role: member.role,
        integration: row.integration.clone(),
        tool: "list_accounts".into(),
        arguments: json!({}),
    };
    let answer = portal.calls.call(order).await.map_err(Failure::Internal)?;
    let mut shown = step(&portal, &brand, frame, &member, None).await?;
    shown.tested = Some(Tested {
        title: connections::title(&portal, &row.integration),
        tag: Tag::of_outcome(answer.outcome),
        text: answer.text.chars().take(2000).collect(),
        call_id: answer.call_id.to_string(),
    });
    page(shown)
}

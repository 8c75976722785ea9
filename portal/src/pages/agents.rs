//! Agents' keys: made, shown once, revoked.

use std::{sync::Arc, time::Duration};

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_core::{ApiKeyId, Timestamp};
use turnpike_sdk::Access;
use turnpike_store::ApiKey;
use turnpike_tenancy::KeyRequest;

use super::{Tag, day, shown};
use crate::{
    HostSettings, HostTarget, Member, Permission, Portal,
    brand::Brand,
    host_settings,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    people::check_name,
};

struct Line {
    id: ApiKeyId,
    name: String,
    hint: String,
    tag: Tag,
    role: &'static str,
    scopes: String,
    servers: String,
    made: String,
    ends: String,
    used: String,
    revocable: bool,
}

#[derive(Template)]
#[template(path = "pages/agents.html")]
struct Agents {
    frame: Frame,
    lines: Vec<Line>,
    urls: Vec<(String, String)>,
    may_manage: bool,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let (keys, now) = (portal.store.tenant(member.tenant.id).list_api_keys().await?, portal.ambient.now());
    let lines = keys.into_iter().rev().map(|key| line(key, now)).collect();
    page(Agents { frame, lines, urls: urls(&portal), may_manage: member.may(Permission::ManageAgents) })
}

fn line(key: ApiKey, now: Timestamp) -> Line {
    let over = key.expires_at.is_some_and(|end| end <= now);
    let tag = match (key.revoked_at, over, key.live) {
        (Some(_), ..) => Tag { class: "", text: "revoked" },
        (None, true, _) => Tag { class: "warn", text: "expired" },
        (None, false, true) => Tag { class: "good", text: "live" },
        (None, false, false) => Tag { class: "good", text: "sandbox only" },
    };
    Line {
        id: key.id,
        name: key.name,
        hint: key.hint,
        role: key.role.as_str(),
        scopes: key.scopes.join(", "),
        servers: key.servers.map_or_else(|| "all".to_owned(), |servers| servers.join(", ")),
        made: day(key.created_at),
        ends: key.expires_at.map_or_else(|| "never".to_owned(), day),
        used: key.last_used_at.map_or_else(|| "never".to_owned(), shown),
        revocable: key.revoked_at.is_none() && !over,
        tag,
    }
}

/// The MCP endpoints: what they are called, and where they are.
pub(crate) fn urls(portal: &Portal) -> Vec<(String, String)> {
    let url = &portal.public_url;
    let own = portal.integrations.iter().map(|integration| &integration.manifest);
    let own = own.map(|manifest| (manifest.title.to_owned(), format!("{url}/{}/mcp", manifest.name)));
    [("All in one".to_owned(), format!("{url}/mcp"))].into_iter().chain(own).collect()
}

struct Choice {
    name: &'static str,
    title: &'static str,
    writes: bool,
    read: bool,
    write: bool,
}

#[derive(Template)]
#[template(path = "pages/agent_form.html")]
struct AgentForm {
    frame: Frame,
    errors: FieldErrors,
    name: String,
    choices: Vec<Choice>,
    days: String,
    live: bool,
}

/// How long a key may live, in days; nought is for ever.
const DAYS: [&str; 4] = ["30", "90", "365", "0"];

pub(crate) async fn form(State(portal): State<Portal>, frame: Frame) -> Answer {
    let choices = choices(&portal, |_| true, |_| false);
    page(AgentForm {
        frame,
        errors: FieldErrors::default(),
        name: String::new(),
        choices,
        days: "90".into(),
        live: true,
    })
}

fn choices(portal: &Portal, read: impl Fn(&str) -> bool, write: impl Fn(&str) -> bool) -> Vec<Choice> {
    let own = portal.integrations.iter().map(|integration| Choice {
        name: integration.manifest.name,
        title: integration.manifest.title,
        writes: integration.tools.iter().any(|tool| tool.spec.access == Access::Write),
        read: read(&integration.manifest.read_scope()),
        write: write(&integration.manifest.write_scope()),
    });
    own.collect()
}

/// The key, once.
#[derive(Template)]
#[template(path = "pages/agent_made.html")]
struct AgentMade {
    frame: Frame,
    name: String,
    key: String,
    url: String,
    hosts: Vec<HostSettings>,
}

pub(crate) async fn make(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
    form: Form,
) -> Answer {
    let (name, days) = (form.text("name"), form.text("days"));
    let all = portal.integrations.iter().flat_map(|own| [own.manifest.read_scope(), own.manifest.write_scope()]);
    let scopes: Vec<String> = all.filter(|scope| form.all("scope").any(|own| own == scope)).collect();
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", name);
    errors.check(scopes.is_empty(), "scope", "Choose at least one thing that the agent may do.");
    errors.check(!DAYS.contains(&days), "days", "Choose one of these.");
    if !errors.is_empty() {
        let chosen = |scope: &str| scopes.iter().any(|own| own == scope);
        let choices = choices(&portal, chosen, chosen);
        let (name, days, live) = (name.to_owned(), days.to_owned(), !form.checked("sandbox_only"));
        return again(AgentForm { frame, errors, name, choices, days, live });
    }
    let days: u64 = days.parse().unwrap_or_default();
    let expires_at = (days > 0).then(|| portal.ambient.now().plus(Duration::from_secs(days * 24 * 3600)));
    let live = !form.checked("sandbox_only");
    let request = KeyRequest { name, scopes, role: None, servers: None, expires_at, live };
    let (_, key) = portal.tenancy.add_key(&member.actor(), member.tenant.id, request).await?;
    let url = format!("{}/mcp", portal.public_url);
    let hosts = host_settings(&HostTarget { name: &brand.slug(), url: &url, key: Some(key.expose()) });
    page(AgentMade { frame, name: name.to_owned(), key: key.expose().to_owned(), url, hosts })
}

pub(crate) async fn revoke(State(portal): State<Portal>, member: Member, Path(id): Path<String>) -> Answer {
    let id: ApiKeyId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.tenancy.revoke_key(&member.actor(), member.tenant.id, id).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::KeyRevoked.at("/agents")).into_response())
}

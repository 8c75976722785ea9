//! The tenant's audit log: who did what.

mod export;
mod words;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
pub(crate) use export::export;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use turnpike_core::{TenantId, visible};
use turnpike_store::{AuditEvent, AuditFilter};
use url::form_urlencoded::Serializer;
use words::{ACTIONS, of_action};

use super::{actors::Actors, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, FieldErrors, Frame, page},
};

/// Events on a page.
const PAGE: usize = 50;

/// What the form holds, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    action: String,
    actor: String,
    /// The last event of the page before.
    before: String,
}

struct Line {
    sequence: i64,
    at: String,
    actor: String,
    action: String,
    /// Its name, where it has one.
    subject: String,
    /// Its page, where it has one.
    page: Option<String>,
    details: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "pages/audit.html")]
struct Audit {
    frame: Frame,
    asked: Asked,
    errors: FieldErrors,
    actions: &'static [(&'static str, &'static str)],
    actors: Vec<(String, String)>,
    lines: Vec<Line>,
    /// Where the page with older ones is, if there are any.
    older: Option<String>,
    query: String,
    may_export: bool,
}

impl Asked {
    fn read(&self) -> Result<AuditFilter, FieldErrors> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let (action, actor) = (given(self.action.trim()), given(self.actor.trim()));
        let known = action.as_deref().is_none_or(|action| ACTIONS.iter().any(|(own, _)| *own == action));
        let mut errors = FieldErrors::default();
        errors.check(!known, "action", "Nothing of this kind is written down. Choose one of these.");
        let before = self.before.parse().ok();
        if errors.is_empty() { Ok(AuditFilter { before, actor, action, limit: 0 }) } else { Err(errors) }
    }

    /// The query of the same filter, and of the page after an event.
    fn query(&self, before: Option<i64>) -> String {
        let mut query = Serializer::new(String::new());
        let before = before.map(|before| before.to_string()).unwrap_or_default();
        for (name, value) in [("action", &self.action), ("actor", &self.actor), ("before", &before)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

pub(crate) async fn list(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(asked): Query<Asked>,
) -> Answer {
    let rows = portal.store.tenant(member.tenant.id);
    let (events, errors) = match asked.read() {
        Ok(filter) => {
            (rows.list_audit(&AuditFilter { limit: PAGE as i64 + 1, ..filter }).await?, FieldErrors::default())
        }
        Err(errors) => (vec![], errors),
    };
    let named = events.iter().flat_map(|event| [event.actor.as_str(), event.subject.as_str()]);
    let actors = Actors::of(&portal, member.tenant.id).await?.with(&portal, named).await?;
    let last = events.get(PAGE).and(events.get(PAGE - 1)).map(|event| event.sequence);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let mut choices = actors.choices("");
    choices.extend(["desk", "system"].map(|actor| (actor.to_owned(), actors.name(actor))));
    if !asked.actor.is_empty() && !choices.iter().any(|(actor, _)| *actor == asked.actor) {
        choices.push((asked.actor.clone(), actors.name(&asked.actor)));
    }
    let answer = page(Audit {
        frame,
        errors,
        actions: ACTIONS,
        actors: choices,
        lines: events.into_iter().take(PAGE).map(|event| line(&actors, event)).collect(),
        older: last.map(|last| format!("/audit?{}", asked.query(Some(last)))),
        query: asked.query(None),
        may_export: member.may(Permission::Export),
        asked,
    })?;
    Ok((status, answer).into_response())
}

fn line(actors: &Actors, event: AuditEvent) -> Line {
    Line {
        sequence: event.sequence,
        at: shown(event.at),
        actor: actors.name(&event.actor),
        action: visible(of_action(&event.action)),
        subject: subject(actors, &event.subject),
        page: page_of(&event.subject),
        details: details(&event.details_json),
    }
}

/// What it was done to: by name where that is an agent or a person; else what kind of thing it is, whose id is in the file.
fn subject(actors: &Actors, subject: &str) -> String {
    match subject.split_once(':') {
        Some(("key" | "person" | "service" | "grant", _)) => actors.name(subject),
        Some((kind, id)) if is_id(id) => visible(kind),
        _ => visible(subject),
    }
}

fn is_id(text: &str) -> bool {
    text.parse::<TenantId>().is_ok()
}

fn page_of(subject: &str) -> Option<String> {
    let (folder, id) = match subject.split_once(':')? {
        ("connection", id) => ("connections", id),
        ("change", id) => ("changes", id),
        ("approval", id) => ("approvals", id),
        _ => return None,
    };
    is_id(id).then(|| format!("/{folder}/{id}"))
}

/// What else is known, by name.
fn details(json: &str) -> Vec<(String, String)> {
    let Ok(Value::Object(fields)) = serde_json::from_str(json) else { return vec![] };
    fields.into_iter().map(|(name, value)| (visible(&name), visible(&words(&value)))).collect()
}

fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(words).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_that_nobody_writes_down_is_told_beside_its_field() {
        let asked = |action: &str| Asked { action: action.into(), actor: "desk".into(), before: "x".into() };
        assert!(!asked("key.eaten").read().unwrap_err().of("action").is_empty());
        let filter = asked("key.made").read().unwrap();
        assert_eq!(
            (filter.action.as_deref(), filter.actor.as_deref(), filter.before),
            (Some("key.made"), Some("desk"), None)
        );
        assert_eq!(asked("").query(Some(7)), "actor=desk&before=7");
    }

    #[test]
    fn actions_stand_once_and_in_order() {
        assert!(ACTIONS.is_sorted_by(|(one, _), (other, _)| one < other));
        assert_eq!((of_action("key.made"), of_action("new.thing")), ("Made a key", "new.thing"));
    }

    #[test]
    fn what_has_a_page_leads_there() {
        let id = "01a2002b-5ffe-7b69-8c8b-e1d241594fa3";
        assert_eq!(page_of(&format!("change:{id}")), Some(format!("/changes/{id}")));
        for none in ["connection:../x", "tenant:1", "", "starter"] {
            assert_eq!(page_of(none), None, "{none}");
        }
    }

    #[test]
    fn details_are_told_field_by_field_without_anything_hidden() {
        let told = details(r#"{"accounts":["1","2"],"role":"ad\u202emin"}"#);
        let expected = [("accounts", "1, 2"), ("role", "ad\u{fffd}min")];
        assert_eq!(told, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(details("{}").is_empty() && details("no json").is_empty());
    }
}

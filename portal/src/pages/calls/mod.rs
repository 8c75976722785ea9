//! The calls of a tenant: found, and taken along.

mod export;
mod filter;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
pub(crate) use export::export;
use filter::{Asked, Wanted};
use http::StatusCode;
use turnpike_core::{CallId, Micros, Outcome, visible};
use turnpike_store::{CallFilter, CallRow, StoreError};

use super::{Tag, actors::Actors, connections::title, money, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, FieldErrors, Frame, page},
};

/// Calls on a page.
const PAGE: usize = 50;

struct Line {
    id: CallId,
    at: String,
    agent: String,
    client: String,
    title: String,
    tool: String,
    tag: Tag,
    class: String,
    requests: i64,
    took: String,
    units: i64,
    price: String,
}

#[derive(Template)]
#[template(path = "pages/calls.html")]
struct Calls {
    frame: Frame,
    asked: Asked,
    errors: FieldErrors,
    /// What can be chosen: what stands in the address, and what people read.
    integrations: Vec<(String, String)>,
    tools: BTreeSet<&'static str>,
    outcomes: Vec<(String, String)>,
    agents: Vec<(String, String)>,
    lines: Vec<Line>,
    /// Where the page with older ones is, if there are any.
    older: Option<String>,
    query: String,
    narrowed: bool,
    /// The time that an invoice's line is for.
    exact: Option<(String, String)>,
    may_export: bool,
    longest: usize,
}

pub(crate) async fn list(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(asked): Query<Asked>,
) -> Answer {
    let actors = Actors::of(&portal, member.tenant.id).await?;
    let (rows, errors) = match asked.read(&names(&portal)) {
        Ok(wanted) => (find(&portal, &member, wanted).await?, FieldErrors::default()),
        Err(errors) => (vec![], errors),
    };
    let older = rows.get(PAGE).map(|_| format!("/calls?{}", asked.query(rows.get(PAGE - 1).map(|row| row.call_id))));
    let actors = actors.with(&portal, rows.iter().map(|row| row.principal.as_str())).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let answer = page(Calls {
        frame,
        errors,
        integrations: choices(
            portal.integrations.iter().map(|own| (own.manifest.name.to_owned(), own.manifest.title.to_owned())),
            &asked.integration,
        ),
        tools: portal.integrations.iter().flat_map(|own| own.tools.iter().map(|tool| tool.spec.name)).collect(),
        outcomes: choices(Outcome::ALL.iter().map(|own| (own.to_string(), own.to_string())), &asked.outcome),
        agents: actors.choices(&asked.principal),
        lines: rows.into_iter().take(PAGE).map(|row| line(&portal, &actors, row)).collect(),
        older,
        query: asked.query(None),
        narrowed: asked.narrows(),
        exact: asked.exact_time(),
        may_export: member.may(Permission::Export),
        longest: export::LONGEST,
        asked,
    })?;
    Ok((status, answer).into_response())
}

fn names(portal: &Portal) -> Vec<&'static str> {
    portal.integrations.iter().map(|own| own.manifest.name).collect()
}

/// What can be chosen, and what was asked for, so that it is not lost where it is none of these.
fn choices(offered: impl Iterator<Item = (String, String)>, asked: &str) -> Vec<(String, String)> {
    let mut all: Vec<_> = offered.collect();
    if !asked.is_empty() && !all.iter().any(|(value, _)| value == asked) {
        all.push((asked.to_owned(), visible(asked)));
    }
    all
}

/// The calls of a page, and one more if there are older ones.
async fn find(portal: &Portal, member: &Member, wanted: Wanted) -> Result<Vec<CallRow>, StoreError> {
    let rows = portal.store.tenant(member.tenant.id);
    match wanted {
        Wanted::One(id) => Ok(rows.find_call(id).await?.into_iter().collect()),
        Wanted::Fitting(filter) => rows.list_calls(&CallFilter { limit: PAGE as i64 + 1, ..filter }).await,
    }
}

fn line(portal: &Portal, actors: &Actors, row: CallRow) -> Line {
    Line {
        id: row.call_id,
        at: shown(row.started_at),
        agent: actors.caller(&row.principal, row.grant_id),
        client: visible(row.client.as_deref().unwrap_or_default()),
        title: title(portal, &row.integration),
        tag: Tag::of_outcome(row.outcome),
        class: row.class.unwrap_or_default(),
        requests: row.upstream_requests,
        took: took(row.duration_micros),
        units: row.units,
        price: money(row.price, row.currency),
        tool: row.tool,
    }
}

/// How long something took, as people read it.
pub(super) fn took(micros: i64) -> String {
    match micros / 1000 {
        millis @ ..1000 => format!("{millis} ms"),
        millis => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
    }
}

/// What part of its list price a call costs, in percent.
pub(super) fn share(price: Micros, list: Micros) -> i64 {
    if list.0 == 0 { 100 } else { price.0 * 100 / list.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_times_are_read_alike() {
        assert_eq!(took(0), "0 ms");
        assert_eq!(took(999_999), "999 ms");
        assert_eq!(took(1_000_000), "1.0 s");
        assert_eq!(took(61_590_000), "61.5 s");
    }
}

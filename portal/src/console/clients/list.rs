//! All clients.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use turnpike_core::{TenantId, visible};

use super::{plan, standing::Standing, tag};
use crate::{
    Portal,
    http::{Answer, Failure, FieldErrors, Frame, page},
    pages::{Tag, day, money},
};

struct Line {
    id: TenantId,
    name: String,
    plan: String,
    tag: Tag,
    members: i64,
    well: usize,
    in_need: usize,
    calls: i64,
    price: String,
    /// The day of the last call in 90.
    last_call: Option<String>,
    /// The class of the last failure in as many, and its day.
    last_error: Option<(String, String)>,
}

/// The list, and the form that adds to it.
#[derive(Template)]
#[template(path = "console/clients.html")]
pub(super) struct ClientsPage {
    frame: Frame,
    errors: FieldErrors,
    q: String,
    lines: Vec<Line>,
    all: usize,
    pub(super) name: String,
    pub(super) email: String,
}

#[derive(Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    q: String,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, Query(search): Query<Search>) -> Answer {
    page(clients(&portal, frame, FieldErrors::default(), search.q.trim()).await?)
}

pub(super) async fn clients(
    portal: &Portal,
    frame: Frame,
    errors: FieldErrors,
    q: &str,
) -> Result<ClientsPage, Failure> {
    let standings = Standing::of_all(portal).await?;
    let all = standings.len();
    let found = standings.into_iter().filter(|client| client.matches(q));
    let lines = found.map(|client| line(portal, client)).collect();
    Ok(ClientsPage { frame, errors, q: q.to_owned(), lines, all, name: String::new(), email: String::new() })
}

fn line(portal: &Portal, client: Standing) -> Line {
    let Standing { tenant, subscription, members, well, in_need, calls, price, last } = client;
    let last_call = last.as_ref().map(|last| day(last.last_at));
    let last_error = last.and_then(|last| {
        let class = last.failed_class.unwrap_or_else(|| "failed".to_owned());
        last.failed_at.map(|at| (class, day(at)))
    });
    Line {
        plan: plan(portal, subscription.as_ref()),
        tag: tag(tenant.state),
        price: money(price, portal.book().currency()),
        members,
        well,
        in_need,
        calls,
        last_call,
        last_error,
        id: tenant.id,
        name: visible(&tenant.name),
    }
}

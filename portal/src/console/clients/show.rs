//! One client: all that the agency needs to help it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use turnpike_core::{Micros, TenantId, Timestamp, visible};
use turnpike_store::{CallFilter, CallRow, LinkPurpose, Member, Tenant, TenantState};

use super::{
    credit::{Account, Typed, account},
    find, tag,
    visit::LONGEST,
};
use crate::{
    Portal,
    console::{LATELY, failed, names::Actors, switches},
    http::{Answer, Failure, FieldErrors, Frame, page},
    pages::{
        Tag,
        billing::{Line, invoice_lines},
        connections, money, shown,
    },
};

/// How many failed calls are shown.
const FAILED: i64 = 10;

struct Used {
    title: String,
    calls: i64,
    failures: i64,
    price: String,
}

struct Failed {
    at: String,
    what: String,
    tag: Tag,
    class: String,
    trace: String,
}

struct Invited {
    email: String,
    until: String,
}

struct Visited {
    who: String,
    from: String,
    until: String,
    reason: String,
    goes_on: bool,
}

#[derive(Template)]
#[template(path = "console/client.html")]
pub(super) struct ClientPage {
    frame: Frame,
    errors: FieldErrors,
    pub(super) reason: String,
    account: Option<Account>,
    pub(super) typed: Typed,
    invoices: Vec<Line>,
    hours: u64,
    id: TenantId,
    name: String,
    tag: Tag,
    suspended: bool,
    since: String,
    last_call: String,
    members: Vec<Member>,
    invited: Vec<Invited>,
    connections: Vec<connections::Line>,
    used: Vec<Used>,
    switches: Vec<switches::Line>,
    failed: Vec<Failed>,
    visits: Vec<Visited>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, Path(id): Path<String>) -> Answer {
    let tenant = find(&portal, &id).await?;
    page(client(&portal, frame, tenant, FieldErrors::default()).await?)
}

pub(super) async fn client(
    portal: &Portal,
    frame: Frame,
    tenant: Tenant,
    errors: FieldErrors,
) -> Result<ClientPage, Failure> {
    let (rows, now) = (portal.store.tenant(tenant.id), portal.ambient.now());
    let last = rows.list_calls(&CallFilter { limit: 1, ..CallFilter::default() }).await?;
    let invited = rows.list_open_links(LinkPurpose::Invitation, now).await?;
    let failed = rows.list_failed_calls(FAILED).await?;
    Ok(ClientPage {
        frame,
        errors,
        reason: String::new(),
        hours: LONGEST,
        account: account(portal, tenant.id).await?,
        typed: Typed::default(),
        invoices: invoice_lines(rows.list_invoices().await?, now),
        tag: tag(tenant.state),
        suspended: tenant.state == TenantState::Suspended,
        since: shown(tenant.created_at),
        last_call: last.first().map_or_else(|| "never".to_owned(), |call| shown(call.started_at)),
        members: portal.store.system().list_members(tenant.id).await?,
        invited: invited.into_iter().map(|link| Invited { email: link.email, until: shown(link.expires_at) }).collect(),
        connections: connections::lines(portal, rows.list_connections().await?),
        used: used(portal, tenant.id, now).await?,
        switches: switches::standing_for(portal, tenant.id).await?,
        failed: failed.into_iter().map(|call| failed_call(portal, call)).collect(),
        visits: visits(portal, tenant.id, now).await?,
        id: tenant.id,
        name: visible(&tenant.name),
    })
}

/// The last 30 days, by integration.
async fn used(portal: &Portal, tenant: TenantId, now: Timestamp) -> Result<Vec<Used>, Failure> {
    let lines = portal.store.tenant(tenant).usage(now.minus(LATELY), Timestamp::from_micros(i64::MAX)).await?;
    let mut sums = BTreeMap::<_, (i64, i64, i64)>::new();
    for line in lines {
        let (calls, failures, price) = sums.entry(line.integration).or_default();
        *calls += line.calls;
        *price += line.price.0;
        if failed(line.outcome) {
            *failures += line.calls;
        }
    }
    let used = sums.into_iter().map(|(integration, (calls, failures, price))| Used {
        title: connections::title(portal, &integration),
        calls,
        failures,
        price: money(Micros(price), portal.book().currency()),
    });
    Ok(used.collect())
}

fn failed_call(portal: &Portal, call: CallRow) -> Failed {
    Failed {
        at: shown(call.started_at),
        what: format!("{} {}", connections::title(portal, &call.integration), call.tool),
        tag: Tag::of_outcome(call.outcome),
        class: call.class.unwrap_or_default(),
        trace: call.trace_id.unwrap_or_default(),
    }
}

async fn visits(portal: &Portal, tenant: TenantId, now: Timestamp) -> Result<Vec<Visited>, Failure> {
    let visits = portal.store.tenant(tenant).list_visits().await?;
    let actors: Vec<_> = visits.iter().map(|visit| format!("person:{}", visit.person_id)).collect();
    let names = Actors::read(portal, actors.iter().map(String::as_str).collect()).await?;
    let visited = visits.into_iter().zip(&actors).map(|(visit, actor)| Visited {
        who: names.name(actor),
        from: shown(visit.created_at),
        until: shown(visit.ends_at),
        goes_on: visit.ends_at > now,
        reason: visit.reason,
    });
    Ok(visited.collect())
}

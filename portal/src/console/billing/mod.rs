//! How all clients stand with their money, and what needs the operator.

mod invoices;
mod reports;
mod statement;

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use invoices::{Open, open};
pub(crate) use invoices::{mark_paid, void};
use reports::{Batch, Event, Move, Run, batches, events, moves, runs};
pub(crate) use statement::export as export_statement;
use turnpike_config::PaymentProvider;
use turnpike_core::TenantId;

use super::{DAY, names::Clients};
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, billing::Standing, shown},
};

/// How far back refunds and disputes go.
const LATELY: Duration = Duration::from_secs(90 * DAY);

struct Line {
    id: TenantId,
    client: String,
    plan: String,
    tag: Tag,
    meaning: String,
    urgent: bool,
    until: String,
    ends: Option<String>,
}

#[derive(Template)]
#[template(path = "console/billing.html")]
struct BillingPage {
    frame: Frame,
    stripe: bool,
    lines: Vec<Line>,
    open: Vec<Open>,
    batches: Vec<Batch>,
    runs: Vec<Run>,
    moves: Vec<Move>,
    events: Vec<Event>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame) -> Answer {
    let clients = Clients::read(&portal).await?;
    page(BillingPage {
        frame,
        stripe: portal.billing.provider() == PaymentProvider::Stripe,
        lines: lines(&portal, &clients).await?,
        open: open(&portal, &clients).await?,
        batches: batches(&portal, &clients).await?,
        runs: runs(&portal, &clients).await?,
        moves: moves(&portal, &clients, portal.ambient.now().minus(LATELY)).await?,
        events: events(&portal).await?,
    })
}

/// Every subscription, those first of which something is to be said.
async fn lines(portal: &Portal, clients: &Clients) -> Result<Vec<Line>, Failure> {
    let (grace, now) = (portal.settings.payments.grace_days, portal.ambient.now());
    let rows = portal.store.system().list_subscriptions().await?;
    let mut lines: Vec<_> = rows
        .into_iter()
        .map(|(id, own)| {
            let standing = Standing::of(&own, grace, now);
            let book = portal.billing.books().version(own.price_version);
            Line {
                id,
                client: clients.name(id),
                plan: book.plan(&own.plan).map_or(own.plan.as_str(), |plan| &plan.title).to_owned(),
                tag: Tag::of_subscription(own.state),
                meaning: standing.meaning(),
                urgent: standing.is_urgent(now),
                until: shown(own.period_end),
                ends: own.cancel_at.map(shown),
            }
        })
        .collect();
    lines.sort_by_cached_key(|line| (!line.urgent, line.client.to_lowercase()));
    Ok(lines)
}

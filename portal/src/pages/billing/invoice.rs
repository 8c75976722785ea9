//! An invoice, each line with the calls behind it.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::IntoResponse,
};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use turnpike_core::{InvoiceId, Micros, Timestamp, visible};
use turnpike_store::{CallRow, Invoice, InvoiceState, LineKind, MoneyEvent, MoneyEventKind, StoreError, TenantStore};

use crate::{
    Member, Portal,
    brand::Brand,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, day, money, shown},
};

/// An invoice, as a line of a list.
pub(crate) struct Line {
    pub(crate) id: InvoiceId,
    pub(crate) number: String,
    pub(crate) tag: Tag,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) total: String,
    pub(crate) due: String,
}

/// A line of an invoice.
struct Item {
    description: String,
    quantity: i64,
    each: String,
    amount: String,
    from: String,
    until: String,
    /// The list of the calls that it is for.
    calls: Option<String>,
}

/// What happened to its money afterwards.
struct Event {
    at: String,
    what: &'static str,
    state: String,
    amount: String,
    reason: String,
}

#[derive(Template)]
#[template(path = "pages/invoice.html")]
struct InvoicePage {
    frame: Frame,
    line: Line,
    plan: String,
    issued: String,
    items: Vec<Item>,
    subtotal: String,
    tax: String,
    paid: String,
    paid_at: Option<String>,
    left: Option<String>,
    events: Vec<Event>,
    /// Its page at the payment provider.
    hosted: Option<String>,
    /// It is made by us, and can be taken along.
    pdf: bool,
    /// The units that the list of calls has for the time of its usage, and those of its lines.
    units: Option<(i64, i64)>,
}

/// Whether it should have been paid by now.
fn is_overdue(own: &Invoice, now: Timestamp) -> bool {
    own.state == InvoiceState::Open && own.due_at.is_some_and(|due| due < now)
}

/// Invoices, as a list.
pub(crate) fn lines(rows: Vec<Invoice>, now: Timestamp) -> Vec<Line> {
    rows.iter().map(|own| line(own, now)).collect()
}

fn line(own: &Invoice, now: Timestamp) -> Line {
    Line {
        id: own.id,
        number: name(own),
        tag: Tag::of_invoice(own.state, is_overdue(own, now)),
        from: day(own.period_start),
        until: day(own.period_end),
        total: money(own.total, own.currency),
        due: own.due_at.map(day).unwrap_or_default(),
    }
}

/// The title that the plan had in that version of the price book.
fn plan_title(portal: &Portal, own: &Invoice, name: &str) -> String {
    let book = portal.billing.books().version(own.price_version);
    visible(book.plan(name).map_or(name, |plan| &plan.title))
}

/// Its number; a draft has none.
fn name(own: &Invoice) -> String {
    own.number.as_deref().map_or_else(|| "draft".to_owned(), visible)
}

/// The tenant's invoice of that id; anything else is not there.
async fn find(portal: &Portal, member: &Member, id: &str) -> Result<Invoice, Failure> {
    let id: InvoiceId = id.parse().map_err(|_| Failure::NotFound)?;
    portal.store.tenant(member.tenant.id).find_invoice(id).await?.ok_or(Failure::NotFound)
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member, Path(id): Path<String>) -> Answer {
    let own = find(&portal, &member, &id).await?;
    let rows = portal.store.tenant(member.tenant.id);
    let lines = rows.list_invoice_lines(own.id).await?;
    let usage = || lines.iter().filter(|line| line.kind == LineKind::Usage);
    let time = usage().map(|line| line.since).min().zip(usage().map(|line| line.until).max());
    let units = match time {
        Some((since, until)) => {
            let used = rows.usage(since, until).await?.iter().map(|line| line.units).sum();
            Some((used, usage().map(|line| line.quantity).sum()))
        }
        None => None,
    };
    let events = rows.list_money_events().await?.into_iter().filter(|event| event.invoice_id == Some(own.id));
    let left = own.total.0 - own.paid.0;
    page(InvoicePage {
        frame,
        line: line(&own, portal.ambient.now()),
        plan: own.plan.as_deref().map(|name| plan_title(&portal, &own, name)).unwrap_or_default(),
        issued: own.issued_at.map(day).unwrap_or_default(),
        items: lines
            .iter()
            .map(|line| Item {
                description: visible(&line.description),
                quantity: line.quantity,
                each: line.unit_price.map(|each| money(each, own.currency)).unwrap_or_default(),
                amount: money(line.amount, own.currency),
                from: shown(line.since),
                until: shown(line.until),
                calls: (line.kind == LineKind::Usage).then(|| calls_of(line.since, line.until)),
            })
            .collect(),
        subtotal: money(own.subtotal, own.currency),
        tax: money(own.tax, own.currency),
        paid: money(own.paid, own.currency),
        paid_at: own.paid_at.map(day),
        left: (own.state == InvoiceState::Open && left > 0).then(|| money(Micros(left), own.currency)),
        events: events.map(event).collect(),
        hosted: own.hosted_url.clone().filter(|url| leads_out(&portal, url)),
        pdf: own.external_id.is_none() && own.state != InvoiceState::Draft,
        units,
    })
}

/// The list of the calls that a line is for.
fn calls_of(since: Timestamp, until: Timestamp) -> String {
    format!("/calls?charged=yes&since={}&until={}", since.micros(), until.micros())
}

fn event(own: MoneyEvent) -> Event {
    Event {
        at: shown(own.at),
        what: event_name(own.kind),
        state: visible(&own.state),
        amount: money(own.amount, own.currency),
        reason: own.reason.as_deref().map(visible).unwrap_or_default(),
    }
}

/// What happened to an invoice's money.
pub(crate) const fn event_name(kind: MoneyEventKind) -> &'static str {
    match kind {
        MoneyEventKind::Refund => "Given back",
        MoneyEventKind::CreditNote => "Credit note",
        MoneyEventKind::Dispute => "Disputed by the payer's bank",
    }
}

/// Whether an address may stand on a page: it is the payment provider's.
fn leads_out(portal: &Portal, url: &str) -> bool {
    let own = &portal.settings.payments.stripe_url;
    url.starts_with("https://") || (!own.is_empty() && url.starts_with(own.as_str()))
}

/// An invoice of ours as a file.
pub(crate) async fn pdf(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    member: Member,
    Path(id): Path<String>,
) -> Answer {
    let own = find(&portal, &member, &id).await?;
    let file = portal.billing.invoice_pdf(member.tenant.id, own.id, brand.name()).await?.ok_or(Failure::NotFound)?;
    let safe = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    let number: String = name(&own).chars().filter(safe).collect();
    let headers = [
        (CONTENT_TYPE, "application/pdf".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"invoice-{number}.pdf\"")),
    ];
    Ok((headers, file).into_response())
}

/// The invoice that has a call on one of its lines: its id and number.
pub(crate) async fn find_of_call(
    rows: &TenantStore,
    call: &CallRow,
) -> Result<Option<(InvoiceId, String)>, StoreError> {
    if call.units == 0 {
        return Ok(None);
    }
    let invoices = rows.list_invoices().await?;
    // The oldest that could have it is the one that has it, as a rule.
    let later =
        invoices.into_iter().rev().filter(|own| own.state != InvoiceState::Void && own.created_at >= call.started_at);
    for own in later {
        let lines = rows.list_invoice_lines(own.id).await?;
        let has = |line: &turnpike_store::InvoiceLine| {
            line.kind == LineKind::Usage && (line.since..line.until).contains(&call.started_at)
        };
        if lines.iter().any(has) {
            return Ok(Some((own.id, name(&own))));
        }
    }
    Ok(None)
}

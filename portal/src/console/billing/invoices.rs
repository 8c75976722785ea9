//! Invoices of ours that are to be paid.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_config::PaymentProvider;
use turnpike_core::{InvoiceId, TenantId, Timestamp, visible};
use turnpike_store::{Invoice, InvoiceState};
use turnpike_tenancy::Actor;

use crate::{
    Portal, Staff,
    console::names::Clients,
    http::{Answer, Failure, Notice},
    pages::{Tag, day, money},
};

/// An invoice that is to be paid.
pub(super) struct Open {
    pub(super) tenant: TenantId,
    pub(super) id: InvoiceId,
    pub(super) client: String,
    pub(super) number: String,
    pub(super) tag: Tag,
    pub(super) due: String,
    pub(super) total: String,
    /// It is one of ours: the operator says when it is paid.
    pub(super) ours: bool,
}

/// All that are open or lost, oldest first.
pub(super) async fn open(portal: &Portal, clients: &Clients) -> Result<Vec<Open>, Failure> {
    let (since, until) = (Timestamp::from_micros(0), Timestamp::from_micros(i64::MAX));
    let all = portal.store.system().list_invoices_between(since, until).await?;
    let ours = portal.billing.provider() == PaymentProvider::Invoice;
    let now = portal.ambient.now();
    let open = all.into_iter().filter(|(_, own)| own.state == InvoiceState::Open);
    Ok(open
        .map(|(tenant, own)| Open {
            tenant,
            id: own.id,
            client: clients.name(tenant),
            number: number(&own),
            tag: Tag::of_invoice(own.state, own.due_at.is_some_and(|due| due < now)),
            due: own.due_at.map(day).unwrap_or_default(),
            total: money(own.total, own.currency),
            ours: ours && own.external_id.is_none(),
        })
        .collect())
}

fn number(own: &Invoice) -> String {
    own.number.as_deref().map_or_else(|| "draft".to_owned(), visible)
}

pub(crate) async fn mark_paid(
    State(portal): State<Portal>,
    staff: Staff,
    Path((tenant, invoice)): Path<(String, String)>,
) -> Answer {
    let (tenant, own) = find(&portal, &tenant, &invoice).await?;
    portal.billing.mark_paid(tenant, own.id, portal.ambient.now()).await?;
    done(&portal, &staff, tenant, &own, "invoice.paid", Notice::InvoicePaid).await
}

pub(crate) async fn void(
    State(portal): State<Portal>,
    staff: Staff,
    Path((tenant, invoice)): Path<(String, String)>,
) -> Answer {
    let (tenant, own) = find(&portal, &tenant, &invoice).await?;
    portal.billing.void_invoice(tenant, own.id).await?;
    done(&portal, &staff, tenant, &own, "invoice.voided", Notice::InvoiceVoided).await
}

/// The open invoice that a path names.
async fn find(portal: &Portal, tenant: &str, invoice: &str) -> Result<(TenantId, Invoice), Failure> {
    let tenant: TenantId = tenant.parse().map_err(|_| Failure::NotFound)?;
    let invoice: InvoiceId = invoice.parse().map_err(|_| Failure::NotFound)?;
    let found = portal.store.tenant(tenant).find_invoice(invoice).await?;
    let own = found.filter(|own| own.state == InvoiceState::Open && own.external_id.is_none());
    Ok((tenant, own.ok_or(Failure::NotFound)?))
}

async fn done(
    portal: &Portal,
    staff: &Staff,
    tenant: TenantId,
    own: &Invoice,
    action: &'static str,
    notice: Notice,
) -> Answer {
    let (by, subject) = (Actor::person(staff.person.id), format!("invoice:{}", own.id));
    let details = json!({ "number": own.number, "total": money(own.total, own.currency) });
    portal.tenancy.record(tenant, &by, action, &subject, details).await?;
    Ok(Redirect::to(&notice.at("/console/billing")).into_response())
}

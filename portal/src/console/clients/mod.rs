//! The agency's clients: who they are, how they are served, and what is done for them.

mod add;
mod credit;
mod list;
mod show;
mod standing;
mod state;
mod visit;

pub(crate) use add::{add, invite};
pub(crate) use credit::give_credit;
pub(crate) use list::list;
pub(crate) use show::show;
pub(crate) use state::{resume, suspend};
pub(crate) use visit::{leave as leave_visit, open as open_visit};

use turnpike_core::TenantId;
use turnpike_store::{Subscription, Tenant, TenantState};

use crate::{Portal, http::Failure, pages::Tag};

/// The client that a path names. Of one that was deleted there is no page.
async fn find(portal: &Portal, id: &str) -> Result<Tenant, Failure> {
    let id: TenantId = id.parse().map_err(|_| Failure::NotFound)?;
    let found = portal.store.system().find_tenant(id).await?;
    found.filter(|tenant| tenant.deleted_at.is_none()).ok_or(Failure::NotFound)
}

fn path(id: TenantId) -> String {
    format!("/console/clients/{id}")
}

/// The title of the plan that a client pays for.
fn plan(portal: &Portal, own: Option<&Subscription>) -> String {
    let Some(own) = own else { return "no plan yet".into() };
    portal.billing.books().version(own.price_version).plan(&own.plan).map_or(&own.plan, |plan| &plan.title).clone()
}

fn tag(state: TenantState) -> Tag {
    match state {
        TenantState::Active => Tag { class: "good", text: "active" },
        TenantState::Suspended => Tag { class: "bad", text: "suspended" },
    }
}

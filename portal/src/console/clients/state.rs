//! Stopping a client, and letting it go on.

use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use turnpike_store::TenantState;
use turnpike_tenancy::Actor;

use super::{find, path};
use crate::{
    Portal, Staff,
    http::{Answer, Notice},
};

pub(crate) async fn suspend(State(portal): State<Portal>, staff: Staff, Path(id): Path<String>) -> Answer {
    set(&portal, &staff, &id, TenantState::Suspended, Notice::Suspended).await
}

pub(crate) async fn resume(State(portal): State<Portal>, staff: Staff, Path(id): Path<String>) -> Answer {
    set(&portal, &staff, &id, TenantState::Active, Notice::Resumed).await
}

/// Where nothing changes nothing is done: the audit log shall not tell of a second stop.
async fn set(portal: &Portal, staff: &Staff, id: &str, state: TenantState, notice: Notice) -> Answer {
    let tenant = find(portal, id).await?;
    if tenant.state != state {
        portal.tenancy.set_tenant_state(&Actor::person(staff.person.id), tenant.id, state).await?;
    }
    Ok(Redirect::to(&notice.at(&path(tenant.id))).into_response())
}

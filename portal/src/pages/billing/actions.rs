//! What is done on the page of billing.

use std::sync::Arc;

use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect},
};
use serde_json::json;

use super::billing;
use crate::{
    Member, Portal,
    brand::Brand,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again},
};

/// More than anybody uses.
const MOST: i64 = 1_000_000_000_000;

/// Sets the tenant's own cap; an empty field takes it away.
pub(crate) async fn set_cap(State(portal): State<Portal>, frame: Frame, member: Member, form: Form) -> Answer {
    let text = form.text("cap");
    let units = text.parse::<i64>().ok().filter(|units| (0..=MOST).contains(units));
    let mut errors = FieldErrors::default();
    errors.check(units.is_none() && !text.is_empty(), "cap", "Write a whole number of units, or nothing.");
    if !errors.is_empty() {
        let mut shown = billing(&portal, frame, &member, errors).await?;
        text.clone_into(&mut shown.cap);
        return again(shown);
    }
    let tenant = member.tenant.id;
    let before = portal.store.tenant(tenant).find_subscription().await?.ok_or(Failure::NotFound)?.cap_units;
    if before != units {
        portal.billing.set_cap(tenant, units).await?;
        let details = json!({ "units": units, "before": before });
        portal.tenancy.record(tenant, &member.actor(), "cap.set", "subscription", details).await?;
    }
    Ok(Redirect::to(&Notice::CapSet.at("/billing")).into_response())
}

/// Ends the subscription with its period.
pub(crate) async fn cancel(State(portal): State<Portal>, member: Member) -> Answer {
    portal.billing.cancel(member.tenant.id).await?;
    record(&portal, &member, "plan.cancelled").await?;
    Ok(Redirect::to(&Notice::PlanCancelled.at("/billing")).into_response())
}

/// Takes that back.
pub(crate) async fn keep_on(State(portal): State<Portal>, member: Member) -> Answer {
    portal.billing.keep_on(member.tenant.id).await?;
    record(&portal, &member, "plan.kept").await?;
    Ok(Redirect::to(&Notice::PlanKept.at("/billing")).into_response())
}

async fn record(portal: &Portal, member: &Member, action: &'static str) -> Result<(), Failure> {
    let tenant = member.tenant.id;
    let plan = portal.store.tenant(tenant).find_subscription().await?.map(|own| own.plan).unwrap_or_default();
    Ok(portal.tenancy.record(tenant, &member.actor(), action, &plan, json!({})).await?)
}

/// On to the payment provider's own page for cards, addresses and receipts.
pub(crate) async fn manage(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    member: Member,
) -> Answer {
    let page = portal.billing.manage(member.tenant.id, &format!("{}/billing", brand.url)).await?;
    Ok(Redirect::to(&page).into_response())
}

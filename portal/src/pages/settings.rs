//! The tenant's name and plan; taking all data along; deleting the tenant.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde_json::json;

use super::{billing, shown};
use crate::{
    Member, Permission, Portal,
    brand::Brand,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    mail::Letter,
    people::{check_name, leave},
};

#[derive(Template)]
#[template(path = "pages/settings.html")]
struct SettingsPage {
    frame: Frame,
    errors: FieldErrors,
    id: String,
    name: String,
    since: String,
    plan: Option<String>,
    integrations: usize,
    may_set: bool,
    may_choose: bool,
    owns: bool,
}

async fn settings(
    portal: &Portal,
    frame: Frame,
    member: &Member,
    errors: FieldErrors,
) -> Result<SettingsPage, Failure> {
    let tenant = &member.tenant;
    let account = portal.billing.find_account(tenant.id).await?;
    let plan = account.map(|account| {
        let title = account.plan.as_ref().map_or(&account.subscription.plan, |plan| &plan.title);
        format!("{title}, {}", billing::fee(&account))
    });
    Ok(SettingsPage {
        frame,
        errors,
        id: tenant.id.to_string(),
        name: tenant.name.clone(),
        since: shown(tenant.created_at),
        plan,
        integrations: tenant.wanted.len(),
        may_set: member.may(Permission::ManageSettings),
        may_choose: member.may(Permission::ChoosePlan),
        owns: member.may(Permission::Own),
    })
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    page(settings(&portal, frame, &member, FieldErrors::default()).await?)
}

pub(crate) async fn rename(State(portal): State<Portal>, frame: Frame, member: Member, form: Form) -> Answer {
    let name = form.text("name");
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", name);
    if !errors.is_empty() {
        let shown = SettingsPage { name: name.to_owned(), ..settings(&portal, frame, &member, errors).await? };
        return again(shown);
    }
    portal.store.tenant(member.tenant.id).rename(name).await?;
    let subject = format!("tenant:{}", member.tenant.id);
    portal.tenancy.record(member.tenant.id, &member.actor(), "tenant.renamed", &subject, json!({})).await?;
    Ok(Redirect::to(&Notice::Saved.at("/settings")).into_response())
}

/// All that is stored about the tenant, without secrets, as one JSON file.
pub(crate) async fn export(State(portal): State<Portal>, member: Member) -> Answer {
    let id = member.tenant.id;
    let all = portal.tenancy.export_tenant(&member.actor(), id).await?;
    let text = serde_json::to_string_pretty(&all).map_err(|error| Failure::Internal(error.to_string()))?;
    let headers =
        [(CONTENT_TYPE, "application/json"), (CONTENT_DISPOSITION, "attachment; filename=\"organisation.json\"")];
    Ok((headers, text).into_response())
}

/// Deletes the tenant: grants are taken back, keys and sessions end, the data keys are destroyed.
pub(crate) async fn delete(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    member: Member,
    form: Form,
) -> Answer {
    if form.text("name") != member.tenant.name {
        let mut errors = FieldErrors::default();
        errors.add("confirm", "This is not the name of the organisation. Nothing was deleted.");
        return again(settings(&portal, frame, &member, errors).await?);
    }
    portal.billing.end_now(member.tenant.id).await?;
    let receipt = portal.tenancy.delete_tenant(&member.actor(), member.tenant.id).await?;
    let letter = Letter::Deleted { organisation: member.tenant.name, receipt: receipt.to_string() };
    portal.mailer.send(&brand, &member.person.email, &letter);
    Ok(leave(&portal, "/sign-in"))
}

//! A new client: the tenant, and an invitation to its owner.

use std::sync::Arc;

use axum::{
    Extension,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_core::{Role, TenantId};
use turnpike_store::LinkPurpose;
use turnpike_tenancy::Actor;

use super::{find, list::clients, path};
use crate::{
    Portal, Staff,
    brand::Brand,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again},
    mail::Letter,
    people::{NewLink, address_of, check_name, mail_link},
};

pub(crate) async fn add(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    frame: Frame,
    staff: Staff,
    form: Form,
) -> Answer {
    let (name, email) = (form.text("name"), address_of(form.text("email")));
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", name);
    errors.check(email.is_none(), "email", "Write an address such as owner@company.example.");
    let Some(email) = email.filter(|_| errors.is_empty()) else {
        let mut shown = clients(&portal, frame, errors, "").await?;
        (shown.name, shown.email) = (name.to_owned(), form.text("email").to_owned());
        return again(shown);
    };
    let tenant = portal.tenancy.add_tenant(&Actor::person(staff.person.id), name).await?;
    invite_owner(&portal, &brand, &staff, tenant, name, &email).await?;
    Ok(Redirect::to(&Notice::ClientAdded.at(&path(tenant))).into_response())
}

/// Invites another owner: the first may have let the invitation lapse, or may be gone.
pub(crate) async fn invite(
    State(portal): State<Portal>,
    Extension(brand): Extension<Arc<Brand>>,
    staff: Staff,
    Path(id): Path<String>,
    form: Form,
) -> Answer {
    let tenant = find(&portal, &id).await?;
    let email = address_of(form.text("email"));
    let email = email.ok_or_else(|| Failure::Refused("this is no e-mail address".into()))?;
    invite_owner(&portal, &brand, &staff, tenant.id, &tenant.name, &email).await?;
    Ok(Redirect::to(&Notice::Invited.at(&path(tenant.id))).into_response())
}

async fn invite_owner(
    portal: &Portal,
    brand: &Brand,
    staff: &Staff,
    tenant: TenantId,
    name: &str,
    email: &str,
) -> Result<(), Failure> {
    let (by, role) = (Actor::person(staff.person.id), Role::Owner);
    let content = json!({ "role": role.as_str() });
    let new = NewLink {
        purpose: LinkPurpose::Invitation,
        tenant: Some(tenant),
        email,
        content: content.clone(),
        made_by: Some(by.0.clone()),
    };
    let (inviter, organisation) = (staff.person.name.clone(), name.to_owned());
    let letter = |link| Letter::Invitation { by: inviter, organisation, role: role.to_string(), link };
    let link = mail_link(portal, brand, new, letter).await?;
    Ok(portal.tenancy.record(tenant, &by, "member.invited", &format!("link:{link}"), content).await?)
}

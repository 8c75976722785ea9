//! What surrounds every page: brand, navigation, banners.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::FromRequestParts,
    response::{Html, IntoResponse},
};
use http::{StatusCode, request::Parts};
use turnpike_store::Announcement;

use super::{Answer, Failure, Notice};
use crate::{
    Member, Portal, SignedIn, Staff,
    brand::Brand,
    pages::{billing, shown},
};

/// The frame of a page.
#[derive(Clone)]
pub(crate) struct Frame {
    /// Whose pages these are.
    pub brand: Arc<Brand>,
    /// Who is signed in, by name.
    pub person: Option<String>,
    /// The tenant that is looked at, by name.
    pub tenant: Option<String>,
    /// Whether there are others to look at.
    pub several: bool,
    /// Where one can go.
    pub nav: Vec<NavItem>,
    /// Of the agency's staff: until when they may look at the tenant.
    pub visit_until: Option<String>,
    /// Of the agency's staff at all.
    pub staff: bool,
    /// What the form before has done.
    pub notice: Option<&'static str>,
    /// What the agency tells its clients.
    pub announcements: Vec<Announcement>,
    /// What is to be said of the tenant's money.
    pub banners: Vec<Banner>,
}

/// A sentence at the head of every page, with a page that says more.
#[derive(Clone)]
pub(crate) struct Banner {
    /// Its colour: `warn` or `bad`.
    pub class: &'static str,
    /// What it says.
    pub text: String,
    /// Where more is said.
    pub path: &'static str,
    /// What the link says.
    pub label: &'static str,
}

/// An entry of the navigation.
#[derive(Clone)]
pub(crate) struct NavItem {
    /// Where it leads.
    pub path: &'static str,
    /// What it says.
    pub label: &'static str,
    /// Whether the page is below it.
    pub here: bool,
}

/// The pages of a tenant.
const TENANT: &[(&str, &str)] = &[
    ("/home", "Home"),
    ("/connections", "Connections"),
    ("/agents", "Agents"),
    ("/calls", "Calls"),
    ("/usage", "Usage"),
    ("/billing", "Billing"),
    ("/changes", "Changes"),
    ("/audit", "Audit"),
    ("/team", "Team"),
    ("/settings", "Settings"),
];

/// The pages of the operator console.
pub(crate) const CONSOLE: &[(&str, &str)] = &[
    ("/console", "Clients"),
    ("/console/integrations", "Integrations"),
    ("/console/credentials", "Credentials"),
    ("/console/switches", "Switches"),
    ("/console/jobs", "Jobs"),
    ("/console/work", "Work"),
    ("/console/billing", "Billing"),
    ("/console/prices", "Prices"),
    ("/console/margin", "Margin"),
    ("/console/deprecations", "Versions"),
    ("/console/brand", "Brand"),
    ("/console/announcements", "Announcements"),
    ("/console/audit", "Audit"),
];

impl FromRequestParts<Portal> for Frame {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, portal: &Portal) -> Result<Self, Failure> {
        let brand = parts.extensions.get::<Arc<Brand>>().cloned().ok_or(Failure::NoGate)?;
        let member = parts.extensions.get::<Member>();
        let signed_in = parts.extensions.get::<SignedIn>();
        let path = parts.uri.path();
        let nav = match (member, parts.extensions.get::<Staff>()) {
            (Some(_), _) => TENANT,
            (None, Some(_)) if path.starts_with("/console") => CONSOLE,
            _ => &[],
        };
        let query = parts.uri.query().unwrap_or_default();
        let notice = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "notice");
        Ok(Self {
            person: signed_in.map(|signed_in| signed_in.person.name.clone()),
            tenant: member.map(|member| member.tenant.name.clone()),
            several: signed_in.is_some_and(|signed_in| signed_in.memberships.len() > 1),
            nav: items(nav, path),
            visit_until: member.and_then(|member| member.visit.as_ref()).map(|visit| shown(visit.ends_at)),
            staff: signed_in.is_some_and(|signed_in| signed_in.person.staff),
            notice: notice.and_then(|(_, word)| Notice::find(&word)).map(Notice::text),
            announcements: if signed_in.is_some() { portal.announcements().await? } else { vec![] },
            banners: match member {
                // There it is said at length.
                Some(member) if path != "/billing" => billing::banners(portal, member).await?,
                _ => vec![],
            },
            brand,
        })
    }
}

/// The entry whose path is the longest that leads here is the present one.
fn items(pages: &'static [(&'static str, &'static str)], path: &str) -> Vec<NavItem> {
    let leads = |own: &str| path == own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    let here = pages.iter().map(|(own, _)| *own).filter(|own| leads(own)).max_by_key(|own| own.len());
    pages.iter().map(|(path, label)| NavItem { path, label, here: here == Some(*path) }).collect()
}

/// The page of a form that is shown again, with what is wrong beside its fields.
pub(crate) fn again(template: impl Template) -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(template)?).into_response())
}

/// A page.
pub(crate) fn page(template: impl Template) -> Answer {
    Ok(Html(template.render()?).into_response())
}

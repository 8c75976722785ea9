//! The brand of one host: name, colour, links, sender of mails.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use lettre::message::Mailbox;
use turnpike_config::{BrandSettings, is_colour};
use turnpike_store::BrandRow;
use turnpike_tenancy::Actor;

use super::{changed, find, path};
use crate::{
    Portal, Staff,
    brand::{EVERY_HOST, Palette, is_link},
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, page},
    people::{address_of, check_name},
};

/// The longest link and sender.
const LONGEST: usize = 300;

#[derive(Template)]
#[template(path = "console/brand.html")]
pub(super) struct BrandPage {
    frame: Frame,
    errors: FieldErrors,
    host: String,
    every: bool,
    own: BrandSettings,
    colours: Palette,
    /// It is stored; a picture can be added.
    stored: bool,
    /// Changes with the picture, if there is one.
    logo: Option<i64>,
}

impl BrandPage {
    pub(super) fn new(
        frame: Frame,
        errors: FieldErrors,
        host: &str,
        row: Option<&BrandRow>,
        own: BrandSettings,
    ) -> Self {
        Self {
            frame,
            errors,
            host: host.to_owned(),
            every: host == EVERY_HOST,
            colours: Palette::of(&own.accent),
            own,
            stored: row.is_some(),
            logo: row.filter(|row| row.has_logo).map(|row| row.set_at.micros()),
        }
    }
}

pub(crate) async fn edit(State(portal): State<Portal>, frame: Frame, Path(host): Path<String>) -> Answer {
    let (host, row) = find(&portal, &host).await?;
    let own = settings(&portal, row.as_ref())?;
    page(BrandPage::new(frame, FieldErrors::default(), &host, row.as_ref(), own))
}

/// As they are stored; for a host that has none yet, as they are shipped.
pub(super) fn settings(portal: &Portal, row: Option<&BrandRow>) -> Result<BrandSettings, Failure> {
    let Some(row) = row else { return Ok(portal.settings.brand.clone()) };
    serde_json::from_str(&row.brand_json).map_err(|error| Failure::Internal(error.to_string()))
}

/// Stores a brand, or shows what it would look like.
pub(crate) async fn set(
    State(portal): State<Portal>,
    frame: Frame,
    staff: Staff,
    Path(host): Path<String>,
    form: Form,
) -> Answer {
    let (host, row) = find(&portal, &host).await?;
    let own = read(&form);
    let errors = check(&own);
    if !errors.is_empty() || form.checked("preview") {
        let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        let again = page(BrandPage::new(frame, errors, &host, row.as_ref(), own))?;
        return Ok((status, again).into_response());
    }
    let json = serde_json::to_string(&own).map_err(|error| Failure::Internal(error.to_string()))?;
    let by = Actor::person(staff.person.id);
    portal.store.system().set_brand(&host, &json, &by.0, portal.ambient.now()).await?;
    changed(&portal, &by, "brand.set", &host).await?;
    Ok(Redirect::to(&Notice::BrandSet.at(&path(&host))).into_response())
}

fn read(form: &Form) -> BrandSettings {
    let text = |name| form.text(name).to_owned();
    BrandSettings {
        name: text("name"),
        accent: text("accent"),
        support_email: text("support_email"),
        website: text("website"),
        terms_url: text("terms_url"),
        privacy_url: text("privacy_url"),
        mail_from: text("mail_from"),
    }
}

fn check(own: &BrandSettings) -> FieldErrors {
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "name", &own.name);
    errors.check(!is_colour(&own.accent), "accent", "Write a colour as #rrggbb, such as #1d5fa8.");
    let given = |text: &str| !text.is_empty();
    let wrong = given(&own.support_email) && address_of(&own.support_email).is_none();
    errors.check(wrong, "support_email", "Write an address such as help@agency.example, or nothing.");
    let links = [("website", &own.website), ("terms_url", &own.terms_url), ("privacy_url", &own.privacy_url)];
    for (field, link) in links {
        let wrong = given(link) && (!is_link(link) || link.len() > LONGEST);
        errors.check(wrong, field, "Write a link that begins with https://, or nothing.");
    }
    let wrong = given(&own.mail_from) && (own.mail_from.parse::<Mailbox>().is_err() || own.mail_from.len() > LONGEST);
    errors.check(wrong, "mail_from", "Write an address, or a name and an address as in Agency <post@agency.example>.");
    errors
}

pub(crate) async fn delete(State(portal): State<Portal>, staff: Staff, Path(host): Path<String>) -> Answer {
    let (host, _) = find(&portal, &host).await?;
    if !portal.store.system().delete_brand(&host).await? {
        return Err(Failure::NotFound);
    }
    changed(&portal, &Actor::person(staff.person.id), "brand.removed", &host).await?;
    Ok(Redirect::to(&Notice::BrandRemoved.at("/console/brand")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: [&str; 7] = ["name", "accent", "support_email", "website", "terms_url", "privacy_url", "mail_from"];

    fn wrong(values: [&str; 7]) -> Vec<&'static str> {
        let [name, accent, support_email, website, terms_url, privacy_url, mail_from] = values.map(str::to_owned);
        let own = BrandSettings { name, accent, support_email, website, terms_url, privacy_url, mail_from };
        let errors = check(&own);
        FIELDS.into_iter().filter(|field| !errors.of(field).is_empty()).collect()
    }

    #[test]
    fn everything_but_name_and_colour_may_be_left_empty() {
        assert_eq!(wrong(["Acme", "#1d5fa8", "", "", "", "", ""]), [""; 0]);
        let full = [
            "Acme",
            "#ABCDEF",
            "help@acme.example",
            "https://acme.example",
            "https://acme.example/terms?v=2",
            "https://acme.example/privacy",
            "Acme Post <post@acme.example>",
        ];
        assert_eq!(wrong(full), [""; 0]);
        assert_eq!(wrong([""; 7]), ["name", "accent"]);
    }

    #[test]
    fn no_link_runs_anything_and_no_sender_brings_a_second_one() {
        let bad = [
            "A\u{202e}cme",
            "red",
            "help",
            "http://acme.example",
            "javascript:alert(1)",
            "https://",
            "a@acme.example, b@acme.example",
        ];
        assert_eq!(wrong(bad), FIELDS);
        assert_eq!(wrong(["Acme", "#12345g", "", "data:text/html,x", "", "/here", "a@b\r\nBcc: c@d"]).len(), 4);
    }
}

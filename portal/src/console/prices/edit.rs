//! A new version of the price book: written, looked at for what it would have changed, then set.

use std::time::Duration;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use serde_json::json;
use turnpike_billing::effect::{Effect, Effects};
use turnpike_config::BookText;
use turnpike_core::{Canonical, Micros, TenantId, Timestamp};
use turnpike_tenancy::Actor;

use super::super::{check_reason, names::Clients};
use crate::{
    Portal, Staff,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, page},
    pages::{
        calendar::{Month, read_day},
        money,
    },
    start::subscribe::sentence,
};

/// When it is in force where no day is given. Every process knows it by then.
const SOON: Duration = Duration::from_secs(300);

struct Line {
    id: TenantId,
    client: String,
    plan: String,
    units_before: i64,
    units_after: i64,
    before: String,
    after: String,
    difference: String,
    /// It pays more.
    more: bool,
}

/// What it would have changed.
struct Shown {
    month: String,
    lines: Vec<Line>,
    before: String,
    after: String,
    difference: String,
}

#[derive(Template)]
#[template(path = "console/price_edit.html")]
struct EditPage {
    frame: Frame,
    errors: FieldErrors,
    text: String,
    from: String,
    reason: String,
    /// Of which text the effect is shown.
    seen: String,
    effect: Option<Shown>,
}

pub(crate) async fn edit(State(portal): State<Portal>, frame: Frame) -> Answer {
    let book = portal.book();
    let text = book.text().to_toml();
    let (errors, from, reason, seen) = Default::default();
    page(EditPage { frame, errors, text, from, reason, seen, effect: None })
}

/// Shows the effect of what was written, and stores nothing.
pub(crate) async fn preview(State(portal): State<Portal>, frame: Frame, form: Form) -> Answer {
    let mut errors = FieldErrors::default();
    let book = read(&form, &mut errors);
    edited(&portal, frame, &form, errors, book.as_ref()).await
}

/// Sets it, if its effect was shown.
pub(crate) async fn set(State(portal): State<Portal>, frame: Frame, staff: Staff, form: Form) -> Answer {
    let (now, reason) = (portal.ambient.now(), form.text("reason"));
    let mut errors = FieldErrors::default();
    let book = read(&form, &mut errors);
    let effective_at = begins(form.text("from"), now);
    errors.check(effective_at.is_none(), "from", "Choose a later day than today, or leave it empty.");
    check_reason(&mut errors, reason);
    let seen = form.text("seen") == digest(form.exact("text"));
    errors.check(!seen, "text", "Look at its effect below first, then set it.");
    if let (Some(book), Some(effective_at), true) = (&book, effective_at, errors.is_empty()) {
        let by = Actor::person(staff.person.id);
        match portal.billing.set_book(book, effective_at, reason, &by.0).await {
            Ok(version) => {
                let details = json!({ "version": version, "effective_at": effective_at.to_string(), "reason": reason });
                let subject = format!("prices:{version}");
                portal.tenancy.record(TenantId::NONE, &by, "prices.set", &subject, details).await?;
                return Ok(Redirect::to(&Notice::PricesSet.at("/console/prices")).into_response());
            }
            Err(error) => match Failure::from(error) {
                Failure::Billing(error) => errors.add("text", sentence(&error.to_string())),
                other => return Err(other),
            },
        }
    }
    edited(&portal, frame, &form, errors, book.as_ref()).await
}

fn read(form: &Form, errors: &mut FieldErrors) -> Option<BookText> {
    BookText::parse(form.exact("text")).map_err(|wrong| errors.add("text", wrong.to_string())).ok()
}

/// When the version begins: with a day that has not come yet, or soon.
fn begins(text: &str, now: Timestamp) -> Option<Timestamp> {
    match text {
        "" => Some(now.plus(SOON)),
        text => read_day(text).filter(|day| *day > now.plus(SOON)),
    }
}

/// By which a text is known again.
fn digest(text: &str) -> String {
    Canonical::of("prices").field(text).digest().to_string()
}

/// The page with what was written and its effect.
async fn edited(portal: &Portal, frame: Frame, form: &Form, errors: FieldErrors, book: Option<&BookText>) -> Answer {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let effect = match book {
        Some(book) => Some(effect(portal, book).await?),
        None => None,
    };
    let text = form.exact("text").to_owned();
    let shown = page(EditPage {
        frame,
        errors,
        seen: if effect.is_some() { digest(&text) } else { String::new() },
        text,
        from: form.text("from").to_owned(),
        reason: form.text("reason").to_owned(),
        effect,
    })?;
    Ok((status, shown).into_response())
}

/// What last month would have come to.
async fn effect(portal: &Portal, book: &BookText) -> Result<Shown, Failure> {
    let now = Month::of(portal.ambient.now());
    let month = now.before().unwrap_or(now);
    let Effects { currency, tenants } = portal.billing.effects(book, month.begins(), month.ends()).await?;
    let clients = Clients::read(portal).await?;
    let sum = |amount: fn(&Effect) -> i64| tenants.iter().map(amount).sum::<i64>();
    let (before, after) = (sum(|own| own.before.0), sum(|own| own.after.0));
    let told = |micros| money(Micros(micros), currency);
    let line = |own: &Effect| Line {
        id: own.tenant,
        client: clients.name(own.tenant),
        plan: own.plan.clone().unwrap_or_default(),
        units_before: own.units_before,
        units_after: own.units_after,
        before: told(own.before.0),
        after: told(own.after.0),
        difference: told(own.after.0 - own.before.0),
        more: own.after > own.before,
    };
    Ok(Shown {
        month: month.name(),
        lines: tenants.iter().map(line).collect(),
        before: told(before),
        after: told(after),
        difference: told(after - before),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_begins_with_a_later_day_or_soon() {
        let now = read_day("2026-11-21").unwrap().plus(Duration::from_secs(3600));
        assert_eq!(begins("", now), Some(now.plus(SOON)));
        assert_eq!(begins("2026-11-22", now), read_day("2026-11-22"));
        for wrong in ["2026-11-21", "2020-01-01", "soon"] {
            assert_eq!(begins(wrong, now), None, "{wrong}");
        }
    }
}

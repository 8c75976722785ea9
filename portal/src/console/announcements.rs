//! What the agency tells all its clients at the head of their pages.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use chrono::{Days, NaiveDate, NaiveTime};
use serde_json::json;
use turnpike_core::{AnnouncementId, TenantId, Timestamp, hides};
use turnpike_store::Announcement;
use turnpike_tenancy::Actor;

use super::names::Actors;
use crate::{
    Portal, Staff,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
    pages::shown,
    people::check_name,
};

/// The longest text.
const LONGEST: usize = 500;

struct Line {
    id: AnnouncementId,
    title: String,
    body: String,
    set_by: String,
    from: String,
    until: String,
}

#[derive(Template)]
#[template(path = "console/announcements.html")]
struct AnnouncementsPage {
    frame: Frame,
    errors: FieldErrors,
    title: String,
    body: String,
    until: String,
    current: Vec<Line>,
    past: Vec<Line>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    page(announcements(&portal, frame, FieldErrors::default()).await?)
}

async fn announcements(portal: &Portal, frame: Frame, errors: FieldErrors) -> Result<AnnouncementsPage, Failure> {
    let (all, now) = (portal.store.system().list_announcements().await?, portal.ambient.now());
    let actors = Actors::read(portal, all.iter().map(|own| own.set_by.as_str()).collect()).await?;
    let line = |own: Announcement| Line {
        id: own.id,
        title: own.title,
        body: own.body,
        set_by: actors.name(&own.set_by),
        from: shown(own.starts_at),
        until: shown(own.ends_at),
    };
    let (current, past): (Vec<_>, Vec<_>) = all.into_iter().partition(|own| own.ends_at > now);
    Ok(AnnouncementsPage {
        frame,
        errors,
        title: String::new(),
        body: String::new(),
        until: String::new(),
        current: current.into_iter().map(line).collect(),
        past: past.into_iter().map(line).collect(),
    })
}

pub(crate) async fn make(State(portal): State<Portal>, frame: Frame, staff: Staff, form: Form) -> Answer {
    let (title, body, until, now) = (form.text("title"), form.text("body"), form.text("until"), portal.ambient.now());
    let ends_at = end_of_day(until).filter(|end| *end > now);
    let mut errors = FieldErrors::default();
    check_name(&mut errors, "title", title);
    errors.check(body.is_empty(), "body", "Say it.");
    errors.check(body.chars().count() > LONGEST, "body", "Use at most 500 characters.");
    errors.check(body.chars().any(hides), "body", "It holds characters that cannot be seen.");
    errors.check(ends_at.is_none(), "until", "Choose today or a later day.");
    let Some(ends_at) = ends_at.filter(|_| errors.is_empty()) else {
        let shown = announcements(&portal, frame, errors).await?;
        let shown = AnnouncementsPage { title: title.into(), body: body.into(), until: until.into(), ..shown };
        return again(shown);
    };
    let by = Actor::person(staff.person.id);
    let new = Announcement {
        id: portal.ambient.id(),
        title: title.to_owned(),
        body: body.to_owned(),
        set_by: by.0.clone(),
        starts_at: now,
        ends_at,
    };
    portal.store.system().insert_announcement(&new).await?;
    portal.tenancy.record(TenantId::NONE, &by, "announcement.made", &subject(new.id), json!({})).await?;
    Ok(Redirect::to(&Notice::Announced.at("/console/announcements")).into_response())
}

fn subject(id: AnnouncementId) -> String {
    format!("announcement:{id}")
}

/// The first instant after a day, in UTC.
fn end_of_day(text: &str) -> Option<Timestamp> {
    let next = text.parse::<NaiveDate>().ok()?.checked_add_days(Days::new(1))?;
    Some(Timestamp::from_micros(next.and_time(NaiveTime::MIN).and_utc().timestamp_micros()))
}

pub(crate) async fn end(State(portal): State<Portal>, staff: Staff, Path(id): Path<String>) -> Answer {
    let id: AnnouncementId = id.parse().map_err(|_| Failure::NotFound)?;
    if !portal.store.system().end_announcement(id, portal.ambient.now()).await? {
        return Err(Failure::NotFound);
    }
    let by = Actor::person(staff.person.id);
    portal.tenancy.record(TenantId::NONE, &by, "announcement.ended", &subject(id), json!({})).await?;
    Ok(Redirect::to(&Notice::AnnouncementEnded.at("/console/announcements")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announcement_is_shown_to_the_end_of_its_last_day() {
        let end = |text| end_of_day(text).map(|end| end.to_string());
        assert_eq!(end("2026-12-31").as_deref(), Some("2027-01-01T00:00:00.000Z"));
        assert_eq!(end("2024-02-28").as_deref(), Some("2024-02-29T00:00:00.000Z"));
        for wrong in ["", "soon", "2026-02-30", "31.12.2026"] {
            assert_eq!(end(wrong), None, "{wrong}");
        }
    }
}

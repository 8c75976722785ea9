//! The pages: where somebody begins, and what came of it.

use std::collections::HashMap;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use turnpike_core::AttemptId;
use turnpike_store::ConnectAttempt;

use super::{
    Doctor, advice, agent, kept,
    report::{Ended, Finding},
};
use crate::{
    Member, Permission, Portal,
    http::{Address, Answer, Failure, FieldErrors, Form, Frame, page},
    pages::{Tag, agents::urls, shown},
};

/// An attempt as a line of the list.
struct Line {
    id: AttemptId,
    at: String,
    client: String,
    step: &'static str,
    tag: Tag,
    happened: String,
    to_do: &'static str,
}

#[derive(Template)]
#[template(path = "doctor/start.html")]
struct Start {
    frame: Frame,
    errors: FieldErrors,
    /// What the servers are called, and where they are.
    servers: Vec<(String, String)>,
    number: String,
    lines: Vec<Line>,
    may_try: bool,
}

/// Where somebody begins, or looks a number up.
pub(crate) async fn start(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(asked): Query<HashMap<String, String>>,
) -> Answer {
    let number = asked.get("id").map(|number| number.trim()).unwrap_or_default();
    let mut errors = FieldErrors::default();
    if !number.is_empty() {
        if let Some(found) = kept::find(&portal, &member, number).await? {
            return Ok(Redirect::to(&format!("/agents/doctor/{}", found.id)).into_response());
        }
        errors.add("id", "There is no such attempt of your organisation. Attempts are kept for 30 days.");
    }
    shown_start(&portal, frame, &member, errors, number).await
}

async fn shown_start(portal: &Portal, frame: Frame, member: &Member, errors: FieldErrors, number: &str) -> Answer {
    let lines = kept::list(portal, member).await?.iter().map(line).collect();
    let (servers, may_try) = (urls(portal), member.may(Permission::LetAct));
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let answer = page(Start { frame, errors, servers, number: number.to_owned(), lines, may_try })?;
    Ok((status, answer).into_response())
}

fn line(attempt: &ConnectAttempt) -> Line {
    let report = kept::report(attempt);
    let happened = match &report {
        None => attempt.description.clone(),
        Some(report) => {
            report.trouble().map_or_else(|| format!("All is well at {}", report.server), |finding| finding.seen.clone())
        }
    };
    let to_do = if report.is_some() { "" } else { advice::what_to_do(attempt) };
    Line {
        id: attempt.id,
        at: shown(attempt.at),
        client: client(attempt),
        step: step(attempt),
        tag: tag(attempt),
        happened,
        to_do,
    }
}

fn client(attempt: &ConnectAttempt) -> String {
    let names = [&attempt.client_name, &attempt.client_id];
    names.into_iter().find(|name| !name.is_empty()).map_or("a program without a name", |name| name).to_owned()
}

fn step(attempt: &ConnectAttempt) -> &'static str {
    match attempt.step.as_str() {
        "registration" => "registers itself",
        "authorization" => "asks to be let in",
        "consent" => "a person answers",
        "token" => "fetches a token",
        kept::STEP => "an examination",
        _ => "connects",
    }
}

fn tag(attempt: &ConnectAttempt) -> Tag {
    match attempt.error {
        None => Tag { class: "good", text: "went well" },
        Some(_) => Tag { class: "bad", text: "failed" },
    }
}

/// Goes the whole way in.
pub(crate) async fn try_it(
    State(portal): State<Portal>,
    address: Address,
    frame: Frame,
    member: Member,
    form: Form,
) -> Answer {
    let server = form.text("server");
    let Some(resource) = portal.oauth.resources().iter().find(|own| own.url == server).cloned() else {
        let mut errors = FieldErrors::default();
        errors.add("server", "Choose one of these.");
        return shown_start(&portal, frame, &member, errors, "").await;
    };
    let (person, tenant) = (member.person.id, member.tenant.id);
    portal.throttle.attempt("doctor", &person.to_string(), address.0, portal.ambient.now()).await?;
    let client = agent::client().map_err(|error| Failure::Internal(error.to_string()))?;
    // By itself: who closes the page meanwhile must not leave a grant behind.
    let examination = tokio::spawn(async move {
        let doctor = Doctor { portal: &portal, client, tenant, person, resource };
        let (report, client_id) = doctor.examine().await;
        doctor.keep(&report, client_id).await
    });
    let number = examination.await.map_err(|error| Failure::Internal(error.to_string()))??;
    Ok(Redirect::to(&format!("/agents/doctor/{number}")).into_response())
}

/// A step as it is shown.
struct Shown {
    finding: Finding,
    tag: Tag,
}

#[derive(Template)]
#[template(path = "doctor/attempt.html")]
struct Attempt {
    frame: Frame,
    id: AttemptId,
    at: String,
    client: String,
    client_id: String,
    step: &'static str,
    tag: Tag,
    error: String,
    description: String,
    to_do: &'static str,
    /// What was examined; empty where it was an agent's own attempt.
    server: String,
    steps: Vec<Shown>,
    well: bool,
}

/// What came of an attempt.
pub(crate) async fn show(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Path(number): Path<String>,
) -> Answer {
    let attempt = kept::find(&portal, &member, &number).await?.ok_or(Failure::NotFound)?;
    let report = kept::report(&attempt);
    let server = report.as_ref().map(|report| report.server.clone()).unwrap_or_default();
    let findings = report.map(|report| report.findings).unwrap_or_default();
    page(Attempt {
        frame,
        id: attempt.id,
        at: shown(attempt.at),
        client: client(&attempt),
        step: step(&attempt),
        tag: tag(&attempt),
        to_do: advice::what_to_do(&attempt),
        well: attempt.error.is_none(),
        steps: findings.into_iter().map(|finding| Shown { tag: tag_of(finding.ended), finding }).collect(),
        server,
        client_id: attempt.client_id,
        error: attempt.error.unwrap_or_default(),
        description: attempt.description,
    })
}

fn tag_of(ended: Ended) -> Tag {
    match ended {
        Ended::Passed => Tag { class: "good", text: "passed" },
        Ended::Failed => Tag { class: "bad", text: "failed" },
        Ended::NotReached => Tag { class: "", text: "not reached" },
    }
}

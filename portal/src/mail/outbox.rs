//! The outbox as pages: where mails only become files, on the developer's own machine.

use askama::Template;
use axum::extract::{Path, State};
use turnpike_core::LinkId;

use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
};

/// A mail in the list.
struct Line {
    id: String,
    to: String,
    subject: String,
}

#[derive(Template)]
#[template(path = "mail/outbox.html")]
struct List {
    frame: Frame,
    mails: Vec<Line>,
}

#[derive(Template)]
#[template(path = "mail/mail.html")]
struct Shown {
    frame: Frame,
    line: Line,
    /// The text, cut where links begin and end.
    parts: Vec<Part>,
}

enum Part {
    Text(String),
    Link(String),
}

/// The mails, newest first.
pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let folder = portal.mailer.open_outbox.as_ref().ok_or(Failure::NotFound)?;
    let mut mails = vec![];
    if let Ok(mut entries) = tokio::fs::read_dir(folder).await {
        while let Ok(Some(entry)) = entries.next_entry().await {
            let name = entry.file_name().to_string_lossy().into_owned();
            if let (Some(id), Ok(text)) = (name.strip_suffix(".eml"), tokio::fs::read_to_string(entry.path()).await) {
                mails.push(line(id, &text));
            }
        }
    }
    // The ids sort by time.
    mails.sort_by(|one, two| two.id.cmp(&one.id));
    page(List { frame, mails })
}

/// One mail, with its links to click.
pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, Path(id): Path<String>) -> Answer {
    let folder = portal.mailer.open_outbox.as_ref().ok_or(Failure::NotFound)?;
    let id: LinkId = id.parse().map_err(|_| Failure::NotFound)?;
    let text = tokio::fs::read_to_string(folder.join(format!("{id}.eml"))).await.map_err(|_| Failure::NotFound)?;
    let body = text.split_once("\r\n\r\n").map_or(text.as_str(), |(_, body)| body);
    page(Shown { frame, line: line(&id.to_string(), &text), parts: parts(body, &portal.public_url) })
}

fn line(id: &str, text: &str) -> Line {
    let header = |name: &str| {
        text.lines().take_while(|line| !line.is_empty()).find_map(|line| line.strip_prefix(name)).unwrap_or_default()
    };
    Line { id: id.to_owned(), to: header("To: ").to_owned(), subject: header("Subject: ").to_owned() }
}

/// Only what leads to our own pages becomes a link.
fn parts(body: &str, public_url: &str) -> Vec<Part> {
    let mut parts = vec![];
    for line in body.lines() {
        match line.strip_prefix(public_url) {
            Some(path) => parts.push(Part::Link(path.to_owned())),
            None => parts.push(Part::Text(format!("{line}\n"))),
        }
    }
    parts
}

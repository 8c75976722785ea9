//! What is done in the background, and the processes of the deployment.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use turnpike_core::Timestamp;
use turnpike_store::{ProcessRow, WorkItem};

use super::in_words;
use crate::{
    Portal,
    http::{Answer, Frame, page},
    pages::{Tag, shown},
};

/// Of whom nothing was heard for so long, it was killed.
const SILENT: Duration = Duration::from_secs(20);
/// What has been due for so long, nobody does.
const OVERDUE: Duration = Duration::from_secs(60);
/// As many of its characters tell one process from another.
const SHORT: usize = 8;

struct Work {
    kind: String,
    subject: String,
    tag: Tag,
    every: String,
    next: String,
    /// The process that does it now.
    by: Option<String>,
    last: Option<String>,
    error: Option<String>,
}

struct Process {
    id: String,
    tag: Tag,
    roles: String,
    servers: String,
    version: String,
    address: String,
    since: String,
    seen: String,
}

#[derive(Template)]
#[template(path = "console/work.html")]
struct WorkPage {
    frame: Frame,
    /// Nobody does what is in the list.
    idle: bool,
    work: Vec<Work>,
    processes: Vec<Process>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let system = portal.store.system();
    let ((items, now), (processes, _)) = (system.list_work().await?, system.list_processes().await?);
    let works = |row: &&ProcessRow| row.roles_json.iter().any(|role| role == "worker");
    let idle = !processes.iter().filter(works).any(|row| now.since(row.seen_at) < SILENT);
    let work = items.into_iter().map(|item| Work::of(item, now)).collect();
    let processes = processes.into_iter().map(|row| Process::of(row, now)).collect();
    page(WorkPage { frame, idle, work, processes })
}

impl Work {
    fn of(item: WorkItem, now: Timestamp) -> Self {
        let waits = item.run_at.map_or(Duration::ZERO, |at| now.since(at));
        let (class, text) = match (&item.leased_by, &item.last_error) {
            (_, Some(_)) => ("bad", "fails"),
            (Some(_), None) => ("good", "under way"),
            (None, None) if waits > OVERDUE => ("warn", "overdue"),
            (None, None) => ("", "waits"),
        };
        let next = match item.run_at {
            Some(at) if at > now => format!("in {}", in_words(at.since(now))),
            Some(_) => "now".into(),
            None => "not planned".into(),
        };
        Self {
            tag: Tag { class, text },
            every: item.every.map_or_else(|| "once".into(), |every| format!("every {}", in_words(every))),
            next,
            by: item.leased_by.map(|id| short(&id)),
            last: item.last_ended_at.map(shown),
            error: item.last_error.map(|error| format!("Attempt {}: {error}", item.attempts)),
            kind: item.kind,
            subject: item.subject,
        }
    }
}

impl Process {
    fn of(row: ProcessRow, now: Timestamp) -> Self {
        let silent = now.since(row.seen_at);
        let tag = match silent < SILENT {
            true => Tag { class: "good", text: "serves" },
            false => Tag { class: "bad", text: "silent" },
        };
        Self {
            id: short(&row.id.to_string()),
            tag,
            roles: row.roles_json.join(", "),
            servers: row.servers_json.join(", "),
            version: row.version,
            address: row.address,
            since: shown(row.started_at),
            seen: in_words(silent),
        }
    }
}

/// The end of an id, which is random; it begins with the time.
fn short(id: &str) -> String {
    let skipped = id.chars().count().saturating_sub(SHORT);
    id.chars().skip(skipped).collect()
}

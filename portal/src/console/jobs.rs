//! Every client's jobs: work that outlasts the call that began it.

use askama::Template;
use axum::extract::State;
use turnpike_core::TenantId;
use turnpike_store::JobState;

use super::{in_words, names::Clients};
use crate::{
    Portal,
    http::{Answer, Frame, page},
    pages::{Tag, connections, shown},
};

/// How many are shown.
const MOST: i64 = 200;

struct Line {
    tenant: TenantId,
    client: String,
    title: String,
    tool: String,
    tag: Tag,
    age: String,
    /// When the upstream is asked next; nothing more is asked of a job that has ended.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct JobsPage {
    frame: Frame,
    lines: Vec<Line>,
    /// There are more, which are not shown.
    cut: bool,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let (clients, now) = (Clients::read(&portal).await?, portal.ambient.now());
    let rows = portal.store.system().list_all_jobs(now, MOST + 1).await?;
    let cut = rows.len() > MOST as usize;
    let lines = rows.into_iter().take(MOST as usize).map(|(tenant, job)| Line {
        tenant,
        client: clients.name(tenant),
        title: connections::title(&portal, &job.integration),
        tool: job.tool,
        tag: tag(job.state),
        age: in_words(now.since(job.created_at)),
        next: (job.state == JobState::Pending).then(|| shown(job.poll_at)),
    });
    page(JobsPage { frame, lines: lines.collect(), cut })
}

const fn tag(state: JobState) -> Tag {
    let text = state.as_str();
    match state {
        JobState::Pending => Tag { class: "warn", text },
        JobState::Done => Tag { class: "good", text },
        JobState::Failed => Tag { class: "bad", text },
        JobState::Cancelled => Tag { class: "", text },
    }
}

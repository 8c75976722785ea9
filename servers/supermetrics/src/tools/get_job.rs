//! `get_job`: goes on with a query that took longer than a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cost, Cursor, Cx, JobId, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    answers::Report,
    job::{Job, Progress},
};

pub(super) struct GetJob;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The `job_id` of a pending answer.
    job_id: JobId,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    /// The account is sealed in the job, which opens for the caller that it was made for; it is checked once more then.
    fn touches(&self) -> Touches {
        Touches::Connection
    }
}

impl ReadTool for GetJob {
    type Args = Args;
    type Answer = Report;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        ..ToolSpec::read(
            "get_job",
            "Get a job's result",
            "The rows of a query that answered `status: pending`, or `pending` once more while Supermetrics is still at \
             work. Wait poll_after_seconds between two calls. A result is kept for an hour.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Report, ToolError> {
        let job: Job = cx.open_job(&args.job_id)?;
        let offset: usize = args.cursor.as_ref().map(|cursor| cx.open_cursor(&args, cursor)).transpose()?.unwrap_or(0);
        let account = job.account(&cx)?;
        match job.clone().advance(&cx, offset, true).await? {
            Progress::Pending(job, after) => Ok(Report::pending(account, &job, args.job_id, after)),
            Progress::Done(done) => {
                let (job, rows, totals) = *done;
                let next = |offset: usize| cx.cursor(&args, &offset);
                Ok(Report::done(account, &job, cx.now(), offset, rows, totals, next))
            }
        }
    }
}

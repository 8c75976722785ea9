//! Letting go of a job. Nothing is sent and nothing is priced, so this leaves no row in the ledger; the checks are those of
//! `get_job`.

use rmcp::model::{CallToolResult, JsonObject};
use tracing::Instrument as _;
use turnpike_core::Outcome;
use turnpike_sdk::Prepared;
use turnpike_store::{JobRow, JobState};

use crate::{
    Gateway,
    pipeline::{Call, CallRequest, Refusal, Reply},
};

impl Gateway {
    /// Finds a job and leaves it as it is.
    pub(crate) async fn find_own_job(&self, request: CallRequest) -> Reply {
        let (mut call, arguments, span) = self.begin(request);
        let found = self.own_job(&mut call, arguments).instrument(span).await;
        self.told(call, found)
    }

    /// Nobody wants the job any more. One that has ended stays as it is.
    pub(crate) async fn cancel_job(&self, request: CallRequest) -> Reply {
        let (mut call, arguments, span) = self.begin(request);
        let cancelled = async {
            let job = self.own_job(&mut call, arguments).await?;
            let cancelled = self.jobs(&call).finish_job(job.id, JobState::Cancelled, None, self.ambient.now()).await;
            self.background.cancel(job.id);
            cancelled.map(|_| job).map_err(|error| {
                tracing::error!(%error, "a job cannot be cancelled");
                Refusal::internal()
            })
        };
        let cancelled = cancelled.instrument(span).await;
        self.told(call, cancelled)
    }

    async fn own_job(&self, call: &mut Call, arguments: JsonObject) -> Result<JobRow, Refusal> {
        self.check_tenant(call)?;
        self.check_tool(call)?;
        self.check_limits(call).await?;
        let Prepared::Job(id) = call.found.tool().prepare(arguments)? else { return Err(Refusal::internal()) };
        let connected = self.check_connection(call).await?;
        self.find_job(call, &connected, &id).await
    }

    fn told(&self, call: Call, result: Result<JobRow, Refusal>) -> Reply {
        let (outcome, class) = match &result {
            Ok(_) => (Outcome::Success, None),
            Err(refusal) => (refusal.outcome, Some(refusal.class)),
        };
        let (result, job) = match result {
            Ok(job) => (CallToolResult::success(vec![]), Some(job)),
            Err(refusal) => (self.refuse(&call, &refusal, None), None),
        };
        Reply { id: call.id, outcome, result, class, job, errand: None }
    }
}

//! A call, in order. Each step is a function with its reason; [`Gateway::call`] reads from top to bottom.

mod admission;
mod arguments;
mod checks;
mod cost;
mod errand;
mod estimate;
mod jobs;
mod kept;
mod page;
mod record;
mod refusal;
mod reply;
mod text;
mod work;
mod writes;

use std::{panic::AssertUnwindSafe, sync::Arc};

use errand::Deed;
pub(crate) use errand::Errand;
use futures_util::FutureExt as _;
pub(crate) use jobs::Background;
pub(crate) use kept::KeptAnswers;
pub use page::PageAnswer;
use refusal::Refusal;
pub use refusal::{Again, RefusalClass};
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument as _, Span};
use turnpike_core::{CallId, Outcome, Timestamp, arguments_digest};
use turnpike_metering::{Quota, Reservation};
use turnpike_sdk::Prepared;
use turnpike_store::JobRow;
use turnpike_telemetry::{CallSpan, Traceparent, call_span};
use turnpike_upstream::Lane;
pub use writes::APPROVAL_LIFE;
use writes::Reverted;

use crate::{Caller, Gateway, gateway::Connected, servers::Found};

/// What the protocol layer knows of a call.
pub(crate) struct CallRequest {
    pub(crate) found: Found,
    pub(crate) arguments: JsonObject,
    pub(crate) caller: Arc<Caller>,
    pub(crate) client: Option<String>,
    pub(crate) protocol_version: String,
    pub(crate) traceparent: Option<Traceparent>,
    pub(crate) cancelled: CancellationToken,
}

/// A call under way: what is known from its beginning, and what the steps find out.
struct Call {
    id: CallId,
    /// The tool that was called.
    called: Found,
    /// The tool whose work it is: the same, unless it is that of a job or of a change that is taken back.
    found: Found,
    caller: Arc<Caller>,
    client: Option<String>,
    /// The arguments without the confirmation, as JSON.
    arguments: String,
    /// Their digest: a preview and its confirmation have the same.
    digest: String,
    began: Timestamp,
    cancelled: CancellationToken,
    trace_id: Option<String>,
    connected: Option<Arc<Connected>>,
    lane: Option<Arc<Lane>>,
    /// The job that it asks for, or leaves behind.
    job: Option<JobRow>,
    /// Why the upstream gave no answer, when an earlier one is shown in its place.
    failure: Option<Refusal>,
    /// The change that it takes back.
    reverts: Option<Reverted>,
    /// What it may use up of the plan, until it is recorded.
    reservation: Option<Reservation>,
    /// How the plan's units stand, where that is known.
    quota: Option<Quota>,
}

/// What the protocol layer makes an answer of.
pub(crate) struct Reply {
    pub(crate) id: CallId,
    pub(crate) outcome: Outcome,
    pub(crate) result: CallToolResult,
    /// Class of the refusal, if it is one.
    pub(crate) class: Option<RefusalClass>,
    /// The job that was asked for or left behind.
    pub(crate) job: Option<JobRow>,
    /// What a person has to do before the same call can be answered.
    pub(crate) errand: Option<Errand>,
}

/// What a call came to.
struct Answer {
    outcome: Outcome,
    value: Value,
    /// When the value was made, if it was not just now.
    kept_since: Option<Timestamp>,
}

/// An answer that is fit to be shown, and its value as text.
struct Shown {
    answer: Answer,
    text: String,
}

impl Gateway {
    /// Runs one call. Whatever happens in it, the ledger knows before the answer leaves.
    pub(crate) async fn call(&self, request: CallRequest) -> Reply {
        let (mut call, arguments, span) = self.begin(request);
        async {
            // rmcp would leave a call whose handler panics without any answer.
            let ran = AssertUnwindSafe(async {
                let answer = self.run(&mut call, arguments).await?;
                self.shown(answer)
            });
            let result = ran.catch_unwind().await.unwrap_or_else(|_| Err(Refusal::panicked()));
            let recorded = self.record(&mut call, &result).await;
            self.keep(&call, &result, &recorded);
            let class = result.as_ref().err().map(|refusal| refusal.class);
            let answered = recorded.is_ok();
            let outcome = match &result {
                _ if !answered => Outcome::OurFault,
                Ok(shown) => shown.answer.outcome,
                Err(refusal) => refusal.outcome,
            };
            self.count(&call, outcome, class.filter(|_| answered));
            let errand = result.as_ref().err().filter(|_| answered);
            let errand = errand.and_then(|refusal| self.find_errand(&call, refusal));
            let result = self.reply(&call, result, recorded);
            Reply { id: call.id, outcome, result, class, job: call.job.filter(|_| answered), errand }
        }
        .instrument(span)
        .await
    }

    fn begin(&self, request: CallRequest) -> (Call, JsonObject, Span) {
        let CallRequest { found, arguments, caller, client, protocol_version, traceparent, cancelled } = request;
        let id: CallId = self.ambient.id();
        let span = call_span(&CallSpan {
            call_id: &id.to_string(),
            tenant_id: &caller.tenant.to_string(),
            tool: found.spec().name,
            server_version: found.manifest().server_version,
            protocol_version: &protocol_version,
            parent: traceparent.as_ref(),
        });
        let call = Call {
            id,
            digest: String::new(),
            arguments: unconfirmed(&arguments),
            began: self.ambient.now(),
            called: found.clone(),
            trace_id: Traceparent::of(&span).or(traceparent).map(|trace| trace.trace_id()),
            found,
            caller,
            client,
            cancelled,
            connected: None,
            lane: None,
            job: None,
            failure: None,
            reverts: None,
            reservation: None,
            quota: None,
        };
        (Call { digest: digest(&call), ..call }, arguments, span)
    }

    async fn run(&self, call: &mut Call, arguments: JsonObject) -> Result<Answer, Refusal> {
        self.check_tenant(call)?;
        self.check_tool(call)?;
        self.check_limits(call).await?;
        let place = self.check_concurrency(call)?;
        let prepared = call.found.tool().prepare(arguments)?;
        let connected = self.check_connection(call).await?;
        let prepared = match prepared {
            Prepared::Job(id) => Box::pin(self.take_up(call, &connected, &id)).await?,
            Prepared::Revert { change_id, preview_id } => {
                Box::pin(self.take_back(call, &connected, &change_id, preview_id)).await?
            }
            Prepared::Estimate { tool, arguments } => {
                return Box::pin(self.estimate(call, &connected, &tool, arguments)).await;
            }
            prepared => prepared,
        };
        self.check_plan(call, &connected).await?;
        self.check_accounts(call, &connected, &prepared.touches())?;
        if let Some(answer) = self.find_kept(call, &connected) {
            return Ok(answer);
        }
        match self.work(call, &connected, prepared, place).await {
            Err(failure) => self.after_failure(call, &connected, failure).await,
            answer => answer,
        }
    }

    /// A failure that says that a person is needed is known to the next call; one of the upstream's may be bridged.
    async fn after_failure(&self, call: &mut Call, connected: &Connected, failure: Refusal) -> Result<Answer, Refusal> {
        if failure.needs_person == Some(Deed::Connect) {
            self.forget_connection(call.caller.tenant, call.found.manifest().name).await;
        }
        Box::pin(self.find_stale(call, connected, failure)).await
    }
}

fn unconfirmed(arguments: &JsonObject) -> String {
    let mut arguments = arguments.clone();
    arguments.remove("preview_id");
    serde_json::to_string(&arguments).unwrap_or_default()
}

fn digest(call: &Call) -> String {
    arguments_digest(call.found.manifest().name, call.found.spec().name, &call.arguments).to_string()
}

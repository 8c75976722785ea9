//! A call, in order. Each step is a function with its reason; [`Gateway::call`] reads from top to bottom.

mod checks;
mod kept;
mod record;
mod refusal;
mod reply;
mod text;
mod work;
mod writes;

use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
pub(crate) use kept::KeptAnswers;
use refusal::Refusal;
use rmcp::model::{CallToolResult, JsonObject};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;
use turnpike_core::{CallId, Canonical, Outcome, Timestamp};
use turnpike_telemetry::{CallSpan, Traceparent, call_span};
use turnpike_upstream::Lane;

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
    found: Found,
    caller: Arc<Caller>,
    client: Option<String>,
    /// Digest of the arguments without the confirmation: a preview and its confirmation have the same.
    digest: String,
    began: Timestamp,
    cancelled: CancellationToken,
    trace_id: Option<String>,
    connected: Option<Arc<Connected>>,
    lane: Option<Arc<Lane>>,
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
    pub(crate) async fn call(&self, request: CallRequest) -> CallToolResult {
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
        let trace_id = Traceparent::of(&span).or(traceparent).map(|trace| trace.trace_id());
        let digest = digest(&found, &arguments);
        let (began, connected, lane) = (self.ambient.now(), None, None);
        let mut call = Call { id, found, caller, client, digest, began, cancelled, trace_id, connected, lane };
        async {
            // rmcp would leave a call whose handler panics without any answer.
            let ran = AssertUnwindSafe(async {
                let answer = self.run(&mut call, arguments).await?;
                self.shown(answer)
            });
            let result = ran.catch_unwind().await.unwrap_or_else(|_| Err(Refusal::panicked()));
            let recorded = self.record(&call, &result).await;
            self.keep(&call, &result, &recorded);
            self.reply(&call, result, recorded)
        }
        .instrument(span)
        .await
    }

    async fn run(&self, call: &mut Call, arguments: JsonObject) -> Result<Answer, Refusal> {
        self.check_tenant(call)?;
        self.check_scope(call)?;
        self.check_limits(call)?;
        let _place = self.check_concurrency(call)?;
        let prepared = call.found.tool().prepare(arguments)?;
        let connected = self.check_connection(call).await?;
        self.check_accounts(call, &connected, &prepared.touches())?;
        if let Some(answer) = self.find_kept(call, &connected) {
            return Ok(answer);
        }
        self.work(call, &connected, prepared).await
    }
}

fn digest(found: &Found, arguments: &JsonObject) -> String {
    let mut arguments = arguments.clone();
    arguments.remove("preview_id");
    let bytes = serde_json::to_vec(&arguments).unwrap_or_default();
    Canonical::of("arguments/1").field(found.manifest().name).field(found.spec().name).field(bytes).digest().to_string()
}

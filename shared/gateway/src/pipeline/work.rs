//! Running the tool, in its time.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;
use turnpike_core::{Fault, Outcome, Timestamp};
use turnpike_sdk::{BoxFuture, CallScope, Cx, Egress, Link, Prepared, Request, Response};
use turnpike_upstream::Lane;

use super::{Answer, Call, Refusal};
use crate::{Gateway, RefusalClass, gateway::Connected};

/// A read sees to its own time; when that is over, it may need a moment more to be kept.
const KEEPING: Duration = Duration::from_secs(5);

impl Gateway {
    /// Does the work, and gives it the outcome of the sandbox where it was the sandbox that did it.
    pub(super) async fn work(
        &self,
        call: &mut Call,
        connected: &Connected,
        prepared: Prepared,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, Refusal> {
        let waits = call.job.is_some() || !matches!(prepared, Prepared::Long { background: true, .. });
        let cx = self.context(call, connected, waits)?;
        // Changing something cannot be broken off half-way: a confirmed write runs to its end, whoever waits for it.
        let may_stop = !matches!(prepared, Prepared::Write { preview_id: Some(_), .. });
        let writes = matches!(prepared, Prepared::Write { .. });
        let time = call.found.spec().timeout + if writes { Duration::ZERO } else { KEEPING };
        let gone = call.cancelled.clone();
        let work = Box::pin(self.dispatch(call, cx, prepared, place));
        let result = if may_stop {
            tokio::select! {
                biased;
                () = gone.cancelled() => return Err(cancelled()),
                result = tokio::time::timeout(time, work) => result.unwrap_or_else(|_| Err(timed_out(call))),
            }
        } else {
            work.await
        };
        let failed_upstream = result.as_ref().is_err_and(|refusal| refusal.class == RefusalClass::Upstream);
        if failed_upstream && let Some(at) = call.lane.as_ref().and_then(|lane| lane.keys_away_until()) {
            return Err(no_keys(at));
        }
        if failed_upstream && call.lane.as_ref().is_some_and(|lane| lane.own_fault().is_some()) {
            return Err(Refusal::internal());
        }
        match result {
            Ok(answer) if connected.connection.sandbox && answer.outcome != Outcome::Replayed => {
                Ok(Answer { outcome: Outcome::Sandbox, ..answer })
            }
            Err(refusal) if connected.connection.sandbox && refusal.outcome == Outcome::Pending => {
                Err(Refusal { outcome: Outcome::Sandbox, ..refusal })
            }
            result => result,
        }
    }

    fn context(&self, call: &mut Call, connected: &Connected, waits: bool) -> Result<Cx, Refusal> {
        let deadline = call.began.plus(call.found.spec().timeout);
        let lane = self.upstream.lane(connected.connection.clone(), deadline).map(Arc::new).ok_or_else(|| {
            tracing::error!(connection_id = %connected.connection.id, "its integration, or the sandbox it needs, is not served here");
            Refusal::internal()
        })?;
        call.lane = Some(lane.clone());
        let version = self.upstream.find_route(call.found.manifest().name).map(|route| route.version.clone());
        Ok(Cx::new(CallScope {
            now: call.began,
            tool: call.found.spec().name,
            principal: call.caller.principal.clone(),
            connection: connected.connection.clone(),
            version: version.unwrap_or_default(),
            egress: if waits { lane } else { Arc::new(WithoutTime(lane)) },
            handles: self.handles.clone(),
        }))
    }

    async fn dispatch(
        &self,
        call: &mut Call,
        cx: Cx,
        prepared: Prepared,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, Refusal> {
        match prepared {
            prepared if call.job.is_some() => Box::pin(self.go_on(call, cx, prepared, place)).await,
            Prepared::Read(read) => self.read(call, cx, read, place).await,
            Prepared::Long { work, background } => Box::pin(self.long(call, &cx, &*work, background)).await,
            Prepared::Write { steps, preview_id: None } => Box::pin(self.preview(call, &cx, &*steps)).await,
            Prepared::Write { steps, preview_id: Some(id) } => Box::pin(self.confirm(call, &cx, &*steps, &id)).await,
            // Taken up before they come here.
            Prepared::Job(_) | Prepared::Revert { .. } | Prepared::Estimate { .. } => Err(Refusal::internal()),
        }
    }
}

/// The way out of work that nobody waits for: it has no time, and sends as any other.
struct WithoutTime(Arc<Lane>);

impl Egress for WithoutTime {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>> {
        self.0.send(request)
    }

    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>> {
        self.0.download(link)
    }

    fn warn(&self, words: &str) {
        self.0.warn(words);
    }
}

fn cancelled() -> Refusal {
    Refusal::new(Outcome::CallerFault, RefusalClass::Cancelled, "the client went away before the answer was there")
}

pub(super) fn timed_out(call: &Call) -> Refusal {
    let seconds = call.found.spec().timeout.as_secs();
    let waiting_outside = call.lane.as_ref().is_some_and(|lane| lane.in_flight());
    let outcome = if waiting_outside { Outcome::UpstreamFault } else { Outcome::OurFault };
    Refusal::new(outcome, RefusalClass::Timeout, format!("no answer within {seconds} seconds"))
        .next("Ask for less, for example fewer days or rows, or try again later.")
}

/// The credential is there and whole, and cannot be opened: a matter of the operator's key service.
fn no_keys(retry_at: Timestamp) -> Refusal {
    let message = "the credential cannot be opened now: the vault's key service cannot be reached. The connection is in order, and \
                   nothing is charged";
    Refusal::new(Outcome::OurFault, RefusalClass::VaultUnreachable, message)
        .retry_at(retry_at)
        .next("Wait until `retry_at`, then send the same call again.")
}

//! Running the tool, in its time.

use std::sync::Arc;

use turnpike_core::Outcome;
use turnpike_sdk::{CallScope, Cx, Prepared, PreparedLong, Progress};

use super::{Answer, Call, Refusal};
use crate::{Gateway, gateway::Connected};

impl Gateway {
    /// Does the work, and gives it the outcome of the sandbox where it was the sandbox that did it.
    pub(super) async fn work(
        &self,
        call: &mut Call,
        connected: &Connected,
        prepared: Prepared,
    ) -> Result<Answer, Refusal> {
        let cx = self.context(call, connected)?;
        // Changing something cannot be broken off half-way: a confirmed write runs to its end, whoever waits for it.
        let may_stop = !matches!(prepared, Prepared::Write { preview_id: Some(_), .. });
        let work = Box::pin(self.dispatch(call, cx, prepared));
        let result = if may_stop {
            tokio::select! {
                biased;
                () = call.cancelled.cancelled() => return Err(cancelled()),
                result = tokio::time::timeout(call.found.spec().timeout, work) => result.map_err(|_| timed_out(call))?,
            }
        } else {
            work.await
        };
        let failed_upstream = result.as_ref().is_err_and(|refusal| refusal.class == "upstream");
        if failed_upstream && call.lane.as_ref().is_some_and(|lane| lane.own_fault().is_some()) {
            return Err(Refusal::internal());
        }
        let mut answer = result?;
        if connected.connection.sandbox && answer.outcome != Outcome::Replayed {
            answer.outcome = Outcome::Sandbox;
        }
        Ok(answer)
    }

    fn context(&self, call: &mut Call, connected: &Connected) -> Result<Cx, Refusal> {
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
            egress: lane,
            handles: self.handles.clone(),
        }))
    }

    async fn dispatch(&self, call: &Call, cx: Cx, prepared: Prepared) -> Result<Answer, Refusal> {
        match prepared {
            Prepared::Read(read) => {
                let value = read.call(cx).await?;
                Ok(Answer { outcome: Outcome::Success, value, kept_since: None })
            }
            Prepared::Long { work, background } => Box::pin(self.long(call, cx, &*work, background)).await,
            Prepared::Write { steps, preview_id: None } => Box::pin(self.preview(call, &cx, &*steps)).await,
            Prepared::Write { steps, preview_id: Some(id) } => Box::pin(self.confirm(call, &cx, &*steps, &id)).await,
        }
    }
}

impl Gateway {
    /// Begins, and looks again until it is done.
    async fn long(&self, call: &Call, cx: Cx, work: &dyn PreparedLong, _: bool) -> Result<Answer, Refusal> {
        let mut progress = work.begin(&cx).await?;
        loop {
            match progress {
                Progress::Done(mut value) => {
                    value["status"] = "done".into();
                    return Ok(Answer { outcome: Outcome::Success, value, kept_since: None });
                }
                Progress::Pending { poll_after, .. } if cx.time_left() < poll_after => return Err(timed_out(call)),
                Progress::Pending { job, poll_after } => {
                    cx.pause(poll_after).await;
                    progress = work.poll(&job, &cx).await?;
                }
            }
        }
    }
}

fn cancelled() -> Refusal {
    Refusal::new(Outcome::CallerFault, "cancelled", "the client went away before the answer was there")
}

fn timed_out(call: &Call) -> Refusal {
    let seconds = call.found.spec().timeout.as_secs();
    let waiting_outside = call.lane.as_ref().is_some_and(|lane| lane.in_flight());
    let outcome = if waiting_outside { Outcome::UpstreamFault } else { Outcome::OurFault };
    Refusal::new(outcome, "timeout", format!("no answer within {seconds} seconds"))
        .next("Ask for less, for example fewer days or rows, or try again later.")
}

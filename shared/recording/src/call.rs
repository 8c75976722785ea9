//! One call of a tool that reads, from its arguments to its end.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};
use turnpike_core::{Ambient, Entropy, Fault, Handles, ManualClock, Timestamp};
use turnpike_sdk::{Account, CallScope, Connection, Cx, Egress, Integration, Prepared, Progress, ToolError, Touches};

/// How long a recorded call may take; nobody waits for it but the operator. Tools may reckon with it, so that it is the same
/// when a recording is played.
pub const PATIENCE: Duration = Duration::from_secs(1800);

/// What a call runs with, besides its tool and arguments.
pub(crate) struct Stage {
    pub(crate) now: Timestamp,
    pub(crate) version: String,
    pub(crate) connection: Arc<Connection>,
    pub(crate) egress: Arc<dyn Egress>,
    pub(crate) handles: Handles,
}

impl Stage {
    /// The stage of a recording: nothing on it depends on where or when it is played, cursors included.
    pub(crate) fn of_recording(
        integration: &Integration,
        now: Timestamp,
        accounts: Vec<Account>,
        egress: Arc<dyn Egress>,
    ) -> Self {
        let ambient = Ambient::new(Arc::new(ManualClock::at(now)), Entropy::seeded(1));
        let connection = Connection {
            id: ambient.id(),
            tenant: ambient.id(),
            integration: integration.manifest.name.into(),
            sandbox: false,
            accounts,
        };
        Self {
            now,
            version: integration.manifest.version.version.into(),
            connection: Arc::new(connection),
            egress,
            handles: Handles::new(&ambient.bytes(), ambient.clone()),
        }
    }
}

/// Runs a tool that only reads; long work is waited for.
pub(crate) async fn call(
    integration: &Integration,
    tool: &str,
    arguments: Map<String, Value>,
    stage: Stage,
) -> Result<Value, ToolError> {
    let tool = integration.find_tool(tool).ok_or_else(|| refused("the integration has no such tool"))?;
    let prepared = tool.prepare(arguments)?;
    if let Touches::Accounts(ids) = prepared.touches() {
        let listed = |id| stage.connection.accounts.iter().any(|account| account.id == id);
        if !ids.into_iter().all(listed) {
            return Err(refused("the arguments name an account that the connection may not use"));
        }
    }
    let cx = Cx::new(CallScope {
        now: stage.now,
        tool: tool.spec.name,
        principal: "recording".into(),
        connection: stage.connection,
        version: stage.version,
        egress: stage.egress,
        handles: stage.handles,
    });
    match prepared {
        Prepared::Read(call) => call.call(cx).await,
        Prepared::Long { work, .. } => {
            let mut progress = work.begin(&cx).await?;
            loop {
                match progress {
                    Progress::Done(mut answer) => {
                        answer["status"] = "done".into();
                        break Ok(answer);
                    }
                    Progress::Pending { poll_after, .. } if cx.time_left() <= poll_after => {
                        break Err(refused("the upstream was still at work after half an hour"));
                    }
                    Progress::Pending { job, poll_after } => {
                        cx.pause(poll_after).await;
                        progress = work.poll(&job, &cx).await?;
                    }
                }
            }
        }
        Prepared::Write { .. } | Prepared::Job(_) | Prepared::Revert { .. } | Prepared::Estimate { .. } => {
            Err(refused("only tools of the integration that read are recorded"))
        }
    }
}

fn refused(reason: &str) -> ToolError {
    ToolError::Refused {
        reason: reason.into(),
        next_step: "`turnpike record --help` says what can be recorded.".into(),
    }
}

/// The failure that a call met at the vendor, if that is what ended it.
pub(crate) fn fault_of(error: &ToolError) -> Option<&Fault> {
    match error {
        ToolError::Upstream(fault) => Some(fault),
        ToolError::Argument(_) | ToolError::Refused { .. } | ToolError::Bug(_) => None,
    }
}

//! Jobs as the tasks of the extension `io.modelcontextprotocol/tasks` (SEP-2663), for clients that declare it with a request.
//!
//! A task is a job under another name: the same row, the same checks, the same price, and `get_job` works for it too.

use std::sync::Arc;

use rmcp::{
    ErrorData, RoleServer,
    model::{
        CallToolResult, DetailedTask, ErrorCode, GetTaskResult, JsonObject, MetaObject, Task, TaskPayload, TaskStatus,
    },
    service::RequestContext,
};
use serde_json::{Value, json};
use turnpike_core::{JobId, Timestamp};
use turnpike_store::{JobRow, JobState};

use super::McpHost;
use crate::{
    Caller, Face,
    pipeline::{CallRequest, RefusalClass, Reply},
};

/// Refused by us: outside the ranges that JSON-RPC and MCP keep for themselves.
const REFUSED: ErrorCode = ErrorCode(-31_000);

impl McpHost {
    /// `get_job` of the server that the task belongs to.
    pub(super) async fn ask_for_task(
        &self,
        id: String,
        context: &RequestContext<RoleServer>,
    ) -> Result<CallRequest, ErrorData> {
        let caller = self.caller(context)?;
        let integration = match &self.face {
            Face::One(name) => Some(*name),
            Face::Combined => self.integration_of(&id, &caller).await?,
        };
        let found = integration.and_then(|name| self.gateway.servers.find(&Face::One(name), "get_job"));
        let found = found.ok_or_else(unknown_task)?;
        Ok(self.call_request(found, JsonObject::from_iter([("job_id".to_owned(), id.into())]), caller, context))
    }

    /// The combined endpoint learns from the job itself whose it is.
    async fn integration_of(&self, id: &str, caller: &Arc<Caller>) -> Result<Option<&'static str>, ErrorData> {
        let Ok(id) = id.parse::<JobId>() else { return Ok(None) };
        let job = self.gateway.store.tenant(caller.tenant).find_job(id, self.gateway.ambient.now()).await;
        let job = job.map_err(|error| {
            tracing::error!(tenant_id = %caller.tenant, %error, "a task cannot be looked up");
            ErrorData::internal_error("tasks cannot be looked up at the moment; try again", None)
        })?;
        let integration = job.and_then(|job| self.gateway.servers.find_integration(&job.integration));
        Ok(integration.map(|integration| integration.manifest.name))
    }

    /// What `tasks/get` answers.
    pub(super) fn task_result(&self, reply: Reply) -> Result<GetTaskResult, ErrorData> {
        let meta = reply.result.meta.clone();
        let Some(job) = &reply.job else { return Err(refused(&reply)) };
        let mut task = task(job, self.gateway.ambient.now());
        let payload = match (job.state, reply.class) {
            (JobState::Pending, class) => {
                if class.is_some() {
                    task.status_message = Some(words(&reply.result));
                }
                TaskPayload::Working
            }
            (JobState::Cancelled, _) => TaskPayload::Cancelled,
            (JobState::Failed, Some(RefusalClass::Internal)) => {
                let error = json!({ "code": ErrorCode::INTERNAL_ERROR, "message": words(&reply.result) });
                TaskPayload::Failed { error: object(error) }
            }
            (JobState::Done | JobState::Failed, _) => {
                let result = serde_json::to_value(reply.result);
                TaskPayload::Completed { result: object(result.unwrap_or_default()) }
            }
        };
        let mut result = GetTaskResult::new(DetailedTask::new(task, payload));
        result.meta = Some(self.stamped(meta));
        Ok(result)
    }

    fn stamped(&self, meta: Option<MetaObject>) -> MetaObject {
        let mut meta = meta.unwrap_or_default();
        meta.extend(self.stamp());
        meta
    }
}

/// A job as a task that goes on.
pub(super) fn task(job: &JobRow, now: Timestamp) -> Task {
    let millis = |from: Timestamp, to: Timestamp| u64::try_from(to.since(from).as_millis()).unwrap_or(u64::MAX);
    Task::new(job.id.to_string(), TaskStatus::Working, job.created_at.to_string(), job.updated_at.to_string())
        .with_ttl_ms(millis(job.created_at, job.expires_at))
        .with_poll_interval_ms(millis(now, job.poll_at).max(1000))
}

/// Whether something can be said of the task at all.
pub(super) fn found(reply: &Reply) -> Result<(), ErrorData> {
    if reply.job.is_some() { Ok(()) } else { Err(refused(reply)) }
}

fn refused(reply: &Reply) -> ErrorData {
    match reply.class {
        Some(RefusalClass::UnknownJob) => unknown_task(),
        _ => {
            let details = reply.result.meta.as_ref().and_then(|meta| meta.get("error").cloned());
            ErrorData::new(REFUSED, words(&reply.result), details)
        }
    }
}

fn unknown_task() -> ErrorData {
    ErrorData::invalid_params("there is no such task of this caller here, or its time is over", None)
}

fn words(result: &CallToolResult) -> String {
    let text = result.content.first().and_then(|content| content.as_text());
    text.map(|text| text.text.clone()).unwrap_or_default()
}

fn object(value: Value) -> JsonObject {
    match value {
        Value::Object(object) => object,
        _ => JsonObject::new(),
    }
}

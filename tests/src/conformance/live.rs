//! Tools that speak before they answer: progress and log messages.
#![expect(deprecated, reason = "MCP logging is deprecated since 2026-07-28, and the older revision still tests it")]

use std::time::Duration;

use rmcp::model::{
    CallToolResult, ContentBlock, ErrorData, LoggingLevel, LoggingMessageNotificationParam, ProgressNotificationParam,
    ProtocolVersion, SetLevelRequestMethod,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::Value;

/// The suites ask for pauses, so that a client which only reads the last message of a stream is found out.
const PAUSE: Duration = Duration::from_millis(50);

/// Three progress notifications, if the caller gave a token.
pub(super) async fn progress(context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    for (step, done) in [0.0, 50.0, 100.0].into_iter().enumerate() {
        if step > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        if let Some(token) = context.meta.get_progress_token() {
            let progress = ProgressNotificationParam::new(token, done).with_total(100.0);
            context.peer.notify_progress(progress).await.map_err(gone)?;
        }
    }
    Ok(CallToolResult::success(vec![ContentBlock::text("Progress reported up to 100 of 100.")]))
}

/// Three log messages, if the caller may have them.
pub(super) async fn log(context: &RequestContext<RoleServer>) -> Result<CallToolResult, ErrorData> {
    let messages = ["Tool execution started", "Tool processing data", "Tool execution completed"];
    for (step, message) in messages.into_iter().enumerate() {
        if step > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        if wants_logs(context) {
            let message = LoggingMessageNotificationParam::new(LoggingLevel::Info, Value::from(message));
            context.peer.notify_logging_message(message).await.map_err(gone)?;
        }
    }
    Ok(CallToolResult::success(vec![ContentBlock::text("Logging finished.")]))
}

/// `logging/setLevel` left the protocol in 2026-07-28. Without a session there is nowhere to keep the level, so older
/// clients get every message.
pub(super) fn accept_level(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    if is_modern(context) { Err(ErrorData::method_not_found::<SetLevelRequestMethod>()) } else { Ok(()) }
}

/// A modern request says in its `_meta` that it wants logs; silence means none.
fn wants_logs(context: &RequestContext<RoleServer>) -> bool {
    !is_modern(context) || context.meta.log_level().is_some()
}

fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}

fn gone(error: impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

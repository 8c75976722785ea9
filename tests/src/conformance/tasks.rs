//! The tools that become tasks. They are the product's own: each is long work of the probe, behind the whole pipeline, kept in
//! the same table as every job.

use rmcp::{
    ErrorData, RoleServer, ServerHandler,
    model::{CallToolRequestParams, CallToolResponse, ClientCapabilities, JsonObject},
    service::RequestContext,
};
use serde_json::{Value, json};
use turnpike_gateway::McpHost;

use crate::probe;

/// After the others: the tool that is listed first must answer whoever calls it.
pub(super) const TOOLS: &[(&str, &str)] = &[
    ("failing_job", "Fails after a while, for clients that take tasks"),
    ("greet", "Greets"),
    ("protocol_error_job", "Breaks after a while"),
    ("slow_compute", "Takes so many seconds"),
];

/// Calls the probe's long tool in the place of the one that the suites name.
pub(super) async fn call(
    host: &McpHost,
    request: &CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let declared = context.client_capabilities().is_some_and(|client| client.supports_tasks());
    let given = |name: &str| request.arguments.as_ref().and_then(|arguments| arguments.get(name)?.as_u64());
    let (text, background) = match request.name.as_ref() {
        "failing_job" if !declared => {
            return Err(ErrorData::missing_required_client_capability(
                ClientCapabilities::builder().enable_tasks().build(),
            ));
        }
        "failing_job" => ("refuse".to_owned(), true),
        "protocol_error_job" => ("bug".to_owned(), true),
        // The suites look more often than the probe allows, which is about twice a second.
        _ => {
            let looks = given("seconds").unwrap_or(0) * 2;
            (looks.to_string(), looks > 0)
        }
    };
    let arguments = json!({ "account": probe::ACCOUNT, "text": text, "background": background });
    let arguments: JsonObject = arguments.as_object().cloned().unwrap_or_default();
    host.call_tool(CallToolRequestParams::new("dig").with_arguments(arguments), context).await
}

/// Whom to greet.
pub(super) fn greeting(arguments: Option<&JsonObject>) -> String {
    let name = arguments.and_then(|arguments| arguments.get("name")).and_then(Value::as_str).unwrap_or("nobody");
    format!("Hello, {name}!")
}

pub(super) fn schema(tool: &str) -> Option<Value> {
    let properties = match tool {
        "greet" => json!({ "name": { "type": "string" } }),
        "slow_compute" => json!({ "seconds": { "type": "integer" }, "label": { "type": "string" } }),
        _ => return None,
    };
    Some(json!({ "type": "object", "properties": properties, "additionalProperties": false }))
}

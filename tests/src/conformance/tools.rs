//! The tools that the suites call, except those of several rounds.

use rmcp::model::{CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, JsonObject, Tool};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::changes::Change;
use super::{Fixture, live, rounds, samples, tasks};

/// In the order of the names: the list must be the same each time, and one scenario calls its first tool with `{}`.
const TOOLS: &[(&str, &str)] = &[
    ("json_schema_2020_12_tool", "Has an input schema that uses JSON Schema 2020-12"),
    ("test_audio_content", "Returns audio"),
    ("test_custom_header", "Has an argument that is repeated in an HTTP header"),
    ("test_embedded_resource", "Returns an embedded resource"),
    ("test_error_handling", "Always fails"),
    ("test_image_content", "Returns an image"),
    ("test_input_required_result_capabilities", "Asks only what the client can answer"),
    ("test_input_required_result_elicitation", "Asks for a name"),
    ("test_input_required_result_list_roots", "Asks for the client's roots"),
    ("test_input_required_result_multi_round", "Asks twice"),
    ("test_input_required_result_multiple_inputs", "Asks three things at once"),
    ("test_input_required_result_request_state", "Asks for a confirmation and keeps state"),
    ("test_input_required_result_sampling", "Asks the client's model"),
    ("test_input_required_result_tampered_state", "Refuses state that was altered"),
    ("test_logging_tool", "Logs if the request wants logs"),
    ("test_missing_capability", "Needs a client that can sample"),
    ("test_multiple_content_types", "Returns text, an image and a resource"),
    ("test_simple_text", "Returns a sentence"),
    ("test_streaming_elicitation", "Asks for a name without sending a request on the stream"),
    ("test_tool_with_logging", "Logs three messages"),
    ("test_tool_with_progress", "Reports progress three times"),
    ("test_trigger_prompt_change", "Announces a change of the prompt list"),
    ("test_trigger_tool_change", "Announces a change of the tool list"),
];

pub(super) fn list() -> Vec<Tool> {
    TOOLS
        .iter()
        .chain(tasks::TOOLS)
        .map(|(name, description)| Tool::new(*name, *description, input_schema(name)))
        .collect()
}

pub(super) fn find(name: &str) -> Option<Tool> {
    let (name, description) = TOOLS.iter().chain(tasks::TOOLS).find(|(known, _)| *known == name)?;
    Some(Tool::new(*name, *description, input_schema(name)))
}

pub(super) async fn call(
    fixture: &Fixture,
    request: CallToolRequestParams,
    context: RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    if request.name.starts_with(rounds::PREFIX) {
        return rounds::call(&fixture.states, &request, &context);
    }
    let result = match request.name.as_ref() {
        "json_schema_2020_12_tool" | "test_custom_header" => says(&echo(request.arguments.as_ref())),
        "greet" => says(&tasks::greeting(request.arguments.as_ref())),
        name if tasks::TOOLS.iter().any(|(known, _)| *known == name) => {
            return tasks::call(&fixture.host, &request, context).await;
        }
        "test_simple_text" => says("This is a simple text response for testing."),
        "test_image_content" => CallToolResult::success(vec![samples::image()]),
        "test_audio_content" => CallToolResult::success(vec![samples::audio()]),
        "test_embedded_resource" => CallToolResult::success(vec![samples::embedded(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )]),
        "test_multiple_content_types" => mixed(),
        "test_error_handling" => {
            let text = "This tool intentionally returns an error for testing";
            CallToolResult::error(vec![ContentBlock::text(text)])
        }
        "test_tool_with_progress" => live::progress(&context).await?,
        "test_tool_with_logging" | "test_logging_tool" => live::log(&context).await?,
        "test_missing_capability" => {
            let questions = json!({ "greeting": rounds::sample("Generate a greeting", 50) });
            return Ok(rounds::ask(&context, questions, None)?.into());
        }
        "test_streaming_elicitation" => {
            let questions = json!({ "user_name": rounds::name_question() });
            return Ok(rounds::ask(&context, questions, None)?.into());
        }
        // The lists stay as they are: other scenarios compare them while these run.
        "test_trigger_tool_change" => {
            fixture.changes.announce(Change::Tools);
            says("Announced a change of the tool list.")
        }
        "test_trigger_prompt_change" => {
            fixture.changes.announce(Change::Prompts);
            says("Announced a change of the prompt list.")
        }
        other => return Err(ErrorData::invalid_params(format!("Unknown tool: {other}"), None)),
    };
    Ok(result.into())
}

fn mixed() -> CallToolResult {
    let data = json!({ "test": "data", "value": 123 }).to_string();
    CallToolResult::success(vec![
        ContentBlock::text("Multiple content types test:"),
        samples::image(),
        samples::embedded("test://mixed-content-resource", "application/json", &data),
    ])
}

fn says(text: &str) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text(text)])
}

fn echo(arguments: Option<&JsonObject>) -> String {
    Value::Object(arguments.cloned().unwrap_or_default()).to_string()
}

fn input_schema(name: &str) -> JsonObject {
    let schema = match name {
        "json_schema_2020_12_tool" => full_vocabulary(),
        "test_custom_header" => json!({
            "type": "object",
            "properties": { "region": { "type": "string", "x-mcp-header": "Region" } },
        }),
        _ => tasks::schema(name)
            .unwrap_or_else(|| json!({ "type": "object", "properties": {}, "additionalProperties": false })),
    };
    // Each of them is an object, and an empty one would fail the suites.
    if let Value::Object(schema) = schema { schema } else { JsonObject::new() }
}

/// Keywords that servers were seen to drop from the list.
fn full_vocabulary() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {
            "address": {
                "$anchor": "addressDef",
                "type": "object",
                "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
            },
        },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }, { "maxProperties": 9 }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": {},
        "additionalProperties": false,
    })
}

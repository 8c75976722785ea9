//! The prompts that the suites ask for.

use rmcp::model::{
    ErrorData, GetPromptRequestParams, GetPromptResponse, GetPromptResult, JsonObject, Prompt, PromptArgument,
    PromptMessage, Role,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

use super::{rounds, samples};

pub(super) fn list() -> Vec<Prompt> {
    vec![
        prompt("test_input_required_result_prompt", "Asks the client for context first", &[]),
        prompt("test_prompt_with_arguments", "Repeats its two arguments", &["arg1", "arg2"]),
        prompt("test_prompt_with_embedded_resource", "Embeds a resource", &["resourceUri"]),
        prompt("test_prompt_with_image", "Carries an image", &[]),
        prompt("test_simple_prompt", "One sentence", &[]),
    ]
}

pub(super) fn get(
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let arguments = request.arguments.as_ref();
    let messages = match request.name.as_str() {
        "test_simple_prompt" => vec![says("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (text(arguments, "arg1")?, text(arguments, "arg2")?);
            vec![says(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let uri = text(arguments, "resourceUri")?;
            let resource = samples::embedded(uri, "text/plain", "Embedded resource content for testing.");
            vec![PromptMessage::new(Role::User, resource), says("Please process the embedded resource above.")]
        }
        "test_prompt_with_image" => {
            vec![PromptMessage::new(Role::User, samples::image()), says("Please analyze the image above.")]
        }
        "test_input_required_result_prompt" => {
            let Some(answer) = rounds::accepted(request.input_responses.as_ref(), "user_context", "context") else {
                let question = rounds::elicit("What context should the prompt use?", "context", "string");
                return Ok(rounds::ask(context, json!({ "user_context": question }), None)?.into());
            };
            vec![says(&format!("Use this context: {answer}"))]
        }
        other => return Err(ErrorData::invalid_params(format!("Unknown prompt: {other}"), None)),
    };
    Ok(GetPromptResult::new(messages).into())
}

/// Candidates for any argument, as far as they continue what was typed.
pub(super) fn complete(typed: &str) -> Vec<String> {
    ["paris", "park", "party"].into_iter().filter(|word| word.starts_with(typed)).map(str::to_owned).collect()
}

fn prompt(name: &str, description: &str, required: &[&str]) -> Prompt {
    let arguments = required
        .iter()
        .map(|argument| PromptArgument::new(*argument).with_description("A test argument").with_required(true))
        .collect();
    Prompt::new(name, Some(description), Some(arguments))
}

fn says(text: &str) -> PromptMessage {
    PromptMessage::new_text(Role::User, text)
}

fn text<'a>(arguments: Option<&'a JsonObject>, name: &str) -> Result<&'a str, ErrorData> {
    arguments
        .and_then(|arguments| arguments.get(name))
        .and_then(Value::as_str)
        .ok_or_else(|| ErrorData::invalid_params(format!("Missing prompt argument: {name}"), None))
}

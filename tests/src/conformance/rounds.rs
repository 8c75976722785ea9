//! Tools that need something from the client before they can answer.
//!
//! Nothing is remembered between rounds. The answers come back in `inputResponses`; where a tool must know how far it
//! got, it seals that into `requestState`, bound to its own name, and refuses a state that was touched on the way.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ContentBlock, ErrorData, InputRequest,
    InputRequests, InputRequiredResult, InputResponses, RequestStateCodec, SealOptions,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};

/// All tools of this module begin like this.
pub(super) const PREFIX: &str = "test_input_required_result_";

/// A person has to answer, so minutes; a leaked state must not live for days.
const STATE_LIFE: Duration = Duration::from_secs(600);

type Round = Result<CallToolResponse, ErrorData>;

pub(super) fn call(
    states: &RequestStateCodec,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Round {
    let answers = request.input_responses.as_ref();
    let state = State { codec: states, tool: &request.name, echoed: request.request_state.as_deref() };
    match request.name.strip_prefix(PREFIX) {
        Some("elicitation") => match accepted(answers, "user_name", "name").and_then(Value::as_str) {
            Some(name) => done(format!("Hello, {name}!")),
            None => again(context, json!({ "user_name": name_question() }), None),
        },
        Some("sampling") => match sampled(answers, "capital_question") {
            Some(text) => done(text.to_owned()),
            None => {
                let question = sample("What is the capital of France?", 100);
                again(context, json!({ "capital_question": question }), None)
            }
        },
        Some("list_roots") => match roots(answers, "client_roots") {
            Some(roots) => done(format!("The client has these roots: {roots}")),
            None => again(context, json!({ "client_roots": list_roots() }), None),
        },
        Some("request_state" | "tampered_state") => confirm(&state, answers, context),
        Some("multiple_inputs") => multiple(&state, answers, context),
        Some("multi_round") => steps(&state, answers, context),
        Some("capabilities") => offered(context),
        _ => Err(ErrorData::invalid_params(format!("Unknown tool: {}", request.name), None)),
    }
}

/// A yes that counts only together with the state of the first round.
fn confirm(state: &State<'_>, answers: Option<&InputResponses>, context: &RequestContext<RoleServer>) -> Round {
    let step = state.step()?;
    if step == 1 && accepted(answers, "confirm", "ok").is_some() {
        return done("state-ok".to_owned());
    }
    again(context, json!({ "confirm": elicit("Please confirm", "ok", "boolean") }), Some(state.seal(1)))
}

/// Three kinds of question in one round; all answers are needed.
fn multiple(state: &State<'_>, answers: Option<&InputResponses>, context: &RequestContext<RoleServer>) -> Round {
    let step = state.step()?;
    let name = accepted(answers, "user_name", "name").and_then(Value::as_str);
    let greeting = sampled(answers, "greeting");
    let roots = roots(answers, "client_roots");
    if let (1, Some(name), Some(greeting), Some(roots)) = (step, name, greeting, roots) {
        return done(format!("{greeting} {name}, your roots are {roots}"));
    }
    let questions = json!({
        "user_name": name_question(),
        "greeting": sample("Generate a greeting", 50),
        "client_roots": list_roots(),
    });
    again(context, questions, Some(state.seal(1)))
}

/// Two rounds of questions, each with its own state.
fn steps(state: &State<'_>, answers: Option<&InputResponses>, context: &RequestContext<RoleServer>) -> Round {
    let step = state.step()?;
    if step == 2
        && let Some(color) = accepted(answers, "step2", "color")
    {
        return done(format!("Favorite color: {color}"));
    }
    if step == 2 || (step == 1 && accepted(answers, "step1", "name").is_some()) {
        let question = elicit("Step 2: What is your favorite color?", "color", "string");
        return again(context, json!({ "step2": question }), Some(state.seal(2)));
    }
    let question = elicit("Step 1: What is your name?", "name", "string");
    again(context, json!({ "step1": question }), Some(state.seal(1)))
}

/// Asks whatever this client can answer.
fn offered(context: &RequestContext<RoleServer>) -> Round {
    let declared = context.client_capabilities().unwrap_or_default();
    let mut questions = serde_json::Map::new();
    if declared.elicitation.is_some() {
        questions.insert("user_name".to_owned(), name_question());
    }
    if declared.sampling.is_some() {
        questions.insert("greeting".to_owned(), sample("Generate a greeting", 50));
    }
    again(context, Value::Object(questions), None)
}

/// The questions as a result, or -32021 if the client did not declare that it can answer one of them.
pub(super) fn ask(
    context: &RequestContext<RoleServer>,
    questions: Value,
    state: Option<String>,
) -> Result<InputRequiredResult, ErrorData> {
    let questions: InputRequests =
        serde_json::from_value(questions).map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let declared = context.client_capabilities().unwrap_or_default();
    for question in questions.values() {
        require(&declared, question)?;
    }
    Ok(InputRequiredResult::new(Some(questions), state))
}

#[expect(deprecated, reason = "roots and sampling are deprecated since 2026-07-28 and still in the suite")]
fn require(declared: &ClientCapabilities, question: &InputRequest) -> Result<(), ErrorData> {
    let needed = match question {
        InputRequest::Elicitation(_) if declared.elicitation.is_none() => {
            ClientCapabilities::builder().enable_elicitation().build()
        }
        InputRequest::CreateMessage(_) if declared.sampling.is_none() => {
            ClientCapabilities::builder().enable_sampling().build()
        }
        InputRequest::ListRoots(_) if declared.roots.is_none() => ClientCapabilities::builder().enable_roots().build(),
        _ => return Ok(()),
    };
    Err(ErrorData::missing_required_client_capability(needed))
}

/// What was entered into one field of a form, if the form was accepted.
pub(super) fn accepted<'a>(answers: Option<&'a InputResponses>, key: &str, field: &str) -> Option<&'a Value> {
    let answer = answers?.get(key)?;
    (answer.get("action")? == "accept").then(|| answer.get("content")?.get(field))?
}

/// A form with one field.
pub(super) fn elicit(message: &str, field: &str, kind: &str) -> Value {
    let schema = json!({ "type": "object", "properties": { field: { "type": kind } }, "required": [field] });
    json!({ "method": "elicitation/create", "params": { "message": message, "requestedSchema": schema } })
}

pub(super) fn name_question() -> Value {
    elicit("What is your name?", "name", "string")
}

pub(super) fn sample(prompt: &str, max_tokens: u32) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": prompt } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": max_tokens } })
}

fn list_roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

fn sampled<'a>(answers: Option<&'a InputResponses>, key: &str) -> Option<&'a str> {
    answers?.get(key)?.get("content")?.get("text")?.as_str()
}

fn roots(answers: Option<&InputResponses>, key: &str) -> Option<String> {
    let roots = answers?.get(key)?.get("roots")?.as_array()?;
    let uris: Vec<&str> = roots.iter().filter_map(|root| root.get("uri")?.as_str()).collect();
    Some(uris.join(", "))
}

fn done(text: String) -> Round {
    Ok(CallToolResult::success(vec![ContentBlock::text(text)]).into())
}

fn again(context: &RequestContext<RoleServer>, questions: Value, state: Option<String>) -> Round {
    Ok(ask(context, questions, state)?.into())
}

/// How far a call got, in the only place that outlives the request.
struct State<'a> {
    codec: &'a RequestStateCodec,
    tool: &'a str,
    echoed: Option<&'a str>,
}

impl State<'_> {
    fn seal(&self, step: u8) -> String {
        self.codec.seal_with(&[step], &SealOptions::new().associated_data(self.tool.as_bytes()).ttl(STATE_LIFE))
    }

    /// 0 before the first round. The client can send anything, so an altered state is the client's error.
    fn step(&self) -> Result<u8, ErrorData> {
        let Some(echoed) = self.echoed else { return Ok(0) };
        let opened = self
            .codec
            .open_with(echoed, self.tool.as_bytes())
            .map_err(|error| ErrorData::invalid_params(error.to_string(), None))?;
        Ok(opened.first().copied().unwrap_or_default())
    }
}

//! Only well-formed JSON-RPC reaches rmcp; everything else gets a JSON-RPC error that says what is wrong.

use std::{borrow::Cow, sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode},
    middleware::Next,
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use tokio::time::timeout;

use super::{Endpoint, problem};
use crate::{Caller, identity::needed_scope};

/// Revisions that a version header may name. The first two have no `tools/call` results that we could not give.
const KNOWN_VERSIONS: [&str; 5] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
/// The revisions of MCP that are offered, oldest first.
pub const OFFERED_VERSIONS: [&str; 3] = ["2025-06-18", "2025-11-25", "2026-07-28"];

/// How long a client may take to send its message.
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// A JSON-RPC message: exact names, nothing twice, nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Option<Cow<'a, str>>,
    #[serde(default, borrow, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<Cow<'a, str>>,
    #[serde(default, borrow, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default, borrow, deserialize_with = "present")]
    error: Option<&'a RawValue>,
}

/// `null` is a value here, not an absence.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// The part of `tools/call` that is checked here. A field given twice is an error.
#[derive(Deserialize)]
struct CallParams<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(default, borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(default, rename = "_meta", borrow)]
    meta: Option<&'a RawValue>,
    #[serde(default, rename = "inputResponses", borrow)]
    input_responses: Option<&'a RawValue>,
}

struct Malformed {
    id: Value,
    code: i32,
    message: String,
}

pub(super) async fn guard(State(endpoint): State<Endpoint>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let version = request
        .headers()
        .get("mcp-protocol-version")
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let (parts, body) = request.into_parts();
    let Ok(body) = timeout(SLOWEST_BODY, to_bytes(body, endpoint.gateway.server.max_body_bytes)).await else {
        let message = format!("the request body did not come within {} seconds", SLOWEST_BODY.as_secs());
        return problem::rpc_error(StatusCode::REQUEST_TIMEOUT, Value::Null, problem::INVALID_REQUEST, &message, None);
    };
    let Ok(body) = body else {
        let message = format!("the request body is longer than {} bytes", endpoint.gateway.server.max_body_bytes);
        return problem::rpc_error(
            StatusCode::PAYLOAD_TOO_LARGE,
            Value::Null,
            problem::INVALID_REQUEST,
            &message,
            None,
        );
    };
    match check(&body) {
        Err(Malformed { id, code, message }) => {
            return problem::rpc_error(StatusCode::BAD_REQUEST, id, code, &message, None);
        }
        Ok((id, tool)) => {
            if let Some(requested) = version.filter(|version| !KNOWN_VERSIONS.contains(&version.as_str())) {
                let data = json!({ "supported": OFFERED_VERSIONS, "requested": requested });
                let message = "this protocol version is not spoken here";
                return problem::rpc_error(
                    StatusCode::BAD_REQUEST,
                    id,
                    problem::UNSUPPORTED_PROTOCOL_VERSION,
                    message,
                    Some(data),
                );
            }
            if let Some(refusal) = tool.and_then(|tool| missing_scope(&endpoint, &parts, &tool)) {
                return refusal;
            }
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// Id and, for a tool call, the tool's name of a well-formed message.
fn check(body: &[u8]) -> Result<(Value, Option<String>), Malformed> {
    let malformed = |id: Value, code: i32, message: String| Malformed { id, code, message };
    if body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[') {
        return Err(malformed(
            Value::Null,
            problem::INVALID_REQUEST,
            "send one message for each request: batches are not part of MCP".into(),
        ));
    }
    let envelope: Envelope<'_> = serde_json::from_slice(body).map_err(|error| {
        let code = if error.is_data() { problem::INVALID_REQUEST } else { problem::PARSE_ERROR };
        malformed(Value::Null, code, format!("not a JSON-RPC message: {error}"))
    })?;
    let id = match envelope.id.map(RawValue::get) {
        None => Value::Null,
        Some(id) if is_id(id) => serde_json::from_str(id).unwrap_or_default(),
        Some(_) => {
            return Err(malformed(
                Value::Null,
                problem::INVALID_REQUEST,
                "`id` must be a string or a whole number".into(),
            ));
        }
    };
    if envelope.jsonrpc.as_deref() != Some("2.0") {
        return Err(malformed(id, problem::INVALID_REQUEST, "`jsonrpc` must be \"2.0\"".into()));
    }
    if envelope.result.is_some() || envelope.error.is_some() {
        return Err(malformed(id, problem::INVALID_REQUEST, "this server asks nothing, so it takes no answers".into()));
    }
    let Some(method) = envelope.method else {
        return Err(malformed(id, problem::INVALID_REQUEST, "`method` is missing".into()));
    };
    let params = envelope.params.map_or("{}", RawValue::get);
    if !params.starts_with('{') {
        return Err(malformed(id, problem::INVALID_PARAMS, "`params` must be an object".into()));
    }
    if method != "tools/call" {
        return Ok((id, None));
    }
    let call: CallParams<'_> = serde_json::from_str(params)
        .map_err(|error| malformed(id.clone(), problem::INVALID_PARAMS, format!("`params` of tools/call: {error}")))?;
    for (name, value) in [("arguments", call.arguments), ("_meta", call.meta), ("inputResponses", call.input_responses)]
    {
        if value.is_some_and(|value| !value.get().starts_with('{')) {
            return Err(malformed(id, problem::INVALID_PARAMS, format!("`params.{name}` must be an object")));
        }
    }
    Ok((id, Some(call.name.into_owned())))
}

fn is_id(text: &str) -> bool {
    text.starts_with('"') || text.parse::<i64>().is_ok()
}

/// A call of a tool that the credential does not reach is answered with the challenge that names the scope.
fn missing_scope(endpoint: &Endpoint, parts: &axum::http::request::Parts, tool: &str) -> Option<Response> {
    let found = endpoint.gateway.servers.find(&endpoint.face, tool)?;
    let caller = parts.extensions.get::<Arc<Caller>>()?;
    if caller.has_scope(found.manifest(), found.spec().access) {
        return None;
    }
    let scope = needed_scope(found.manifest(), found.spec().access);
    let message = format!("this credential lacks the scope {scope}");
    let scopes = problem::extended_scopes(&endpoint.gateway, &endpoint.face, caller, &scope);
    Some(problem::insufficient_scope(&endpoint.gateway, &endpoint.face, &scopes, &message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (i32, String) {
        match check(body.as_bytes()) {
            Err(Malformed { code, message, .. }) => (code, message),
            Ok(_) => panic!("accepted: {body}"),
        }
    }

    #[test]
    fn what_is_not_json_is_a_parse_error() {
        for body in ["", "{", "nonsense", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"] {
            assert_eq!(refused(body).0, problem::PARSE_ERROR, "{body}");
        }
    }

    #[test]
    fn what_is_not_json_rpc_is_an_invalid_request() {
        for body in [
            "[]",
            r#" [{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
            "1",
            "{}",
            r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1e3,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":9223372036854775808,"method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"Method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/list"}"#,
        ] {
            assert_eq!(refused(body).0, problem::INVALID_REQUEST, "{body}");
        }
    }

    #[test]
    fn a_call_without_a_proper_name_or_arguments_is_invalid_params() {
        for params in [
            "[]",
            "{}",
            r#"{"name":1}"#,
            r#"{"name":"a","arguments":[]}"#,
            r#"{"name":"a","arguments":"x"}"#,
            r#"{"name":"a","_meta":[]}"#,
            r#"{"name":"a","inputResponses":[]}"#,
            r#"{"name":"a","name":"b"}"#,
        ] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{params}}}"#);
            assert_eq!(refused(&body).0, problem::INVALID_PARAMS, "{body}");
        }
    }

    #[test]
    fn a_good_call_passes_with_its_id_and_tool() {
        let body = r#"{"jsonrpc":"2.0","id":"a-1","method":"tools/call","params":{"name":"list_accounts","arguments":{},"future":1}}"#;
        let (id, tool) = check(body.as_bytes()).unwrap_or_else(|_| panic!("refused"));
        assert_eq!((id, tool.as_deref()), (json!("a-1"), Some("list_accounts")));
        assert!(check(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).is_ok());
    }
}

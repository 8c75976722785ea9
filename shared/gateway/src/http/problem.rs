//! Refusals of the HTTP layer. Every body is JSON that an MCP client recognises: a plain-text 400 would make a client of
//! the 2026 revision fall back to an older one.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use crate::{Caller, Face, Gateway};

/// Standard JSON-RPC codes, and the MCP code for a revision that is not spoken here.
pub(super) const PARSE_ERROR: i32 = -32700;
pub(super) const INVALID_REQUEST: i32 = -32600;
pub(super) const INVALID_PARAMS: i32 = -32602;
pub(super) const UNSUPPORTED_PROTOCOL_VERSION: i32 = -32022;

/// A JSON-RPC error with an HTTP status.
pub(super) fn rpc_error(status: StatusCode, id: Value, code: i32, message: &str, data: Option<Value>) -> Response {
    let mut error = json!({ "code": code, "message": message });
    if let Some(data) = data {
        error["data"] = data;
    }
    (status, Json(json!({ "jsonrpc": "2.0", "id": id, "error": error }))).into_response()
}

/// 401: no credential, or one that is not accepted.
pub(super) fn unauthorized(gateway: &Gateway, face: &Face, problem: Option<&str>) -> Response {
    let mut parameters = vec![];
    if let Some(problem) = problem {
        parameters.push(("error", "invalid_token".to_owned()));
        parameters.push(("error_description", problem.to_owned()));
    }
    parameters.push(("scope", read_scopes(gateway, face)));
    let message = problem.map_or_else(|| no_credential(gateway, face), str::to_owned);
    challenge(StatusCode::UNAUTHORIZED, gateway, face, parameters, &message)
}

/// For a person who reads what their agent could not do.
fn no_credential(gateway: &Gateway, face: &Face) -> String {
    let (site, path) = (&gateway.public_url, face.path());
    format!(
        "this server wants to know who calls: an agent connects by OAuth at {site}{path}, or sends an API key as \
         `Authorization: Bearer <key>`. People manage both in the portal at {site}"
    )
}

/// 403: the credential is good but does not reach so far. Names every scope that the operation needs, all at once.
pub(super) fn insufficient_scope(gateway: &Gateway, face: &Face, scope: &str, problem: &str) -> Response {
    let parameters = vec![
        ("error", "insufficient_scope".to_owned()),
        ("scope", scope.to_owned()),
        ("error_description", problem.to_owned()),
    ];
    challenge(StatusCode::FORBIDDEN, gateway, face, parameters, problem)
}

fn challenge(
    status: StatusCode,
    gateway: &Gateway,
    face: &Face,
    mut parameters: Vec<(&str, String)>,
    message: &str,
) -> Response {
    let metadata = format!("{}/.well-known/oauth-protected-resource{}", gateway.public_url, face.path());
    parameters.push(("resource_metadata", metadata));
    let value = parameters.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect::<Vec<_>>().join(", ");
    let mut response = rpc_error(status, Value::Null, INVALID_REQUEST, message, None);
    if let Ok(value) = HeaderValue::from_str(&format!("Bearer {value}")) {
        response.headers_mut().insert(WWW_AUTHENTICATE, value);
    }
    response
}

/// The basic scopes of a face: reading.
pub(super) fn read_scopes(gateway: &Gateway, face: &Face) -> String {
    scopes(gateway, face).iter().filter(|scope| scope.ends_with(":read")).cloned().collect::<Vec<_>>().join(" ")
}

/// What a credential has on this face, and the scope that it lacks.
///
/// MCP 2026-07-28 (Authorization, "Scope Challenge Handling" and "Step-Up Authorization Flow") has a client ask for the union of
/// what it had and what the challenge names, and leaves it to the server whether the challenge repeats the former. Here it
/// does: a client that asks for just what it reads loses nothing. RFC 6750, section 3.1, on `scope`.
pub(super) fn extended_scopes(gateway: &Gateway, face: &Face, caller: &Caller, lacking: &str) -> String {
    let mut scopes = scopes(gateway, face);
    scopes.retain(|scope| scope == lacking || caller.scopes.contains(scope));
    scopes.join(" ")
}

/// All scopes of a face.
fn scopes(gateway: &Gateway, face: &Face) -> Vec<String> {
    let served = gateway.servers.integrations.iter().filter(|integration| match face {
        Face::One(name) => integration.manifest.name == *name,
        Face::Combined => true,
    });
    served.flat_map(|integration| [integration.manifest.read_scope(), integration.manifest.write_scope()]).collect()
}

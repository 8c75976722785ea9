//! The methods of the simulated Slack.

use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::Value;

use super::{
    Slack,
    params::Params,
    refusal::{REQUEST_ID, Refusal},
    tokens,
};

/// Methods that read take a query, those that change something a body.
const READS: [&str; 7] = [
    "conversations.list",
    "users.conversations",
    "conversations.info",
    "conversations.history",
    "conversations.replies",
    "users.list",
    "users.info",
];
const WRITES: [&str; 4] = ["auth.test", "chat.postMessage", "chat.update", "conversations.setTopic"];

pub(super) fn router(slack: Slack) -> Router {
    Router::new().fallback(handle).with_state(slack)
}

async fn handle(State(slack): State<Slack>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, 1 << 20).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let scopes = tokens::admit(&parts.headers).map(|token| token.scopes.join(",")).unwrap_or_default();
    let mut response = match slack.answer(&parts, &body) {
        Ok(answer) => ([("x-slack-req-id", REQUEST_ID)], Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    if let Ok(scopes) = scopes.parse::<HeaderValue>()
        && !scopes.is_empty()
    {
        response.headers_mut().insert("x-oauth-scopes", scopes);
    }
    response
}

impl Slack {
    fn answer(&self, parts: &Parts, body: &Bytes) -> Result<Value, Refusal> {
        let name = parts.uri.path().strip_prefix("/api/").unwrap_or_default();
        let known = |methods: &[&'static str]| methods.iter().find(|method| **method == name).copied();
        let query = parts.uri.query().unwrap_or_default();
        let content_type = parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let (method, mut params) = match (&parts.method, known(&READS), known(&WRITES)) {
            (&Method::GET, Some(method), _) => (method, Params::of_query(query)?),
            (&Method::POST, _, Some(method)) => (method, Params::of_body(content_type, body)?),
            (_, None, None) => return Err(Refusal::new("unknown_method")),
            _ => return Err(Refusal::new("invalid_post_type").status(StatusCode::METHOD_NOT_ALLOWED)),
        };
        if parts.method == Method::POST && !query.is_empty() {
            return Err(Refusal::arguments("arguments belong in the body"));
        }
        if params.take("token").is_some() {
            return Err(Refusal::arguments("the token belongs in the Authorization header"));
        }
        let token = tokens::admit(&parts.headers)?;
        let now = self.ambient.now();
        if token.distributed {
            self.limits().count(method, now)?;
        }
        let mut world = self.world();
        match method {
            "auth.test" => params.end().map(|()| token.describe()),
            "conversations.list" => world.list_channels(&token, method, params),
            "users.conversations" => world.list_channels(&token, method, params),
            "conversations.info" => world.channel_info(&token, params),
            "conversations.history" => world.history(&token, method, params),
            "conversations.replies" => world.replies(&token, method, params),
            "users.list" => world.list_members(&token, method, params),
            "users.info" => world.member_info(&token, params),
            "chat.postMessage" => world.post(&token, params, now),
            "chat.update" => world.update(&token, params),
            _ => world.set_topic(&token, params, now),
        }
    }
}

//! Who calls: before anything of the body is read.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    middleware::Next,
    response::Response,
};
use serde_json::Value;

use super::{Endpoint, problem};
use crate::{Face, Refused};

/// Names under which people put keys into URLs.
const KEY_NAMES: [&str; 5] = ["api_key", "apikey", "access_token", "token", "key"];

pub(super) async fn authorize(State(endpoint): State<Endpoint>, mut request: Request, next: Next) -> Response {
    let Endpoint { gateway, face, url } = &endpoint;
    if request.uri().query().is_some_and(holds_key) {
        let message = "a credential in the URL ends up in logs: send it as `Authorization: Bearer <credential>`, and replace the one you just sent";
        return problem::rpc_error(StatusCode::BAD_REQUEST, Value::Null, problem::INVALID_REQUEST, message, None);
    }
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let token = match (headers.next(), headers.next()) {
        (None, _) => return problem::unauthorized(gateway, face, None),
        (Some(value), None) => value.to_str().ok().and_then(bearer),
        (Some(_), Some(_)) => None,
    };
    let Some(token) = token else {
        let message = "send exactly one header `Authorization: Bearer <API key or access token>`";
        return problem::rpc_error(StatusCode::BAD_REQUEST, Value::Null, problem::INVALID_REQUEST, message, None);
    };
    let caller = match gateway.authenticator.authenticate(token, url).await {
        Ok(caller) => caller,
        Err(Refused::Unavailable(error)) => {
            tracing::error!(%error, "credentials cannot be checked");
            let message = "credentials cannot be checked at the moment; try again";
            return problem::rpc_error(
                StatusCode::SERVICE_UNAVAILABLE,
                Value::Null,
                problem::INVALID_REQUEST,
                message,
                None,
            );
        }
        Err(refused) => return problem::unauthorized(gateway, face, Some(&refused.to_string())),
    };
    if let Face::One(integration) = face
        && !caller.may_reach(integration)
    {
        let scope = problem::read_scopes(gateway, face);
        return problem::insufficient_scope(gateway, face, &scope, "this credential is not for this integration");
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = peer.map(|peer| gateway.server.find_origin(peer, request.headers()));
    if !caller.allowed_ips.is_empty() && address.is_none_or(|address| !caller.allowed_ips.contains(&address)) {
        return problem::unauthorized(gateway, face, Some("this credential may not be used from this address"));
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn holds_key(query: &str) -> bool {
    query.contains("tpk_")
        || query
            .split('&')
            .any(|pair| KEY_NAMES.contains(&pair.split('=').next().unwrap_or_default().to_lowercase().as_str()))
}

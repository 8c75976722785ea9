//! Where programs register, fetch tokens, ask about them and give them back.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use turnpike_core::{AttemptId, TenantId};
use turnpike_oauth::{Code, Denied, Taken, TokenRequest};

use super::{
    attempts::{Step, note},
    parameters::Parameters,
};
use crate::{Portal, http::Address};

/// An error as RFC 6749 §5.2 has it.
pub(super) struct OAuthFailure {
    code: Code,
    description: String,
    /// The client named itself in the header, and is told there too.
    by_header: bool,
}

impl OAuthFailure {
    pub(super) fn new(code: Code, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), by_header: false }
    }

    /// The id finds the step again, in the portal.
    fn with(self, attempt: AttemptId) -> Self {
        Self { description: format!("{} (id {attempt})", self.description), ..self }
    }
}

impl IntoResponse for OAuthFailure {
    fn into_response(self) -> Response {
        let status = match self.code {
            Code::InvalidClient => StatusCode::UNAUTHORIZED,
            Code::ServerError => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.code.as_str(), "error_description": self.description });
        let mut response = (status, Json(body)).into_response();
        if self.by_header && status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"token\""));
        }
        response
    }
}

pub(super) async fn token(State(portal): State<Portal>, parameters: Parameters) -> Response {
    let request = TokenRequest {
        grant_type: parameters.get("grant_type").unwrap_or_default(),
        code: parameters.get("code"),
        redirect_uri: parameters.get("redirect_uri"),
        code_verifier: parameters.get("code_verifier"),
        refresh_token: parameters.get("refresh_token"),
        scope: parameters.get("scope"),
        resource: parameters.get("resource"),
    };
    match portal.oauth.token(&parameters.client, &request).await {
        Ok(answer) => {
            if request.grant_type == "authorization_code" {
                let description = "the agent has its first tokens";
                let client_id = &*parameters.client.id;
                let step =
                    Step { step: "token", tenant: Some(answer.tenant), client_id, description, ..Step::default() };
                note(&portal, step).await;
            }
            (StatusCode::OK, Json(answer)).into_response()
        }
        Err(denied) => refuse(&portal, &parameters, denied).await,
    }
}

pub(super) async fn revoke(State(portal): State<Portal>, parameters: Parameters) -> Response {
    let token = parameters.get("token").unwrap_or_default();
    match portal.oauth.revoke(&parameters.client, &token).await {
        Ok(Taken::Nothing) => StatusCode::OK.into_response(),
        Ok(Taken::Grant(tenant, grant)) => {
            audit(&portal, tenant, grant, "by_client").await;
            StatusCode::OK.into_response()
        }
        Err(denied) => refuse(&portal, &parameters, denied).await,
    }
}

pub(super) async fn introspect(State(portal): State<Portal>, parameters: Parameters) -> Response {
    let token = parameters.get("token").unwrap_or_default();
    match portal.oauth.introspect(&parameters.client, &token).await {
        Ok(told) => Json(told).into_response(),
        Err(denied) => refuse(&portal, &parameters, denied).await,
    }
}

/// RFC 7591. How often an address may register is bounded; each program is kept once however often it comes.
pub(super) async fn register(State(portal): State<Portal>, address: Address, body: Bytes) -> Response {
    if portal.throttle.attempt_from("register", address.0, portal.ambient.now()).await.is_err() {
        let body =
            json!({ "error": "temporarily_unavailable", "error_description": "too many registrations; wait a minute" });
        return (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    match portal.oauth.register(&body).await {
        Ok(Ok(answer)) => (StatusCode::CREATED, Json(answer)).into_response(),
        Ok(Err(wrong)) => {
            let client_name = body["client_name"].as_str().unwrap_or_default();
            let (error, words) = (Some(wrong.code()), wrong.to_string());
            let step = Step { step: "registration", client_name, error, description: &words, ..Step::default() };
            let id = note(&portal, step).await;
            let body = json!({ "error": wrong.code(), "error_description": format!("{words} (id {id})") });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a client could not be registered");
            OAuthFailure::new(Code::ServerError, "the service failed; try again in a minute").into_response()
        }
    }
}

/// Says no, keeps why, and writes down what ended with it.
async fn refuse(portal: &Portal, parameters: &Parameters, denied: Denied) -> Response {
    let Denied { code, description, tenant, ended, cause } = denied;
    if let Some(error) = cause {
        tracing::error!(%error, "the authorization server failed");
    }
    if let Some(ended) = ended {
        tracing::warn!(tenant_id = %ended.tenant, grant = %ended.grant, why = ended.why, "a grant has ended");
        audit(portal, ended.tenant, ended.grant, ended.why).await;
    }
    let client_id = &*parameters.client.id;
    let error = Some(code.as_str());
    let step = Step { step: "token", tenant, client_id, error, description: &description, ..Step::default() };
    let id = note(portal, step).await;
    OAuthFailure { by_header: parameters.by_header, ..OAuthFailure::new(code, description).with(id) }.into_response()
}

async fn audit(portal: &Portal, tenant: TenantId, grant: turnpike_core::GrantId, why: &str) {
    if let Err(error) = portal.tenancy.record_grant_end(tenant, grant, why).await {
        tracing::error!(%error, "the end of a grant is not in the audit log");
    }
}

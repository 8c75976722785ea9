//! The token endpoint: a code, a refresh token or an agent's own secret, for an access token.

mod code;
mod refresh;
mod service;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use turnpike_core::{AttemptId, GrantId, TenantId};

use crate::{
    AuthorizationServer, OAuthError, Resource, Source, Standing, Subject, UnknownClient,
    access::{self, NewToken},
    is_document_id,
    refresh::RefreshToken,
};

/// Who asks at an endpoint, and how they show it.
#[derive(Debug, Clone)]
pub struct ClientProof {
    /// The client id.
    pub id: String,
    /// The secret, if one was sent.
    pub secret: Option<SecretString>,
}

/// What is asked for. Each field is a parameter of the same name.
#[derive(Debug, Clone, Default)]
#[expect(missing_docs, reason = "RFC 6749, RFC 7636 and RFC 8707 say what they are")]
pub struct TokenRequest {
    pub grant_type: String,
    pub code: Option<String>,
    pub redirect_uri: Option<String>,
    pub code_verifier: Option<String>,
    pub refresh_token: Option<String>,
    pub scope: Option<String>,
    pub resource: Option<String>,
}

/// The answer (RFC 6749 §5.1).
#[derive(Debug, Clone, Serialize)]
pub struct TokenAnswer {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds until it ends.
    pub expires_in: u32,
    /// What it may do.
    pub scope: String,
    /// For the next one; service agents need none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Whose it is.
    #[serde(skip)]
    pub tenant: TenantId,
}

/// Error codes of RFC 6749 §5.2 and RFC 8707.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the RFCs say what they are")]
pub enum Code {
    InvalidRequest,
    InvalidClient,
    InvalidGrant,
    InvalidScope,
    InvalidTarget,
    UnsupportedGrantType,
    UnsupportedTokenType,
    ServerError,
}

impl Code {
    /// As clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidTarget => "invalid_target",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::ServerError => "server_error",
        }
    }
}

/// A grant that ended because of what was just asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FamilyEnd {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub grant: GrantId,
    /// Why, in a word: `code_reused`, `token_reused`.
    pub why: &'static str,
}

/// Why there is no token.
#[derive(Debug)]
pub struct Denied {
    /// For the client.
    pub code: Code,
    /// For whoever looks for the reason.
    pub description: String,
    /// Whose attempt it was, where that is certain.
    pub tenant: Option<TenantId>,
    /// What ended with it.
    pub ended: Option<FamilyEnd>,
    /// The fault is ours.
    pub cause: Option<OAuthError>,
}

impl Denied {
    pub(crate) fn new(code: Code, description: impl Into<String>) -> Self {
        Self { code, description: description.into(), tenant: None, ended: None, cause: None }
    }

    fn of(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }
}

impl<E: Into<OAuthError>> From<E> for Denied {
    fn from(error: E) -> Self {
        let description = "the service failed; try again in a minute".to_owned();
        let (code, cause) = (Code::ServerError, Some(error.into()));
        Self { code, description, tenant: None, ended: None, cause }
    }
}

impl AuthorizationServer {
    /// Answers a request for a token.
    pub async fn token(&self, client: &ClientProof, request: &TokenRequest) -> Result<TokenAnswer, Denied> {
        match request.grant_type.as_str() {
            "authorization_code" => self.redeem(client, request).await,
            "refresh_token" => self.refresh(client, request).await,
            "client_credentials" => self.serve_itself(client, request).await,
            "" => Err(Denied::new(Code::InvalidRequest, "`grant_type` is missing")),
            _ => {
                let known = "`grant_type` must be authorization_code, refresh_token or client_credentials";
                Err(Denied::new(Code::UnsupportedGrantType, known))
            }
        }
    }

    /// Whether the client is who it says. That of a metadata document is public: what it asks for names it.
    pub(crate) async fn check_client(&self, proof: &ClientProof) -> Result<(), Denied> {
        let given = proof.secret.as_ref().map(|secret| secret.expose_secret());
        let needed = if is_document_id(&proof.id) {
            None
        } else {
            match self.find_client(&proof.id).await {
                Ok(client) if client.source == Source::Registered => None,
                Ok(client) => client.secret,
                Err(UnknownClient::Unavailable(error)) => return Err(error.into()),
                Err(UnknownClient::Unknown | UnknownClient::Document(_)) => {
                    return Err(Denied::new(Code::InvalidClient, "this client id is not known here; register again"));
                }
            }
        };
        match (needed, given) {
            (None, None | Some("")) => Ok(()),
            (Some(needed), Some(given)) if bool::from(needed.expose_secret().as_bytes().ct_eq(given.as_bytes())) => {
                Ok(())
            }
            (None, Some(_)) => Err(Denied::new(Code::InvalidClient, "this client has no secret; send none")),
            (Some(_), _) => Err(Denied::new(Code::InvalidClient, "the client's secret is missing or wrong")),
        }
    }

    /// The server that a request is for: that of the grant, and no other.
    fn check_resource(&self, wanted: Option<&str>, granted: &str) -> Result<&Resource, Denied> {
        let granted = self.find_resource(granted).ok_or_else(|| {
            Denied::new(Code::InvalidTarget, "the server that this was granted for is not served any more")
        })?;
        match wanted.map(|wanted| self.find_resource(wanted)) {
            None => Ok(granted),
            Some(Some(wanted)) if wanted.url == granted.url => Ok(granted),
            Some(_) => Err(Denied::new(Code::InvalidTarget, format!("this was granted for {} only", granted.url))),
        }
    }

    /// Signs an access token for whoever stands behind it, with the refresh token that goes along.
    async fn answer(&self, new: NewAnswer<'_>) -> Result<TokenAnswer, Denied> {
        let NewAnswer { subject, client_id, resource, standing, scopes, refresh } = new;
        let seconds = self.settings.access_token_seconds;
        let token = NewToken {
            issuer: &self.issuer,
            resource,
            subject,
            client_id,
            tenant: standing.tenant.id,
            role: standing.role,
            scopes: &scopes,
            id: self.ambient.id::<AttemptId>().to_string(),
            now: self.ambient.now(),
            seconds,
        };
        Ok(TokenAnswer {
            access_token: access::sign(&self.keys, token).await?,
            token_type: "Bearer",
            expires_in: seconds,
            scope: scopes.join(" "),
            refresh_token: refresh.map(|token| self.refresh.make(token)),
            tenant: standing.tenant.id,
        })
    }
}

struct NewAnswer<'a> {
    subject: Subject,
    client_id: &'a str,
    resource: &'a str,
    standing: Standing,
    scopes: Vec<String>,
    refresh: Option<RefreshToken>,
}

/// A code or refresh token that is not taken.
fn refused(description: &str) -> Denied {
    Denied::new(Code::InvalidGrant, description)
}

/// What of the scopes asked for there is; all where none is asked for.
fn narrowed(asked: Option<&str>, granted: &[String]) -> Result<Vec<String>, Denied> {
    let asked: Vec<_> = asked.unwrap_or_default().split_whitespace().filter(|scope| *scope != crate::OFFLINE).collect();
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    match asked.iter().find(|scope| !granted.iter().any(|own| own == *scope)) {
        Some(_) => Err(Denied::new(Code::InvalidScope, format!("only this was granted: {}", granted.join(" ")))),
        None => Ok(asked.into_iter().map(str::to_owned).collect()),
    }
}

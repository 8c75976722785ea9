//! Asking an authorization server for tokens: for a code, and again and again for a refresh token.

use std::time::Duration;

use oauth2::{
    AccessToken, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, PkceCodeVerifier, RedirectUrl,
    RefreshToken, RequestTokenError, Scope, StandardRevocableToken, TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use turnpike_core::WireError;

use crate::{
    AuthorizationCode, OAuthGrant, VaultError,
    asking::{Asking, OverWire, TokenServer},
};

/// What the authorization server gave.
pub(crate) struct Fresh {
    pub(crate) access_token: SecretString,
    pub(crate) life: Duration,
    /// Set when the server rotates: the old one is spent.
    pub(crate) refresh_token: Option<SecretString>,
    /// How long the refresh token has left, where the server tells.
    pub(crate) refresh_life: Option<Duration>,
}

/// How that failed.
pub(crate) enum Failure {
    /// `invalid_grant`: final.
    GrantEnded(String),
    /// Anything else.
    Other(VaultError),
}

/// Sends one refresh request.
pub(crate) async fn refresh(wire: &OverWire, server: TokenServer<'_>, grant: &OAuthGrant) -> Result<Fresh, Failure> {
    let answer = client(server, &grant.client_id, &grant.client_secret)?
        .exchange_refresh_token(&RefreshToken::new(grant.refresh_token.expose_secret().to_owned()))
        .request_async(&Asking { wire, server })
        .await
        .map_err(failure)?;
    Ok(answer.fresh(server))
}

/// Sends one request for what a code stands for.
pub(crate) async fn redeem(
    wire: &OverWire,
    server: TokenServer<'_>,
    code: &AuthorizationCode<'_>,
) -> Result<Fresh, Failure> {
    let redirect_url = RedirectUrl::new(code.redirect_uri.to_owned())
        .map_err(|_| Failure::Other(VaultError::ClientRefused("the address to return to is not a URL".into())))?;
    let client = client(server, code.client_id, code.client_secret)?.set_redirect_uri(redirect_url);
    let mut request = client.exchange_code(oauth2::AuthorizationCode::new(code.code.expose_secret().to_owned()));
    if let Some(verifier) = code.verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    Ok(request.request_async(&Asking { wire, server }).await.map_err(failure)?.fresh(server))
}

fn client(server: TokenServer<'_>, client_id: &str, client_secret: &SecretString) -> Result<TokenClient, Failure> {
    let token_url = TokenUrl::new(server.url.to_owned())
        .map_err(|_| Failure::Other(VaultError::ClientRefused("the token URL in the settings is not a URL".into())))?;
    Ok(Client::new(ClientId::new(client_id.to_owned()))
        .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
        .set_auth_type(server.auth_type())
        .set_token_uri(token_url))
}

type TokenClient = Client<
    BasicErrorResponse,
    Answer,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

impl Answer {
    fn fresh(self, server: TokenServer<'_>) -> Fresh {
        Fresh {
            access_token: self.access_token.into_secret().into(),
            life: self.expires_in.map_or(server.style.untold_life, Duration::from_secs),
            refresh_token: self.refresh_token.map(|token| token.into_secret().into()),
            refresh_life: self.refresh_token_expires_in.map(Duration::from_secs),
        }
    }
}

/// The answer of a token endpoint. The library's own type insists on `token_type`, which LinkedIn does not send, and does
/// not know the life of a refresh token.
#[derive(Debug, Serialize, Deserialize)]
struct Answer {
    access_token: AccessToken,
    expires_in: Option<u64>,
    refresh_token: Option<RefreshToken>,
    refresh_token_expires_in: Option<u64>,
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access_token
    }

    fn token_type(&self) -> &BasicTokenType {
        &BasicTokenType::Bearer
    }

    fn expires_in(&self) -> Option<Duration> {
        self.expires_in.map(Duration::from_secs)
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}

fn failure(error: RequestTokenError<WireError, oauth2::StandardErrorResponse<BasicErrorResponseType>>) -> Failure {
    match error {
        RequestTokenError::ServerResponse(response) => {
            let words = response.error_description().cloned().unwrap_or_else(|| response.error().to_string());
            match response.error() {
                BasicErrorResponseType::InvalidGrant => Failure::GrantEnded(words),
                // `temporarily_unavailable` and the like.
                BasicErrorResponseType::Extension(_) => Failure::Other(VaultError::Unusable),
                _ => Failure::Other(VaultError::ClientRefused(words)),
            }
        }
        RequestTokenError::Request(error) => Failure::Other(VaultError::Unanswered(error)),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => Failure::Other(VaultError::Unusable),
    }
}

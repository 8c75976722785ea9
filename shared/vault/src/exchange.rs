//! Asking an authorization server for tokens: for a code, and again and again for a refresh token.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use oauth2::{
    AccessToken, AsyncHttpClient, AuthType, Client, ClientId, ClientSecret, EndpointNotSet, EndpointSet, HttpRequest,
    HttpResponse, PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, Scope, StandardRevocableToken,
    TokenResponse, TokenUrl,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse, BasicTokenIntrospectionResponse,
        BasicTokenType,
    },
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use turnpike_core::{Wire, WireError};

use crate::{AuthorizationCode, OAuthGrant, VaultError};

/// Life of an access token when the answer does not tell.
const ASSUMED_LIFE: Duration = Duration::from_secs(900);

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
pub(crate) async fn refresh(wire: &OverWire, token_url: &str, grant: &OAuthGrant) -> Result<Fresh, Failure> {
    let answer = client(token_url, &grant.client_id, &grant.client_secret)?
        .exchange_refresh_token(&RefreshToken::new(grant.refresh_token.expose_secret().to_owned()))
        .request_async(wire)
        .await
        .map_err(failure)?;
    Ok(answer.into())
}

/// Sends one request for what a code stands for.
pub(crate) async fn redeem(wire: &OverWire, token_url: &str, code: &AuthorizationCode<'_>) -> Result<Fresh, Failure> {
    let redirect_url = RedirectUrl::new(code.redirect_uri.to_owned())
        .map_err(|_| Failure::Other(VaultError::ClientRefused("the address to return to is not a URL".into())))?;
    let client = client(token_url, code.client_id, code.client_secret)?.set_redirect_uri(redirect_url);
    let mut request = client.exchange_code(oauth2::AuthorizationCode::new(code.code.expose_secret().to_owned()));
    if let Some(verifier) = code.verifier {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(verifier.expose_secret().to_owned()));
    }
    Ok(request.request_async(wire).await.map_err(failure)?.into())
}

fn client(token_url: &str, client_id: &str, client_secret: &SecretString) -> Result<TokenClient, Failure> {
    let token_url = TokenUrl::new(token_url.to_owned())
        .map_err(|_| Failure::Other(VaultError::ClientRefused("the token URL in the settings is not a URL".into())))?;
    Ok(Client::new(ClientId::new(client_id.to_owned()))
        .set_client_secret(ClientSecret::new(client_secret.expose_secret().to_owned()))
        .set_auth_type(AuthType::RequestBody)
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

impl From<Answer> for Fresh {
    fn from(answer: Answer) -> Self {
        Self {
            access_token: answer.access_token.into_secret().into(),
            life: answer.expires_in.map_or(ASSUMED_LIFE, Duration::from_secs),
            refresh_token: answer.refresh_token.map(|token| token.into_secret().into()),
            refresh_life: answer.refresh_token_expires_in.map(Duration::from_secs),
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

/// Lets the OAuth library send through our wire.
pub(crate) struct OverWire(pub(crate) Arc<dyn Wire>);

impl<'c> AsyncHttpClient<'c> for OverWire {
    type Error = WireError;
    type Future = BoxFuture<'c, Result<HttpResponse, WireError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        let (parts, body) = request.into_parts();
        let sent = self.0.send(http::Request::from_parts(parts, Bytes::from(body)));
        Box::pin(async move {
            let (parts, body) = sent.await?.into_parts();
            // A server in trouble says nothing that is final, whatever words it finds.
            let in_trouble = parts.status.is_server_error() || parts.status == http::StatusCode::TOO_MANY_REQUESTS;
            Ok(http::Response::from_parts(parts, if in_trouble { vec![] } else { body.to_vec() }))
        })
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

//! What a person's consent at the vendor gave: a code, good for one exchange.

use secrecy::SecretString;
use turnpike_sdk::AuthShape;

use crate::{
    Credential, OAuthGrant, Vault, VaultError,
    asking::TokenServer,
    exchange::{self, Failure},
};

/// A code that came back with a browser, and what it was asked for with.
pub struct AuthorizationCode<'a> {
    /// The client that asked.
    pub client_id: &'a str,
    /// Its secret.
    pub client_secret: &'a SecretString,
    /// The code.
    pub code: &'a SecretString,
    /// Where the vendor was asked to send it.
    pub redirect_uri: &'a str,
    /// What the challenge was made of, where the vendor takes one (PKCE).
    pub verifier: Option<&'a SecretString>,
}

impl Vault {
    /// Exchanges a code for a credential, which no connection holds yet; `None` when the vendor gave an access token and
    /// nothing to renew it with. `version` is the pinned one of the vendor's API.
    pub async fn redeem(
        &self,
        token_url: &str,
        version: &str,
        shape: &AuthShape,
        code: &AuthorizationCode<'_>,
    ) -> Result<Option<Credential>, VaultError> {
        let Some(oauth) = shape.oauth() else { return Err(VaultError::Unusable) };
        let server = TokenServer { url: token_url, style: oauth.token_style, version };
        let mut fresh = exchange::redeem(self.wire(), server, code).await.map_err(|failure| match failure {
            Failure::GrantEnded(reason) => VaultError::Reconnect { reason },
            Failure::Other(error) => error,
        })?;
        let Some(refresh_token) = fresh.refresh_token.take() else { return Ok(None) };
        let (client_id, client_secret) = (code.client_id.to_owned(), code.client_secret.clone());
        let grant = OAuthGrant { client_id, client_secret, refresh_token, access: None };
        let mut credential = Credential::from_grant(shape, grant).ok_or(VaultError::Unusable)?;
        credential.take_in(fresh, self.now());
        Ok(Some(credential))
    }
}

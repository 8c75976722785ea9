//! Taking a grant back at the vendor.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{
    HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;
use turnpike_sdk::TokenRequest;
use turnpike_store::ConnectionState;
use url::form_urlencoded::Serializer;

use super::{Renewal, Vault};
use zeroize::Zeroizing;

use crate::{Credential, OAuthGrant, VaultError, asking};

/// What became of a grant that was to be taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Revocation {
    /// The vendor has taken it back, or had before.
    Done,
    /// The vendor has no place for that, or there is no grant.
    NoSuchPlace,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Vault {
    /// Takes the connection's grant back where the vendor has a place for that (RFC 7009), and deletes the credential. It
    /// stays when the vendor could not be asked. The connection is to be switched off before: a refresh that runs is waited
    /// for, and no other begins.
    pub async fn revoke(&self, renewal: &Renewal) -> Result<Revocation, VaultError> {
        let flight = self.flight(renewal.connection);
        let _alone = flight.lock().await;
        self.forget(renewal.connection).await;
        let tenant = self.0.store.tenant(renewal.tenant);
        if tenant.get_connection(renewal.connection).await?.state != ConnectionState::Disabled {
            // It was connected anew meanwhile.
            return Ok(Revocation::NoSuchPlace);
        }
        let Some(row) = tenant.find_credential(renewal.connection).await? else { return Ok(Revocation::NoSuchPlace) };
        let done = match &renewal.revoke_url {
            Some(revoke_url) => self.take_back(renewal, revoke_url, &self.unseal(renewal, &row).await?.0).await?,
            None => Revocation::NoSuchPlace,
        };
        tenant.delete_credential(renewal.connection, row.generation).await?;
        Ok(done)
    }

    async fn take_back(
        &self,
        renewal: &Renewal,
        revoke_url: &str,
        credential: &Credential,
    ) -> Result<Revocation, VaultError> {
        let Some(grant) = credential.grant() else { return Ok(Revocation::NoSuchPlace) };
        let mut request = http::Request::post(revoke_url);
        if let Some((name, version)) = renewal.token_server().and_then(asking::version_header) {
            request = request.header(name, version);
        }
        let request = match renewal.token_style.request {
            // Google asks for the token and nothing else; with the refresh token everything ends that was given under it.
            TokenRequest::Form => {
                let token = grant.refresh_token.expose_secret();
                let form = Serializer::new(String::new()).append_pair("token", token).finish();
                request.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(Bytes::from(form))
            }
            // Notion asks for the access token: the refresh token is the client's way to another, and none without its bot.
            TokenRequest::BasicJson => {
                let access = grant.access.as_ref().map_or(&grant.refresh_token, |access| &access.token);
                let body = json!({ "token": access.expose_secret() }).to_string();
                request
                    .header(AUTHORIZATION, basic(grant))
                    .header(CONTENT_TYPE, "application/json")
                    .body(Bytes::from(body))
            }
        };
        let request =
            request.map_err(|_| VaultError::ClientRefused("the revocation URL in the settings is not a URL".into()))?;
        let (parts, body) = self.0.wire.0.send(request).await?.into_parts();
        if parts.status.is_success() {
            return Ok(Revocation::Done);
        }
        match serde_json::from_slice::<Refused>(&asking::as_rfc_6749(&body)) {
            // The person, or the vendor, was first.
            Ok(Refused { error })
                if parts.status.is_client_error() && ["invalid_token", "invalid_grant"].contains(&error.as_str()) =>
            {
                Ok(Revocation::Done)
            }
            _ => Err(VaultError::Unusable),
        }
    }
}

/// The client's id and secret, as HTTP Basic has them.
fn basic(grant: &OAuthGrant) -> HeaderValue {
    let pair = Zeroizing::new(format!("{}:{}", grant.client_id, grant.client_secret.expose_secret()));
    let text = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
    let mut value = HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""));
    value.set_sensitive(true);
    value
}

//! Taking a grant back at the vendor.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use turnpike_store::ConnectionState;
use url::form_urlencoded::Serializer;

use super::{Renewal, Vault};
use crate::{Credential, VaultError};

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
            Some(revoke_url) => self.take_back(revoke_url, &self.unseal(renewal, &row).await?).await?,
            None => Revocation::NoSuchPlace,
        };
        tenant.delete_credential(renewal.connection, row.generation).await?;
        Ok(done)
    }

    async fn take_back(&self, revoke_url: &str, credential: &Credential) -> Result<Revocation, VaultError> {
        let Some(grant) = credential.grant() else { return Ok(Revocation::NoSuchPlace) };
        // Google asks for the token and nothing else; with the refresh token everything ends that was given under it.
        let token = grant.refresh_token.expose_secret();
        let form = Serializer::new(String::new()).append_pair("token", token).finish();
        let request = http::Request::post(revoke_url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Bytes::from(form))
            .map_err(|_| VaultError::ClientRefused("the revocation URL in the settings is not a URL".into()))?;
        let (parts, body) = self.0.wire.0.send(request).await?.into_parts();
        if parts.status.is_success() {
            return Ok(Revocation::Done);
        }
        match serde_json::from_slice::<Refused>(&body) {
            // The person, or the vendor, was first.
            Ok(Refused { error }) if parts.status.is_client_error() && error == "invalid_token" => Ok(Revocation::Done),
            _ => Err(VaultError::Unusable),
        }
    }
}

//! Who a client is: from the settings, by its metadata document, or registered.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use turnpike_core::AttemptId;
use turnpike_store::OAuthClientRow;

use crate::{
    AuthMethod, AuthorizationServer, ClientMetadata, DocumentError, OAuthError, RegistrationError, is_document_id,
    registration,
};

/// Where a client is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The operator has registered it.
    Settings,
    /// Its host vouches for it, by the document at its id.
    Document,
    /// It has registered itself: nobody vouches for its name.
    Registered,
}

/// A client.
#[derive(Debug, Clone)]
pub struct KnownClient {
    /// Its id.
    pub id: String,
    /// What it says of itself.
    pub metadata: Arc<ClientMetadata>,
    /// Where it is known from.
    pub source: Source,
    pub(crate) secret: Option<SecretString>,
}

/// Why there is no such client.
#[derive(Debug, thiserror::Error)]
pub enum UnknownClient {
    /// Nobody has registered it.
    #[error("this client id is not known here")]
    Unknown,
    /// Its document makes no client.
    #[error(transparent)]
    Document(DocumentError),
    /// It cannot be looked up now.
    #[error(transparent)]
    Unavailable(#[from] OAuthError),
}

impl AuthorizationServer {
    /// The client of that id.
    pub async fn find_client(&self, id: &str) -> Result<KnownClient, UnknownClient> {
        if let Some((_, own)) = self.clients.iter().find(|(own, _)| own == id) {
            let public = own.client_secret.expose_secret().is_empty();
            let auth_method = if public { AuthMethod::None } else { AuthMethod::ClientSecretBasic };
            let (name, redirect_uris) = (own.name.clone(), own.redirect_uris.clone());
            let metadata = Arc::new(ClientMetadata { name, redirect_uris, auth_method });
            let secret = (!public).then(|| own.client_secret.clone());
            return Ok(KnownClient { id: id.to_owned(), metadata, source: Source::Settings, secret });
        }
        if is_document_id(id) {
            let metadata = self.documents.find(id).await.map_err(UnknownClient::Document)?;
            return Ok(KnownClient { id: id.to_owned(), metadata, source: Source::Document, secret: None });
        }
        let row = self.store.system().find_oauth_client(id).await.map_err(OAuthError::from)?;
        let row = row.ok_or(UnknownClient::Unknown)?;
        let metadata = serde_json::from_str(&row.metadata_json).map_err(|_| UnknownClient::Unknown)?;
        Ok(KnownClient { id: row.id, metadata: Arc::new(metadata), source: Source::Registered, secret: None })
    }

    /// Registers a client (RFC 7591), the same one once however often it comes; the answer for it. Whatever it asks for, it
    /// gets no secret: one that is given to everybody who asks proves nothing, and PKCE stands in.
    pub async fn register(&self, body: &Value) -> Result<Result<Value, RegistrationError>, OAuthError> {
        let metadata = match registration::read(body, &self.rules) {
            Ok(metadata) => ClientMetadata { auth_method: AuthMethod::None, ..metadata },
            Err(error) => return Ok(Err(error)),
        };
        let now = self.ambient.now();
        let new = OAuthClientRow {
            id: self.ambient.id::<AttemptId>().to_string(),
            fingerprint: registration::fingerprint(&metadata),
            metadata_json: serde_json::to_string(&metadata).unwrap_or_default(),
            created_at: now,
            used_at: now,
        };
        let stored = self.store.system().register_oauth_client(&new).await?;
        Ok(Ok(registration::response(&stored.id, &metadata, stored.created_at, None)))
    }
}

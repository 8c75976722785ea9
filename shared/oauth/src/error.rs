//! What can go wrong here that is nobody's fault outside.

use turnpike_store::StoreError;
use turnpike_vault::VaultError;

/// Why the authorization server cannot do its work.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret of the deployment cannot be opened.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// There is no key to sign with.
    #[error("there is no key to sign access tokens with")]
    NoKey,
    /// A token could not be signed.
    #[error("an access token could not be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

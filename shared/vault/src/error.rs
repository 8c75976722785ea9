//! Why a credential cannot be had.

use std::sync::Arc;

use turnpike_core::{Timestamp, WireError};
use turnpike_store::StoreError;

use crate::KeyError;

/// Why a credential cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The grant has ended; only a person can renew it.
    #[error("{reason}")]
    Reconnect {
        /// Why, for people.
        reason: String,
    },
    /// The authorization server knows neither our client nor its secret: the operator must mend the settings.
    #[error("the authorization server refused our OAuth client: {0}")]
    ClientRefused(String),
    /// The authorization server could not be asked.
    #[error("the authorization server did not answer: {0}")]
    Unanswered(#[from] WireError),
    /// The authorization server answered what is no token.
    #[error("the authorization server gave no usable answer")]
    Unusable,
    /// Another replica refreshes and has not finished.
    #[error("a refresh by another replica has not finished")]
    Busy,
    /// A refresh that this call waited for has failed.
    #[error("{0}")]
    Failed(Arc<str>),
    /// A sealed value does not open: it was changed or moved, or its key is gone.
    #[error("a sealed value does not open")]
    Unsealed,
    /// A key cannot be used.
    #[error(transparent)]
    Key(Arc<KeyError>),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VaultError {
    /// The key service is away: nothing is lost, and from that instant on it is worth asking again.
    pub fn keys_away_until(&self) -> Option<Timestamp> {
        match self {
            Self::Key(error) => error.retry_at(),
            _ => None,
        }
    }
}

impl From<KeyError> for VaultError {
    fn from(error: KeyError) -> Self {
        Self::Key(Arc::new(error))
    }
}

impl From<Arc<KeyError>> for VaultError {
    fn from(error: Arc<KeyError>) -> Self {
        Self::Key(error)
    }
}

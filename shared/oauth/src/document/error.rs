//! Why a document makes no client, and what to do about it.

use crate::{EgressError, RedirectError};

/// Why a document makes no client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// The id is no URL of a document.
    #[error("the client's id is not the address of a document")]
    NotADocument,
    /// The operator lists the hosts whose documents are believed, and this is none of them.
    #[error("the client's host is not one that this server trusts")]
    Untrusted,
    /// It was not fetched.
    #[error(transparent)]
    NotFetched(#[from] EgressError),
    /// JSON, but not an object.
    #[error("the document is not a JSON object")]
    NotAnObject,
    /// Its `client_id` is another, or missing.
    #[error("the document names another client_id than its own address")]
    WrongId,
    /// No `client_name`, or one that no page can show.
    #[error("the document has no client_name of up to 100 characters")]
    Name,
    /// A redirect that is not allowed.
    #[error("the document's redirect_uris are not allowed: {0}")]
    Redirect(#[from] RedirectError),
    /// It publishes a secret.
    #[error("the document holds a client secret")]
    Secret,
    /// It wants to show who it is in a way that this server does not have.
    #[error("the document does not offer the method none at the token endpoint")]
    AuthMethod,
}

impl DocumentError {
    /// What a person can do about it, for a page.
    pub fn what_to_do(&self) -> &'static str {
        use EgressError as E;
        match self {
            Self::Untrusted => "Ask whoever runs this service to trust the client's host, or use another client.",
            Self::NotFetched(E::TooSlow | E::Unreachable | E::Unknown | E::Status(_)) => {
                "Try again in a minute. If it stays so, tell whoever makes the client that its document cannot be read."
            }
            Self::NotFetched(E::Private | E::NotAName | E::NotHttps | E::Port) => {
                "The client's document has to be on the public internet, under a host name, at the usual port of https. \
                 Tell whoever makes the client."
            }
            Self::NotFetched(E::Redirected) => {
                "Tell whoever makes the client that its document has to be at its client_id itself, without a redirect."
            }
            Self::NotFetched(E::TooLarge | E::NotJson) | Self::NotAnObject => {
                "Tell whoever makes the client that its document has to be a JSON object of up to 64 KiB, sent as \
                 application/json."
            }
            Self::NotADocument | Self::WrongId => {
                "Tell whoever makes the client that its client_id and the document's address have to be the same, letter \
                 for letter."
            }
            Self::Redirect(RedirectError::Unlisted) => {
                "Ask whoever runs this service to list the app's redirect, or use another client."
            }
            Self::Name | Self::Redirect(_) | Self::Secret | Self::AuthMethod => {
                "Tell whoever makes the client what is wrong with its document, or use another client."
            }
        }
    }
}

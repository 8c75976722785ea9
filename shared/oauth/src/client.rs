//! What a client says of itself.

use serde::{Deserialize, Serialize};

/// What a client says of itself, checked, whichever way it came: registered, by a metadata document, or from the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// What it calls itself. Fit for a page: one line, no hidden characters.
    pub name: String,
    /// Where it may be sent back to; each has passed the rules for redirects.
    pub redirect_uris: Vec<String>,
    /// How it shows at the token endpoint who it is.
    pub auth_method: AuthMethod,
}

/// How a client shows at the token endpoint who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client. PKCE stands in.
    None,
    /// By its secret, in the header.
    ClientSecretBasic,
    /// By its secret, in the body.
    ClientSecretPost,
}

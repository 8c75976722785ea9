//! What is looked at before anything else: token and version.

use axum::http::{HeaderMap, StatusCode};
use turnpike_sdk::TokenStanding;

use super::{Notion, refusal::Refusal};
use crate::manifest::{MANIFEST, VERSION_HEADER};

impl Notion {
    /// The choice of the person who gave the grant, if the request may come in.
    pub(super) fn admit(&self, headers: &HeaderMap) -> Result<String, Refusal> {
        match self.tokens.standing(headers) {
            TokenStanding::Good | TokenStanding::Settling => {}
            TokenStanding::Ended | TokenStanding::Revoked => return Err(Refusal::unauthorized()),
        }
        match headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok()) {
            Some(version) if version == MANIFEST.version.version => Ok(self.tokens.choice(headers)),
            Some(version) => Err(version_dead(version)),
            None => {
                let message = "Notion-Version header failed validation: Notion-Version header should be defined, instead \
                    was `undefined`.";
                Err(Refusal::new(StatusCode::BAD_REQUEST, "missing_version", message))
            }
        }
    }
}

/// The version is served no longer, or never was.
pub(super) fn version_dead(version: &str) -> Refusal {
    Refusal::invalid(format!(
        "Notion-Version header failed validation: Notion-Version header should be `\"{}\"`, instead was `\"{version}\"`.",
        MANIFEST.version.version
    ))
}

//! Looking after the connections that nobody uses just now.

use turnpike_core::Timestamp;
use turnpike_sdk::{AuthShape, Connection};
use turnpike_vault::{Care, Due, Upkeep, VaultError};

use crate::Upstream;

impl Upstream {
    /// One round: the access tokens of connections in use are refreshed ahead of their end, grants that nobody uses are kept
    /// from lapsing, and tokens that can be exchanged are, in time. How many credentials were renewed. Any number of
    /// processes may do so at once.
    pub async fn upkeep(&self, upkeep: Upkeep, now: Timestamp) -> Result<usize, VaultError> {
        let mut all = vec![];
        for route in self.routes() {
            let manifest = &route.integration.manifest;
            let Some(care) = care_of(&manifest.auth) else { continue };
            let due = self.vault().list_due(manifest.name, care, upkeep, now).await?;
            all.extend(due.into_iter().filter_map(|due| {
                let Due { tenant, connection: id, sandbox, generation } = due;
                let connection =
                    Connection { id, tenant, integration: manifest.name.into(), sandbox, accounts: vec![] };
                // A sandbox that is not served here is not asked.
                Some((self.renewal(&connection)?, generation))
            }));
        }
        Ok(self.vault().renew_due(all, now).await)
    }
}

/// What there is to look after; nothing of a static key, or of a token that is never exchanged.
fn care_of(shape: &AuthShape) -> Option<Care> {
    match shape {
        AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => {
            Some(Care::AccessTokens { ahead: oauth.refresh_ahead })
        }
        AuthShape::SystemUserToken(user) => user.app.as_ref().map(|app| Care::Exchange { ahead: app.renew_ahead }),
        AuthShape::ApiKey { .. } => None,
    }
}

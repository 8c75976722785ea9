//! A credential that is tried before any connection holds it.

use std::sync::Arc;

use turnpike_core::ConnectionId;

use super::{Lease, Renewal, TRIAL, Vault};
use crate::{
    Credential, VaultError,
    exchange::{self, Failure},
    system_user,
};

impl Vault {
    /// The credential with what the vendor tells of it: an access token, where it has such, or its end, where that can be
    /// asked for. One that the vendor refuses is an error.
    pub async fn confirm(&self, renewal: &Renewal, mut credential: Credential) -> Result<Credential, VaultError> {
        if let (Credential::SystemUserToken(own), Some(inspection)) = (&mut credential, &renewal.inspection)
            && let Some(app) = &own.app
        {
            own.expires_at = system_user::inspect(&*self.0.wire.0, inspection, (app, &own.token), self.now()).await?;
        }
        if let (Some(grant), Some(server)) = (credential.grant(), renewal.token_server())
            && grant.access.is_none()
        {
            // What the vendor gives may have to be kept at once: without a key to seal it with, nobody is asked.
            self.0.keys.newest(renewal.tenant).await?;
            let asked = exchange::refresh(&self.0.wire, server, grant).await;
            let fresh = asked.map_err(|failure| match failure {
                Failure::GrantEnded(reason) => VaultError::Reconnect { reason },
                Failure::Other(error) => error,
            })?;
            credential.take_in(fresh, self.now());
        }
        Ok(credential)
    }

    /// Lets requests of this connection go with a credential that is stored nowhere, until [`Vault::forget`]. The
    /// connection's id is one made for the trial.
    pub async fn try_out(&self, trial: &Renewal, credential: Credential) {
        let lease = Lease { credential, sandbox: trial.sandbox, generation: TRIAL };
        self.0.open.insert(trial.connection, Arc::new(lease)).await;
    }

    /// Forgets the opened credential of a connection: from here on only what is stored counts.
    pub async fn forget(&self, connection: ConnectionId) {
        self.0.open.invalidate(&connection).await;
    }
}

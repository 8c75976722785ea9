//! Ending a connection: no call uses it from here on, the vendor takes the grant back, and the credential is deleted.

use std::time::Duration;

use serde_json::json;
use turnpike_core::{ConnectionId, TenantId, Timestamp};
use turnpike_sdk::Connection;
use turnpike_store::{ConnectionRow, ConnectionState, StoreError};
use turnpike_vault::{Revocation, VaultError};

use crate::{Actor, ConnectError, Tenancy, connect::Wanted};

/// How long to wait before the vendor is asked again to take a grant back. After the last time it is given up.
const PAUSES: [Duration; 6] = [
    Duration::from_secs(60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(3600),
    Duration::from_secs(6 * 3600),
    Duration::from_secs(24 * 3600),
    Duration::from_secs(48 * 3600),
];
const DISCONNECTED: &str = "it was disconnected";

/// A connection that has ended.
#[derive(Debug)]
pub struct Disconnected {
    /// What became of the grant at the vendor.
    pub revoked: Revoked,
}

/// What became of a grant at the vendor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Revoked {
    /// It is taken back.
    Yes,
    /// The vendor has no place for that: the person removes the access in the account there.
    NoSuchPlace,
    /// The vendor could not be asked, for this reason; it will be asked again.
    Later(String),
}

impl Tenancy {
    /// Ends a connection. Its accounts are remembered, so that a person who connects it again need not choose again.
    pub async fn disconnect(
        &self,
        actor: &Actor,
        tenant: TenantId,
        id: ConnectionId,
    ) -> Result<Disconnected, ConnectError> {
        let (rows, now) = (self.parts().store.tenant(tenant), self.parts().ambient.now());
        let row = rows.get_connection(id).await.map_err(|error| match error {
            StoreError::NotFound { .. } => ConnectError::NotConnected,
            error => error.into(),
        })?;
        // First of all: whatever becomes of the rest, no call uses it any more.
        rows.set_connection_state(id, ConnectionState::Disabled, Some(DISCONNECTED), now).await?;
        rows.predict_connection_end(id, None, now).await?;
        let revoked = match self.take_back(tenant, &row).await {
            Ok(revoked) => revoked,
            Err(error) => {
                tracing::warn!(tenant_id = %tenant, connection_id = %id, %error, "a grant was not taken back; it will be tried again");
                self.ask_again(tenant, id, now.plus(PAUSES[0])).await?;
                Revoked::Later(error.to_string())
            }
        };
        self.parts().vault.forget(id).await;
        let details = json!({ "integration": row.integration, "revoked": revoked.word() });
        self.record(tenant, actor, "connection.disconnected", &format!("connection:{id}"), details).await?;
        Ok(Disconnected { revoked })
    }

    /// Asks again where a grant could not be taken back. After the last time the credential is deleted all the same, and the
    /// connection says that a person must remove the access at the vendor.
    pub async fn revoke_waiting(&self, now: Timestamp) -> Result<(), ConnectError> {
        for waiting in self.parts().store.system().list_revocations(now).await? {
            let (tenant, waiting) = waiting;
            let (id, rows) = (waiting.connection_id, self.parts().store.tenant(tenant));
            let row = rows.get_connection(id).await?;
            let tries = usize::try_from(waiting.revoke_tries).unwrap_or(usize::MAX);
            let outcome = match (self.take_back(tenant, &row).await, PAUSES.get(tries)) {
                (Ok(revoked), _) => revoked.word(),
                (Err(_), Some(pause)) => {
                    self.ask_again(tenant, id, now.plus(*pause)).await?;
                    continue;
                }
                (Err(error), None) => {
                    tracing::warn!(tenant_id = %tenant, connection_id = %id, %error, "a grant was not taken back; that is given up");
                    rows.delete_credential(id, waiting.generation).await?;
                    let reason = "it was disconnected, but the vendor could not be asked to take the access back: remove it in \
                                  the account there";
                    rows.set_connection_state(id, ConnectionState::Disabled, Some(reason), now).await?;
                    "given_up"
                }
            };
            let details = json!({ "integration": row.integration, "revoked": outcome, "tries": tries + 1 });
            let actor = Actor::system();
            self.record(tenant, &actor, "connection.disconnected", &format!("connection:{id}"), details).await?;
        }
        Ok(())
    }

    /// Leads a disconnected connection to the other upstream, if that is wanted. A grant that still waits to be taken back is
    /// tried once more and let go; at the same upstream another takes its place, and to take the old one back would end the
    /// new one too, where the same person has given both.
    pub(crate) async fn change_side(&self, wanted: &Wanted<'_>, row: &ConnectionRow) -> Result<(), ConnectError> {
        if row.sandbox == wanted.side.is_sandbox() {
            return Ok(());
        }
        let (id, tenant, rows) = (row.id, wanted.tenant, self.parts().store.tenant(wanted.tenant));
        if let Err(error) = self.take_back(tenant, row).await {
            tracing::warn!(tenant_id = %tenant, connection_id = %id, %error, "a grant was not taken back; another takes its place");
        }
        if let Some(credential) = rows.find_credential(id).await? {
            rows.delete_credential(id, credential.generation).await?;
        }
        if rows.set_connection_side(id, wanted.side.is_sandbox(), self.parts().ambient.now()).await? {
            return Ok(());
        }
        // Somebody else has connected it meanwhile.
        let title = self.route(wanted.integration)?.integration.manifest.title;
        Err(ConnectError::OtherSide { title, sandbox: row.sandbox })
    }

    /// Has the vendor asked again at that instant.
    async fn ask_again(&self, tenant: TenantId, id: ConnectionId, at: Timestamp) -> Result<(), StoreError> {
        let rows = self.parts().store.tenant(tenant);
        if let Some(credential) = rows.find_credential(id).await? {
            rows.ask_to_revoke(id, credential.generation, at).await?;
        }
        Ok(())
    }

    /// Has the vendor take the grant back and deletes the credential; an error when the vendor has not.
    async fn take_back(&self, tenant: TenantId, row: &ConnectionRow) -> Result<Revoked, VaultError> {
        let (id, integration, sandbox) = (row.id, row.integration.clone(), row.sandbox);
        let renewal = self.parts().upstream.renewal(&Connection { id, tenant, integration, sandbox, accounts: vec![] });
        // Where the integration is not served any more, nobody knows how to ask.
        let Some(renewal) = renewal else { return Ok(Revoked::NoSuchPlace) };
        Ok(match self.parts().vault.revoke(&renewal).await? {
            Revocation::Done => Revoked::Yes,
            Revocation::NoSuchPlace => Revoked::NoSuchPlace,
        })
    }
}

impl Revoked {
    const fn word(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::NoSuchPlace => "no_such_place",
            Self::Later(_) => "later",
        }
    }
}

//! Which accounts a connection reaches, and which of them may be used.

use std::sync::Arc;

use serde_json::json;
use turnpike_core::{AccountId, ConnectionId, TenantId};
use turnpike_sdk::{Account, Connection};
use turnpike_store::{ConnectionRow, ConnectionState, StoreError};

use crate::{Actor, ConnectError, Tenancy, connect::still_offered};

impl Tenancy {
    /// Asks the vendor again which accounts the connection reaches; all that it does. New ones may not be used until they
    /// are chosen, and those that are gone may no longer be.
    pub async fn refresh_accounts(
        &self,
        actor: &Actor,
        tenant: TenantId,
        id: ConnectionId,
    ) -> Result<Vec<Account>, ConnectError> {
        let row = self.connected(tenant, id).await?;
        let before: Vec<Account> = serde_json::from_str(&row.accounts_json)?;
        let offered = self.discover(tenant, row, before.clone()).await?;
        self.set_accounts(actor, (tenant, id), &offered, &still_offered(&offered, &before)).await?;
        Ok(offered)
    }

    /// Asks the same and changes nothing: whether the connection works. How many accounts it reaches.
    pub async fn probe(&self, tenant: TenantId, id: ConnectionId) -> Result<usize, ConnectError> {
        let row = self.connected(tenant, id).await?;
        let allowed: Vec<Account> = serde_json::from_str(&row.accounts_json)?;
        Ok(self.discover(tenant, row, allowed).await?.len())
    }

    /// The accounts that the vendor says the connection reaches.
    async fn discover(
        &self,
        tenant: TenantId,
        row: ConnectionRow,
        accounts: Vec<Account>,
    ) -> Result<Vec<Account>, ConnectError> {
        let manifest = &self.route(&row.integration)?.integration.manifest;
        self.refuse_switched_off(tenant, &row.integration).await?;
        let ConnectionRow { id, integration, sandbox, .. } = row;
        let connection = Connection { id, tenant, integration, sandbox, accounts };
        let asked = self.parts().upstream.discover_accounts(Arc::new(connection), self.parts().handles.clone()).await;
        let offered = asked.map_err(|error| ConnectError::of_accounts(error, manifest.title))?;
        if offered.is_empty() {
            return Err(ConnectError::NoAccounts { title: manifest.title });
        }
        Ok(offered)
    }

    /// Says which of the accounts that the connection reaches may be used, and so that no other may.
    pub async fn choose_accounts(
        &self,
        actor: &Actor,
        tenant: TenantId,
        id: ConnectionId,
        chosen: &[AccountId],
    ) -> Result<(), ConnectError> {
        let row = self.connected(tenant, id).await?;
        let offered: Vec<Account> = serde_json::from_str(&row.offered_json)?;
        if let Some(foreign) = chosen.iter().find(|id| !offered.iter().any(|account| account.id == **id)) {
            return Err(ConnectError::NotOffered { account: foreign.clone() });
        }
        let accounts: Vec<_> = offered.iter().filter(|account| chosen.contains(&account.id)).cloned().collect();
        self.set_accounts(actor, (tenant, id), &offered, &accounts).await
    }

    /// The tenant's connection of that id, unless it is disconnected.
    async fn connected(&self, tenant: TenantId, id: ConnectionId) -> Result<ConnectionRow, ConnectError> {
        match self.parts().store.tenant(tenant).get_connection(id).await {
            Ok(row) if row.state != ConnectionState::Disabled => Ok(row),
            Ok(_) | Err(StoreError::NotFound { .. }) => Err(ConnectError::NotConnected),
            Err(error) => Err(error.into()),
        }
    }

    async fn set_accounts(
        &self,
        actor: &Actor,
        (tenant, id): (TenantId, ConnectionId),
        offered: &[Account],
        accounts: &[Account],
    ) -> Result<(), ConnectError> {
        let (offered_json, accounts_json) = (serde_json::to_string(offered)?, serde_json::to_string(accounts)?);
        let (rows, now) = (self.parts().store.tenant(tenant), self.parts().ambient.now());
        rows.set_connection_offer(id, &offered_json, &accounts_json, now).await?;
        let ids: Vec<_> = accounts.iter().map(|account| &account.id).collect();
        let details = json!({ "offered": offered.len(), "accounts": ids });
        Ok(self.record(tenant, actor, "connection.accounts_chosen", &format!("connection:{id}"), details).await?)
    }
}

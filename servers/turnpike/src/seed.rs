//! Adding tenants, keys and connections.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, Result, bail};
use turnpike_core::{ApiKey, ApiKeyId, ConnectionId, TenantId, Timestamp};
use turnpike_sdk::Connection;
use turnpike_store::{ConnectionState, NewApiKey, NewConnection, NewTenant};
use turnpike_vault::Credential;

use crate::app::App;

/// What an API key may do.
pub struct KeyRequest<'a> {
    /// Name, for lists.
    pub name: &'a str,
    /// Scopes such as `google-ads:read`.
    pub scopes: Vec<String>,
    /// The integrations it reaches; `None` is all.
    pub servers: Option<Vec<String>>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// May it spend money?
    pub live: bool,
}

impl App {
    /// Adds a tenant.
    pub async fn add_tenant(&self, name: &str) -> Result<TenantId> {
        let id: TenantId = self.ambient.id();
        let tenant = NewTenant { id, name: name.into(), created_at: self.ambient.now() };
        self.store.system().insert_tenant(&tenant).await?;
        Ok(id)
    }

    /// Makes an API key. Only its hash is kept: the key itself is to be shown now or never.
    pub async fn add_key(&self, tenant: TenantId, request: KeyRequest<'_>) -> Result<ApiKey> {
        let key = ApiKey::mint(&self.ambient, request.live);
        let pepper = self.vault.deployment_secret("api-key-pepper/1").await?;
        let id: ApiKeyId = self.ambient.id();
        let new = NewApiKey {
            id,
            name: request.name.into(),
            hint: key.hint(),
            hash: key.hash(&pepper),
            pepper_version: 1,
            scopes: request.scopes,
            servers: request.servers,
            allowed_ips: vec![],
            expires_at: request.expires_at,
            live: request.live,
            created_at: self.ambient.now(),
        };
        self.store.tenant(tenant).insert_api_key(&new).await?;
        Ok(key)
    }

    /// Connects a tenant to an integration, or renews its connection, and finds the accounts that the grant reaches. A
    /// credential that does not work is kept all the same, so that it can be replaced.
    pub async fn connect(&self, tenant: TenantId, integration: &str, sandbox: bool, form: HashMap<&'static str, String>) -> Result<Connection> {
        let Some(route) = self.upstream.find_route(integration) else { bail!("there is no integration `{integration}` here") };
        let credential = Credential::from_form(&route.integration.manifest.auth, form)?;
        let mut connection = self.connection_row(tenant, integration, sandbox).await?;
        let renewal = self.upstream.renewal(&connection).context("the sandbox of this integration is not served here")?;
        self.vault.replace(&renewal, &credential).await?;

        let rows = self.store.tenant(tenant);
        rows.set_connection_state(connection.id, ConnectionState::Ok, None, self.ambient.now()).await?;
        connection.accounts = self
            .upstream
            .discover_accounts(Arc::new(connection.clone()), self.handles.clone())
            .await
            .map_err(|error| anyhow::anyhow!("the credential is stored, but its accounts cannot be read: {error}"))?;
        rows.set_connection_accounts(connection.id, &serde_json::to_string(&connection.accounts)?, self.ambient.now()).await?;
        Ok(connection)
    }

    /// The tenant's connection to the integration: the present one, or a new one.
    async fn connection_row(&self, tenant: TenantId, integration: &str, sandbox: bool) -> Result<Connection> {
        let rows = self.store.tenant(tenant);
        let found = rows.find_connection(integration).await?;
        if found.as_ref().is_some_and(|row| row.sandbox != sandbox) {
            bail!("the connection to {integration} is {} sandbox one; a connection does not change sides", if sandbox { "not a" } else { "a" });
        }
        let id = match found {
            Some(row) => row.id,
            None => {
                let (id, now): (ConnectionId, _) = (self.ambient.id(), self.ambient.now());
                let (accounts_json, state, predicted_end) = ("[]".into(), ConnectionState::Ok, None);
                rows.insert_connection(&NewConnection { id, integration: integration.into(), sandbox, accounts_json, state, predicted_end, now })
                    .await?;
                id
            }
        };
        Ok(Connection { id, tenant, integration: integration.into(), sandbox, accounts: vec![] })
    }
}

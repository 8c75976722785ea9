//! Making a connection of a credential: it is tried first, and stored when the vendor takes it.

use std::{collections::HashMap, sync::Arc};

use serde_json::json;
use turnpike_core::{ConnectionId, TenantId};
use turnpike_sdk::{Account, Connection};
use turnpike_store::{ConnectionRow, ConnectionState, KillSwitch, NewConnection};
use turnpike_upstream::Route;
use turnpike_vault::Credential;

use crate::{Actor, ConnectError, Side, Tenancy};

/// Which of the accounts that a credential reaches may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Allow {
    /// All of them.
    All,
    /// Those that could be used before. On a first connect the only one, and of several none until somebody chooses.
    AsBefore,
}

/// A connection that was made or renewed.
#[derive(Debug)]
pub struct Connected {
    /// Whose.
    pub tenant: TenantId,
    /// Who did it.
    pub actor: String,
    /// The connection, with the accounts that may be used.
    pub connection: Connection,
    /// All accounts that the credential reaches.
    pub offered: Vec<Account>,
    /// There was none before to this upstream.
    pub first: bool,
}

/// What somebody wants.
pub(crate) struct Wanted<'a> {
    pub(crate) actor: &'a Actor,
    pub(crate) tenant: TenantId,
    pub(crate) integration: &'a str,
    pub(crate) side: Side,
    pub(crate) allow: Allow,
}

impl Tenancy {
    /// Connects with what a person has filled in: the fields of the integration's connect form.
    pub async fn connect_with_form(
        &self,
        actor: &Actor,
        tenant: TenantId,
        integration: &str,
        side: Side,
        form: HashMap<&'static str, String>,
        allow: Allow,
    ) -> Result<Connected, ConnectError> {
        let wanted = Wanted { actor, tenant, integration, side, allow };
        let shape = &self.route(integration)?.integration.manifest.auth;
        let credential = Credential::from_form(shape, form)?;
        let done = match self.refuse_switched_off(tenant, integration).await {
            Ok(()) => self.keep(&wanted, credential).await,
            Err(error) => Err(error),
        };
        self.tell_of_refusal(&wanted, done).await
    }

    /// A credential is not tried, and not exchanged, where no call may be made.
    pub(crate) async fn refuse_switched_off(&self, tenant: TenantId, integration: &str) -> Result<(), ConnectError> {
        let switches = self.parts().store.system().list_switches().await?;
        match switches.into_iter().find(|switch| switch.target.covers(tenant, integration, None)) {
            Some(KillSwitch { target, set_at, reason, .. }) => {
                Err(ConnectError::SwitchedOff { target, since: set_at, reason })
            }
            None => Ok(()),
        }
    }

    /// Tries the credential and stores it. One that the vendor refuses leaves everything as it was.
    pub(crate) async fn keep(&self, wanted: &Wanted<'_>, credential: Credential) -> Result<Connected, ConnectError> {
        let (route, rows) = (self.route(wanted.integration)?, self.parts().store.tenant(wanted.tenant));
        let title = route.integration.manifest.title;
        let before = rows.find_connection(wanted.integration).await?;
        check_side(before.as_ref(), wanted.side, title)?;
        let (credential, offered) = self.try_out(wanted, route, credential).await?;

        let same = before.as_ref().filter(|row| row.sandbox == wanted.side.is_sandbox());
        let stored = |json: Option<&str>| serde_json::from_str::<Vec<Account>>(json.unwrap_or("[]"));
        let first = stored(same.map(|row| &*row.offered_json))?.is_empty();
        let accounts = match wanted.allow {
            Allow::All => offered.clone(),
            Allow::AsBefore if first => the_only_one(&offered),
            Allow::AsBefore => still_offered(&offered, &stored(same.map(|row| &*row.accounts_json))?),
        };
        let id = self.row_for(wanted, before).await?;
        let (tenant, integration) = (wanted.tenant, wanted.integration.to_owned());
        let connection = Connection { id, tenant, integration, sandbox: wanted.side.is_sandbox(), accounts };
        let renewal = self.parts().upstream.renewal(&connection).ok_or(ConnectError::NoSandbox { title })?;
        self.parts().vault.replace(&renewal, &credential).await.map_err(ConnectError::Vault)?;
        let now = self.parts().ambient.now();
        let (offered_json, accounts_json) =
            (serde_json::to_string(&offered)?, serde_json::to_string(&connection.accounts)?);
        rows.set_connection_offer(id, &offered_json, &accounts_json, now).await?;
        rows.set_connection_state(id, ConnectionState::Ok, None, now).await?;

        let action = if first { "connection.connected" } else { "connection.reconnected" };
        let details = json!({
            "integration": wanted.integration, "sandbox": connection.sandbox, "offered": offered.len(),
            "accounts": connection.accounts.iter().map(|account| &account.id).collect::<Vec<_>>(),
        });
        self.record(wanted.tenant, wanted.actor, action, &format!("connection:{id}"), details).await?;
        Ok(Connected { tenant: wanted.tenant, actor: wanted.actor.0.clone(), connection, offered, first })
    }

    /// The credential as the vendor confirms it, and the accounts that it reaches. Nothing is stored, and nothing of the
    /// present connection is touched: the trial has an id of its own.
    async fn try_out(
        &self,
        wanted: &Wanted<'_>,
        route: &Route,
        credential: Credential,
    ) -> Result<(Credential, Vec<Account>), ConnectError> {
        let (title, id): (_, ConnectionId) = (route.integration.manifest.title, self.parts().ambient.id());
        let (tenant, integration) = (wanted.tenant, wanted.integration.to_owned());
        let trial = Connection { id, tenant, integration, sandbox: wanted.side.is_sandbox(), accounts: vec![] };
        let renewal = self.parts().upstream.renewal(&trial).ok_or(ConnectError::NoSandbox { title })?;
        let vault = &self.parts().vault;
        let credential =
            vault.confirm(&renewal, credential).await.map_err(|error| ConnectError::of_credential(error, title))?;
        vault.try_out(&renewal, credential.clone()).await;
        let offered = self.parts().upstream.discover_accounts(Arc::new(trial), self.parts().handles.clone()).await;
        vault.forget(id).await;
        match offered.map_err(|error| ConnectError::of_accounts(error, title))? {
            none if none.is_empty() => Err(ConnectError::NoAccounts { title }),
            offered => Ok((credential, offered)),
        }
    }

    /// The connection's row: the present one, made ready for another credential, or a new one.
    async fn row_for(&self, wanted: &Wanted<'_>, before: Option<ConnectionRow>) -> Result<ConnectionId, ConnectError> {
        let (rows, now) = (self.parts().store.tenant(wanted.tenant), self.parts().ambient.now());
        if let Some(row) = before {
            if row.state == ConnectionState::Disabled {
                self.change_side(wanted, &row).await?;
                // Until its credential is stored.
                let (state, reason) = (ConnectionState::ReconnectNeeded, Some("no credential is stored yet"));
                rows.set_connection_state(row.id, state, reason, now).await?;
            }
            return Ok(row.id);
        }
        let new = NewConnection {
            id: self.parts().ambient.id(),
            integration: wanted.integration.into(),
            sandbox: wanted.side.is_sandbox(),
            accounts_json: "[]".into(),
            // Until its credential is stored.
            state: ConnectionState::ReconnectNeeded,
            predicted_end: None,
            now,
        };
        rows.insert_connection(&new).await?;
        Ok(new.id)
    }
}

/// A connection that is in use does not change sides: what was meant for one upstream must not reach the other.
pub(crate) fn check_side(before: Option<&ConnectionRow>, side: Side, title: &'static str) -> Result<(), ConnectError> {
    match before {
        Some(row) if row.sandbox != side.is_sandbox() && row.state != ConnectionState::Disabled => {
            Err(ConnectError::OtherSide { title, sandbox: row.sandbox })
        }
        _ => Ok(()),
    }
}

/// Those of the accounts that could be used before, as they are now.
pub(crate) fn still_offered(offered: &[Account], before: &[Account]) -> Vec<Account> {
    let was_there = |account: &&Account| before.iter().any(|old| old.id == account.id);
    offered.iter().filter(was_there).cloned().collect()
}

/// The one account that has figures, where there is exactly one.
fn the_only_one(offered: &[Account]) -> Vec<Account> {
    let mut usable = offered.iter().filter(|account| !account.manager);
    match (usable.next(), usable.next()) {
        (Some(only), None) => vec![only.clone()],
        _ => vec![],
    }
}

//! Connections, the accounts they reach, and what a call touches.

use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, ConnectionId, TenantId};

/// One account at the upstream, as found when the connection was made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Account {
    /// The upstream's id in canonical text form.
    pub id: AccountId,
    /// The name its owner gave it.
    pub name: String,
    /// ISO 4217 code of every amount of this account.
    pub currency: String,
    /// IANA zone in which this account's days begin and end.
    pub time_zone: String,
    /// A manager account holds other accounts and has no figures of its own.
    pub manager: bool,
    /// The account through which access flows, where the upstream wants it named (Google Ads: `login-customer-id`).
    pub via: Option<AccountId>,
    /// The vendor's region that holds it, as the manifest names it, where the vendor has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A tenant's grant to one SaaS, without its secrets.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Whose it is.
    pub tenant: TenantId,
    /// Name of the integration.
    pub integration: String,
    /// Answered by the sandbox, not by the vendor.
    pub sandbox: bool,
    /// The accounts that calls may name.
    pub accounts: Vec<Account>,
}

/// What the arguments of a call name at the upstream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Touches {
    /// Nothing that belongs to one account: the connection as a whole, or public reference data.
    Connection,
    /// These accounts; every one must be on the connection's list.
    Accounts(Vec<AccountId>),
}

/// Says which accounts arguments name. Every tool's argument type must: without it the tool does not compile.
pub trait NamesAccounts {
    /// The accounts named.
    fn touches(&self) -> Touches;
}

//! The vault: credentials sealed under a key of their tenant, refreshed before they end, opened nowhere else.
//!
//! A tenant's data key is wrapped by a [`KeyProvider`]; each credential is sealed under the data key with additional data
//! that names its place, so that no sealed value can be moved to another row, tenant or field.

mod broker;
mod code;
mod credential;
mod envelope;
mod error;
mod exchange;
mod keys;
mod secrets;
mod system_user;

pub use broker::{Inspection, Lease, Renewal, Revocation, Vault};
pub use code::AuthorizationCode;
pub use credential::{Credential, FormError, OAuthGrant, SystemUserGrant};
pub use error::VaultError;
pub use keys::{KeyContext, KeyError, KeyProvider, LocalKeys};

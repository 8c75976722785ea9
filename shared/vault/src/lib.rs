//! The vault: credentials sealed under a key of their tenant, refreshed before they end, opened nowhere else.
//!
//! A tenant's data key is wrapped by a [`KeyProvider`], of which a [`Keyring`] knows several; each credential is sealed under the data key with additional data
//! that names its place, so that no sealed value can be moved to another row, tenant or field.

mod asking;
mod broker;
mod code;
mod credential;
mod data_keys;
mod envelope;
mod error;
mod exchange;
mod keys;
mod rotation;
mod secrets;
mod system_user;

pub use broker::{Care, Due, Inspection, Lease, Renewal, Revocation, Upkeep, Vault};
pub use code::AuthorizationCode;
pub use credential::{Credential, FormError, OAuthGrant, SigningApp, SystemUserGrant};
pub use error::VaultError;
pub use keys::{
    DataKey, KeyContext, KeyError, KeyProvider, KeyTrouble, Keyring, KmsAccess, KmsKeys, KmsPlace, LocalKeys,
};
pub use rotation::{KeyUse, KeyWork};

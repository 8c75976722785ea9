//! Who wraps the tenants' data keys.

mod error;
mod health;
mod kms;
mod local;
mod ring;

pub use error::KeyError;
use futures_util::future::BoxFuture;
pub use health::KeyTrouble;
pub use kms::{KmsAccess, KmsKeys, KmsPlace};
pub use local::LocalKeys;
pub use ring::Keyring;
use turnpike_core::{Canonical, TenantId};
use zeroize::Zeroizing;

/// A data key in clear.
pub type DataKey = Zeroizing<[u8; 32]>;

/// What a wrapped key is for. The provider binds it: a key unwraps in its own context only.
#[derive(Clone, Debug)]
pub struct KeyContext {
    /// The tenant, or none for a key of the deployment itself.
    pub tenant: Option<TenantId>,
    /// What the key seals.
    pub purpose: String,
}

impl KeyContext {
    fn canonical(&self) -> Canonical {
        let tenant = self.tenant.map(|tenant| tenant.to_string()).unwrap_or_default();
        Canonical::of("data-key/1").field(tenant).field(&self.purpose)
    }

    /// The tenant for people and for AWS, which takes no empty value.
    fn tenant(&self) -> String {
        self.tenant.map_or_else(|| "-".to_owned(), |tenant| tenant.to_string())
    }
}

/// Makes, wraps and unwraps data keys.
pub trait KeyProvider: Send + Sync {
    /// Its name, stored beside each wrapped key.
    fn name(&self) -> &'static str;
    /// A new key, in clear and wrapped.
    fn generate<'a>(&'a self, context: &'a KeyContext) -> BoxFuture<'a, Result<(DataKey, Vec<u8>), KeyError>>;
    /// Wraps a key that was made elsewhere.
    fn wrap<'a>(&'a self, context: &'a KeyContext, key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>>;
    /// Unwraps what [`KeyProvider::generate`] or [`KeyProvider::wrap`] made in the same context.
    fn unwrap<'a>(&'a self, context: &'a KeyContext, wrapped: &'a [u8]) -> BoxFuture<'a, Result<DataKey, KeyError>>;
}

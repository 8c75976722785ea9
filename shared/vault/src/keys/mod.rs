//! Who wraps the tenants' data keys.

mod local;

use std::path::PathBuf;

use futures_util::future::BoxFuture;
pub use local::LocalKeys;
use turnpike_core::{Canonical, TenantId};
use zeroize::Zeroizing;

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
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeyError {
    #[error("cannot {act} the key file {path}: {reason}")]
    File { act: &'static str, path: PathBuf, reason: std::io::Error },
    #[error("the key file {path} may be read by others; run `chmod 600 {path}`")]
    TooOpen { path: PathBuf },
    #[error(
        "the key file {path} does not hold a Turnpike key; restore it from your backup, the sealed credentials need it"
    )]
    Malformed { path: PathBuf },
    #[error("a wrapped key does not open with the present key: it belongs to another deployment, or it was changed")]
    Refused,
}

/// Wraps and unwraps data keys.
pub trait KeyProvider: Send + Sync {
    /// Its name, stored beside each wrapped key.
    fn name(&self) -> &'static str;
    /// Wraps a data key.
    fn wrap<'a>(&'a self, context: &'a KeyContext, key: &'a [u8; 32]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>>;
    /// Unwraps what [`KeyProvider::wrap`] made in the same context.
    fn unwrap<'a>(
        &'a self,
        context: &'a KeyContext,
        wrapped: &'a [u8],
    ) -> BoxFuture<'a, Result<Zeroizing<[u8; 32]>, KeyError>>;
}

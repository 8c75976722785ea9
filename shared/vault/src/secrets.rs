//! The deployment's own secrets: made on first start, wrapped by the key provider, shared by all replicas.

use turnpike_core::Ambient;
use turnpike_store::{SecretRow, Store};
use zeroize::Zeroizing;

use crate::{KeyContext, KeyProvider, VaultError};

/// The secret of that name. When two replicas make it at once, the one that is stored counts for both.
pub(crate) async fn deployment_secret(
    store: &Store,
    provider: &dyn KeyProvider,
    ambient: &Ambient,
    name: &str,
) -> Result<Zeroizing<[u8; 32]>, VaultError> {
    let context = KeyContext { tenant: None, purpose: name.into() };
    let row = match store.system().find_secret(name).await? {
        Some(row) => row,
        None => {
            let wrapped = provider.wrap(&context, &Zeroizing::new(ambient.bytes::<32>())).await?;
            let made = SecretRow { name: name.into(), provider: provider.name().into(), wrapped };
            store.system().insert_secret_if_absent(&made).await?
        }
    };
    Ok(provider.unwrap(&context, &row.wrapped).await?)
}

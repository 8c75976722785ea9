//! The deployment's own secrets: made on first start, wrapped by a key provider, shared by all replicas.

use turnpike_core::Ambient;
use turnpike_store::{SecretRow, Store};

use crate::{KeyContext, KeyError, Keyring, VaultError, keys::DataKey};

/// What a key is for that is only tried.
const PROBE: &str = "probe";

/// The secret of that name. When two replicas make it at once, the one that is stored counts for both.
pub(crate) async fn deployment_secret(
    store: &Store,
    ring: &Keyring,
    ambient: &Ambient,
    name: &str,
) -> Result<DataKey, VaultError> {
    let row = match store.system().find_secret(name).await? {
        Some(row) => row,
        None => {
            let (_, wrapped) = ring.generate(ambient, &context(name)).await?;
            let made = SecretRow { name: name.into(), provider: ring.present().into(), wrapped };
            store.system().insert_secret_if_absent(&made).await?
        }
    };
    Ok(ring.unwrap(ambient, &row.provider, &context(name), &row.wrapped).await?)
}

/// The same secret, wrapped by the present provider under its present key.
pub(crate) async fn rewrap(ring: &Keyring, ambient: &Ambient, row: &SecretRow) -> Result<Vec<u8>, KeyError> {
    let secret = ring.unwrap(ambient, &row.provider, &context(&row.name), &row.wrapped).await?;
    ring.wrap(ambient, &context(&row.name), &secret).await
}

/// Makes a key that nobody uses and unwraps it.
pub(crate) async fn probe(ring: &Keyring, ambient: &Ambient) -> Result<(), KeyError> {
    let (_, wrapped) = ring.generate(ambient, &context(PROBE)).await?;
    ring.unwrap(ambient, ring.present(), &context(PROBE), &wrapped).await.map(drop)
}

fn context(name: &str) -> KeyContext {
    KeyContext { tenant: None, purpose: name.into() }
}

//! Sealing under a key, and the tenants' data keys.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use moka::future::Cache;
use turnpike_core::{Ambient, Canonical, TenantId};
use turnpike_store::{DataKeyRow, Store};
use zeroize::Zeroizing;

use crate::{KeyContext, KeyProvider, VaultError};

/// How long an unwrapped data key stays in memory.
const KEPT: Duration = Duration::from_secs(300);

/// AES-256-GCM with a random 96-bit nonce before the sealed bytes.
pub(crate) struct Sealer {
    key: LessSafeKey,
    ambient: Ambient,
}

impl Sealer {
    #[expect(clippy::expect_used, reason = "the key's length is in its type")]
    pub(crate) fn new(key: &[u8; 32], ambient: Ambient) -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"));
        Self { key, ambient }
    }

    #[expect(clippy::expect_used, reason = "AES-GCM seals anything shorter than 64 GiB")]
    pub(crate) fn seal(&self, place: &Canonical, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.ambient.bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a short message");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    pub(crate) fn open(&self, place: &Canonical, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

/// The tenants' data keys: made on first use, unwrapped for at most five minutes.
pub(crate) struct DataKeys {
    store: Store,
    provider: Arc<dyn KeyProvider>,
    ambient: Ambient,
    open: Cache<(TenantId, i64), Arc<Sealer>>,
}

impl DataKeys {
    pub(crate) fn new(store: Store, provider: Arc<dyn KeyProvider>, ambient: Ambient) -> Self {
        let open = Cache::builder().max_capacity(10_000).time_to_live(KEPT).build();
        Self { store, provider, ambient, open }
    }

    /// The newest data key of a tenant and its version.
    pub(crate) async fn newest(&self, tenant: TenantId) -> Result<(i64, Arc<Sealer>), VaultError> {
        let row = match self.store.tenant(tenant).find_data_key(None).await? {
            Some(row) => row,
            None => self.first(tenant).await?,
        };
        Ok((row.version, self.unwrapped(tenant, row).await?))
    }

    /// The data key of a tenant with that version.
    pub(crate) async fn get(&self, tenant: TenantId, version: i64) -> Result<Arc<Sealer>, VaultError> {
        if let Some(sealer) = self.open.get(&(tenant, version)).await {
            return Ok(sealer);
        }
        let row = self.store.tenant(tenant).find_data_key(Some(version)).await?.ok_or(VaultError::Unsealed)?;
        self.unwrapped(tenant, row).await
    }

    /// Makes version 1. When two replicas do so at once, the one that is stored counts.
    async fn first(&self, tenant: TenantId) -> Result<DataKeyRow, VaultError> {
        let key = Zeroizing::new(self.ambient.bytes::<32>());
        let wrapped = self.provider.wrap(&context(tenant, 1), &key).await?;
        let row =
            DataKeyRow { version: 1, provider: self.provider.name().into(), wrapped, created_at: self.ambient.now() };
        let tenant = self.store.tenant(tenant);
        if tenant.insert_data_key(&row).await? {
            return Ok(row);
        }
        tenant.find_data_key(Some(1)).await?.ok_or(VaultError::Unsealed)
    }

    async fn unwrapped(&self, tenant: TenantId, row: DataKeyRow) -> Result<Arc<Sealer>, VaultError> {
        if let Some(sealer) = self.open.get(&(tenant, row.version)).await {
            return Ok(sealer);
        }
        let key = self.provider.unwrap(&context(tenant, row.version), &row.wrapped).await?;
        let sealer = Arc::new(Sealer::new(&key, self.ambient.clone()));
        self.open.insert((tenant, row.version), sealer.clone()).await;
        Ok(sealer)
    }
}

fn context(tenant: TenantId, version: i64) -> KeyContext {
    KeyContext { tenant: Some(tenant), purpose: format!("credentials/{version}") }
}

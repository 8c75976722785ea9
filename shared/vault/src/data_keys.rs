//! The tenants' data keys: made on first use, kept in clear for at most five minutes and so many uses.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;
use turnpike_core::{Ambient, TenantId, Timestamp};
use turnpike_store::{DataKeyRow, Store, TenantStore};

use crate::{KeyContext, KeyError, Keyring, VaultError, envelope::Sealer};

/// How long an unwrapped data key stays in memory.
const KEPT: Duration = Duration::from_secs(300);
/// How often it is used before it is unwrapped again: far below the 2^32 values that one key may seal under random nonces
/// (NIST SP 800-38D, 8.3).
const USES: u32 = 1 << 20;

/// A data key in clear.
pub(crate) struct OpenKey {
    pub(crate) version: i64,
    pub(crate) sealer: Sealer,
    since: Timestamp,
    uses: AtomicU32,
}

/// The tenants' data keys.
pub(crate) struct DataKeys {
    /// Where new ones go, and then, where that is another, the main database.
    stores: Vec<Store>,
    main: Store,
    pub(crate) ring: Keyring,
    ambient: Ambient,
    open: Cache<(TenantId, i64), Arc<OpenKey>>,
}

impl DataKeys {
    pub(crate) fn new(main: Store, mut ring: Keyring, ambient: Ambient) -> Self {
        let stores = ring.take_store().into_iter().chain([main.clone()]).collect();
        let open = Cache::builder().max_capacity(10_000).time_to_live(KEPT).build();
        Self { stores, main, ring, ambient, open }
    }

    /// The newest data key of a tenant, in clear: what is sealed from now on is sealed with it.
    pub(crate) async fn newest(&self, tenant: TenantId) -> Result<Arc<OpenKey>, VaultError> {
        let row = match self.find(tenant, None).await? {
            Some(row) => row,
            None => self.first(tenant).await?,
        };
        self.unwrapped(tenant, row).await
    }

    /// The data key of a tenant with that version; none when it was deleted.
    pub(crate) async fn get(&self, tenant: TenantId, version: i64) -> Result<Option<Arc<OpenKey>>, VaultError> {
        if let Some(key) = self.in_memory(tenant, version).await {
            return Ok(Some(key));
        }
        match self.find(tenant, Some(version)).await? {
            Some(row) => self.unwrapped(tenant, row).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes a new version after that one. When two replicas do so at once, the one that is stored counts.
    pub(crate) async fn insert(&self, tenant: TenantId, version: i64, now: Timestamp) -> Result<(), VaultError> {
        let (_, wrapped) = self.ring.generate(&self.ambient, &context(tenant, version)).await?;
        let row = DataKeyRow { version, provider: self.ring.present().into(), wrapped, created_at: now };
        self.stores[0].tenant(tenant).insert_data_key(&row).await?;
        Ok(())
    }

    /// Where the tenant's data keys are kept: new ones in the first.
    pub(crate) fn rows(&self, tenant: TenantId) -> impl Iterator<Item = TenantStore> + '_ {
        self.stores.iter().map(move |store| store.tenant(tenant))
    }

    /// The databases with data keys.
    pub(crate) fn stores(&self) -> &[Store] {
        &self.stores
    }

    /// Deletes all data keys of a tenant, and forgets those in memory.
    pub(crate) async fn delete_all(&self, tenant: TenantId) -> Result<u64, VaultError> {
        let mut versions = vec![];
        let mut deleted = 0;
        for rows in self.rows(tenant) {
            versions.extend(rows.list_data_keys().await?.into_iter().map(|key| key.version));
            deleted += rows.delete_data_keys().await?;
        }
        for version in versions {
            self.open.invalidate(&(tenant, version)).await;
        }
        Ok(deleted)
    }

    async fn find(&self, tenant: TenantId, version: Option<i64>) -> Result<Option<DataKeyRow>, VaultError> {
        for rows in self.rows(tenant) {
            if let Some(row) = rows.find_data_key(version).await? {
                return Ok(Some(row));
            }
        }
        Ok(None)
    }

    /// A tenant without a data key gets one, after those that its credentials name: where a key was lost, its number is
    /// never another's.
    async fn first(&self, tenant: TenantId) -> Result<DataKeyRow, VaultError> {
        let sealed = self.main.tenant(tenant).list_credentials_of_other_keys(0).await?;
        let version = sealed.iter().map(|row| row.key_version).max().unwrap_or(0) + 1;
        self.insert(tenant, version, self.ambient.now()).await?;
        self.find(tenant, Some(version)).await?.ok_or(VaultError::Unsealed)
    }

    async fn unwrapped(&self, tenant: TenantId, row: DataKeyRow) -> Result<Arc<OpenKey>, VaultError> {
        if let Some(key) = self.in_memory(tenant, row.version).await {
            return Ok(key);
        }
        let unwrap = async {
            let context = context(tenant, row.version);
            let key = self.ring.unwrap(&self.ambient, &row.provider, &context, &row.wrapped).await?;
            let (sealer, since) = (Sealer::new(&key, self.ambient.clone()), self.ambient.now());
            Ok::<_, KeyError>(Arc::new(OpenKey { version: row.version, sealer, since, uses: AtomicU32::new(1) }))
        };
        // However many callers need it, the provider is asked once.
        Ok(self.open.try_get_with((tenant, row.version), unwrap).await?)
    }

    /// By the clock that everything else goes by; the cache's own clock only clears away.
    async fn in_memory(&self, tenant: TenantId, version: i64) -> Option<Arc<OpenKey>> {
        let key = self.open.get(&(tenant, version)).await?;
        let fresh = self.ambient.now() < key.since.plus(KEPT) && key.uses.fetch_add(1, Ordering::Relaxed) < USES;
        if !fresh {
            self.open.invalidate(&(tenant, version)).await;
        }
        fresh.then_some(key)
    }
}

fn context(tenant: TenantId, version: i64) -> KeyContext {
    KeyContext { tenant: Some(tenant), purpose: format!("credentials/{version}") }
}

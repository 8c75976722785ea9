//! New data keys for old ones, and what is left of them; and their end with their tenant.
//!
//! A rotation makes a new data key for each tenant and seals each credential with it. It may be cut off anywhere and begun
//! again: what is done is told by the rows themselves. Old keys stay until no row refers to them and nobody can be holding one
//! to seal with.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use turnpike_core::{TenantId, Timestamp};
use turnpike_store::{DataKeyEntry, SealedRow, Store};

use crate::{KeyError, KeyTrouble, Vault, VaultError, broker::place_of, secrets};

/// How long after its successor was made a data key may still be in somebody's hands to seal with.
const IN_HAND: Duration = Duration::from_secs(600);

/// What was done about keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyWork {
    /// Tenants that were looked at.
    pub tenants: u64,
    /// Data keys that were made.
    pub made: u64,
    /// Credentials that were sealed with a newer key.
    pub resealed: u64,
    /// Data keys that were deleted.
    pub deleted: u64,
    /// Old data keys that are left: the next run deletes those that nothing refers to.
    pub left: u64,
    /// Credentials that do not open: they were changed, or their key is lost. The log names their connections.
    pub stuck: u64,
}

/// What one provider has wrapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUse {
    /// Its name.
    pub provider: String,
    /// Number of the tenants' data keys; none for the secrets of the deployment.
    pub version: Option<i64>,
    /// Whose data keys; for secrets, how many.
    pub keys: u64,
    /// Credentials that are sealed with them.
    pub credentials: i64,
    /// When the oldest was made.
    pub oldest: Option<Timestamp>,
}

impl Vault {
    /// Wraps the deployment's secrets anew, by the present provider under its present key; how many. The store is one that may
    /// change them: on PostgreSQL the tables' owner's. Running processes notice nothing: the secrets stay the same.
    pub async fn rewrap_secrets(&self, owner: &Store) -> Result<u64, VaultError> {
        let mut done = 0;
        for row in owner.system().list_secrets().await? {
            let wrapped = secrets::rewrap(self.ring(), self.ambient(), &row).await?;
            done += u64::from(owner.system().rewrap_secret(&row, self.ring().present(), &wrapped).await?);
        }
        Ok(done)
    }

    /// Makes a new data key for a tenant, or for all, and seals their credentials with it, each once. One that was cut off
    /// goes on. `told` hears what is done, tenant by tenant.
    pub async fn rotate_keys(
        &self,
        of: Option<TenantId>,
        mut told: impl FnMut(KeyWork) + Send,
    ) -> Result<KeyWork, VaultError> {
        let rotation = self.store().system().begin_key_rotation(of, self.now()).await?;
        let mut work = KeyWork::default();
        for tenant in self.living(of).await? {
            let Some(newest) = self.newest_of(tenant).await? else { continue };
            if newest.created_at < rotation.begun_at || newest.elsewhere {
                let now = self.now().max(rotation.begun_at);
                self.keys().insert(tenant, newest.last + 1, now).await?;
                work.made += 1;
            }
            self.tidy(tenant, &mut work).await?;
            told(work);
        }
        self.store().system().end_key_rotation(of, rotation).await?;
        Ok(work)
    }

    /// Seals with each tenant's newest data key what is sealed with an older one, and deletes data keys that nothing refers to.
    pub async fn tidy_keys(&self) -> Result<KeyWork, VaultError> {
        let (mut work, mut seen) = (KeyWork::default(), BTreeMap::<TenantId, u64>::new());
        for store in self.keys().stores() {
            for (tenant, _) in store.system().list_data_keys().await? {
                *seen.entry(tenant).or_default() += 1;
            }
        }
        let all = self.store().system().list_tenants().await?;
        let ended: BTreeMap<_, _> = all.into_iter().map(|tenant| (tenant.id, tenant.deleted_at.is_some())).collect();
        for (tenant, keys) in seen {
            match ended.get(&tenant) {
                // Made by a process that did not know yet that the tenant was being deleted.
                Some(true) => work.deleted += self.keys().delete_all(tenant).await?,
                Some(false) if keys > 1 => self.tidy(tenant, &mut work).await?,
                Some(false) => {}
                // The main database may be an older one that was put back, or another deployment's: what is deleted here opens
                // nowhere again.
                None => {
                    tracing::warn!(tenant_id = %tenant, keys, "there are data keys of a tenant that is not known: they stay");
                }
            }
        }
        Ok(work)
    }

    /// Deletes a tenant's data keys. Nothing that was sealed for it opens any more, here or in a backup of the credentials
    /// alone; in other processes it may for as long as they keep an opened credential, a minute.
    pub async fn shred(&self, tenant: TenantId) -> Result<u64, VaultError> {
        for connection in self.store().tenant(tenant).list_connections().await? {
            self.forget(connection.id).await;
        }
        let deleted = self.keys().delete_all(tenant).await?;
        tracing::info!(tenant_id = %tenant, deleted, "the data keys of a tenant were deleted");
        Ok(deleted)
    }

    /// What each provider has wrapped.
    pub async fn list_keys(&self) -> Result<Vec<KeyUse>, VaultError> {
        let mut sealed: BTreeMap<_, _> = self
            .store()
            .system()
            .count_credentials_by_key()
            .await?
            .into_iter()
            .map(|(tenant, count)| ((tenant, count.key_version), count.credentials))
            .collect();
        let mut all = vec![];
        for row in self.store().system().list_secrets().await? {
            all.push(KeyUse { provider: row.provider, version: None, keys: 1, credentials: 0, oldest: None });
        }
        for store in self.keys().stores() {
            for (tenant, key) in store.system().list_data_keys().await? {
                let credentials = sealed.remove(&(tenant, key.version)).unwrap_or(0);
                let (version, oldest) = (Some(key.version), Some(key.created_at));
                all.push(KeyUse { provider: key.provider, version, keys: 1, credentials, oldest });
            }
        }
        Ok(summed(all))
    }

    /// What is wrong with the key service, while something is.
    pub fn key_health(&self) -> Option<KeyTrouble> {
        self.ring().trouble()
    }

    /// Has the present provider make a key and unwrap it again, so that what is wrong shows before a call needs it.
    pub async fn probe_keys(&self) -> Result<(), KeyError> {
        secrets::probe(self.ring(), self.ambient()).await
    }

    async fn living(&self, of: Option<TenantId>) -> Result<Vec<TenantId>, VaultError> {
        let all = self.store().system().list_tenants().await?;
        let wanted = all.into_iter().filter(|row| row.deleted_at.is_none() && of.is_none_or(|of| of == row.id));
        Ok(wanted.map(|row| row.id).collect())
    }

    async fn newest_of(&self, tenant: TenantId) -> Result<Option<Newest>, VaultError> {
        let mut newest: Option<Newest> = None;
        for (place, rows) in self.keys().rows(tenant).enumerate() {
            let Some(key) = rows.list_data_keys().await?.pop() else { continue };
            let made =
                || Newest { version: key.version, last: key.version, created_at: key.created_at, elsewhere: place > 0 };
            let found = newest.get_or_insert_with(made);
            found.last = found.last.max(key.version);
        }
        Ok(newest)
    }

    async fn tidy(&self, tenant: TenantId, work: &mut KeyWork) -> Result<(), VaultError> {
        work.tenants += 1;
        let Some(newest) = self.newest_of(tenant).await? else { return Ok(()) };
        let mut stuck = BTreeSet::new();
        // What is refreshed meanwhile is there again, sealed with the newest key or with one that somebody had in hand.
        loop {
            let rows = self.store().tenant(tenant).list_credentials_of_other_keys(newest.version).await?;
            let open: Vec<_> =
                rows.iter().filter(|row| !stuck.contains(&(row.connection_id, row.generation))).collect();
            if open.is_empty() {
                break;
            }
            for row in open {
                match self.reseal(tenant, row).await {
                    Ok(done) => work.resealed += u64::from(done),
                    Err(Stuck::Row) => {
                        tracing::error!(tenant_id = %tenant, connection_id = %row.connection_id, "a credential does not open");
                        stuck.insert((row.connection_id, row.generation));
                    }
                    Err(Stuck::All(error)) => return Err(error),
                }
            }
        }
        work.stuck += stuck.len() as u64;
        self.delete_spent(tenant, &newest, work).await
    }

    async fn reseal(&self, tenant: TenantId, row: &SealedRow) -> Result<bool, Stuck> {
        let old = match self.keys().get(tenant, row.key_version).await {
            Ok(found) => found.ok_or(Stuck::Row)?,
            Err(VaultError::Key(error)) if matches!(*error, KeyError::Refused | KeyError::NoProvider { .. }) => {
                return Err(Stuck::Row);
            }
            Err(error) => return Err(Stuck::All(error)),
        };
        let place = |version| place_of(tenant, &row.integration, row.connection_id, version);
        let clear = old.sealer.open(&place(row.key_version), &row.sealed).ok_or(Stuck::Row)?;
        let newest = self.keys().newest(tenant).await.map_err(Stuck::All)?;
        let sealed = newest.sealer.seal(&place(newest.version), &clear);
        let stored = self.store().tenant(tenant).reseal_credential(row, newest.version, &sealed).await;
        stored.map_err(|error| Stuck::All(error.into()))
    }

    async fn delete_spent(&self, tenant: TenantId, newest: &Newest, work: &mut KeyWork) -> Result<(), VaultError> {
        let before = self.now().minus(IN_HAND);
        let mut all: Vec<(usize, DataKeyEntry)> = vec![];
        for (place, rows) in self.keys().rows(tenant).enumerate() {
            all.extend(rows.list_data_keys().await?.into_iter().map(|key| (place, key)));
        }
        all.sort_by_key(|(_, key)| key.version);
        let rows = self.store().tenant(tenant).list_credentials_of_other_keys(newest.version).await?;
        let used: BTreeSet<_> = rows.iter().map(|row| row.key_version).collect();
        for (at, (place, key)) in all.iter().enumerate().filter(|(_, (_, key))| key.version != newest.version) {
            let succeeded = all.get(at + 1).map_or(newest.created_at, |(_, next)| next.created_at);
            if succeeded > before || used.contains(&key.version) {
                work.left += 1;
            } else if let Some(rows) = self.keys().rows(tenant).nth(*place) {
                work.deleted += u64::from(rows.delete_data_key(key.version).await?);
            }
        }
        Ok(())
    }
}

/// The data key of a tenant that new seals are made with.
struct Newest {
    version: i64,
    created_at: Timestamp,
    /// The highest number that there is.
    last: i64,
    /// It is not where new ones go.
    elsewhere: bool,
}

/// Why a credential is not sealed anew.
enum Stuck {
    /// This one does not open.
    Row,
    /// Something that concerns all of them.
    All(VaultError),
}

fn summed(all: Vec<KeyUse>) -> Vec<KeyUse> {
    let mut sums = BTreeMap::<(String, Option<i64>), KeyUse>::new();
    for one in all {
        let key = (one.provider.clone(), one.version);
        match sums.get_mut(&key) {
            Some(sum) => {
                sum.keys += one.keys;
                sum.credentials += one.credentials;
                sum.oldest = sum.oldest.min(one.oldest);
            }
            None => drop(sums.insert(key, one)),
        }
    }
    sums.into_values().collect()
}

//! The key providers that the settings name, and the database of wrapped data keys.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use secrecy::ExposeSecret as _;
use turnpike_config::{Environment, KeyProviderKind, Settings};
use turnpike_core::Ambient;
use turnpike_store::Store;
use turnpike_vault::{Keyring, KmsKeys, KmsPlace, LocalKeys};

/// Opens the key providers, the present one first. KMS is not asked for anything yet.
pub(crate) async fn open(settings: &Settings, ambient: &Ambient) -> Result<Keyring> {
    let vault = &settings.vault;
    let ring = match vault.key_provider {
        KeyProviderKind::Local => {
            let local = Keyring::new(Arc::new(LocalKeys::open(&settings.key_file(), ambient)?));
            // On the way back from KMS, its keys still open.
            if vault.kms_key.is_empty() { local } else { local.with_former(Arc::new(kms(settings).await?)) }
        }
        KeyProviderKind::AwsKms => {
            let kms = Keyring::new(Arc::new(kms(settings).await?));
            // Set for as long as rows are left that it has wrapped. It must be there: a new one would open nothing.
            if vault.key_file.as_os_str().is_empty() {
                kms
            } else {
                kms.with_former(Arc::new(
                    LocalKeys::read(&vault.key_file, ambient).context("setting `vault.key_file`")?,
                ))
            }
        }
    };
    Ok(match open_store(settings).await? {
        Some(store) => ring.kept_in(store),
        None => ring,
    })
}

async fn kms(settings: &Settings) -> Result<KmsKeys> {
    let environment = match settings.environment {
        Environment::Development => "development",
        Environment::Production => "production",
    };
    let vault = &settings.vault;
    let place = KmsPlace {
        key: vault.kms_key.clone(),
        region: vault.kms_region.clone(),
        endpoint: vault.kms_endpoint.clone(),
        environment: environment.into(),
        access: None,
    };
    Ok(KmsKeys::open(place).await?)
}

/// The database of wrapped data keys, where it is one of its own.
async fn open_store(settings: &Settings) -> Result<Option<Store>> {
    let url = settings.vault.keys_url.expose_secret();
    if url.is_empty() {
        return Ok(None);
    }
    let store = Store::open(url, settings.store.max_connections).await.context("setting `vault.keys_url`")?;
    if url.starts_with("sqlite:") {
        store.migrate_keys().await.context("setting `vault.keys_url`")?;
    }
    store.check_keys().await.context("setting `vault.keys_url`")?;
    Ok(Some(store))
}

//! `turnpike migrate`.

use anyhow::{Result, bail};
use secrecy::ExposeSecret as _;
use turnpike_config::Settings;
use turnpike_store::Store;
use url::Url;

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let mut applied = main(settings).await?;
    applied.extend(keys(settings).await?);
    match applied.as_slice() {
        [] => println!("The database is at this version already."),
        names => names.iter().for_each(|name| println!("applied {name}")),
    }
    Ok(())
}

async fn main(settings: &Settings) -> Result<Vec<String>> {
    let serving = settings.store_url();
    if serving.expose_secret().starts_with("sqlite:") {
        crate::operator::make_folder(&settings.data)?;
        return Ok(Store::open(serving.expose_secret(), 1).await?.migrate().await?);
    }
    let store = open_as_owner(settings).await?;
    let applied = store.migrate().await?;
    store.grant_application_role(&role(serving.expose_secret(), "store.url")?).await?;
    Ok(applied)
}

/// The database of wrapped data keys, where it is one of its own.
async fn keys(settings: &Settings) -> Result<Vec<String>> {
    let serving = settings.vault.keys_url.expose_secret();
    let applied = match serving {
        "" => return Ok(vec![]),
        url if url.starts_with("sqlite:") => Store::open(url, 1).await?.migrate_keys().await?,
        url => {
            let owner = settings.vault.keys_owner_url.expose_secret();
            if owner.is_empty() {
                bail!("setting `vault.keys_owner_url`: name the role that owns the table of the database of keys");
            }
            let store = Store::open(owner, 1).await?;
            let applied = store.migrate_keys().await?;
            store.grant_keys_role(&role(url, "vault.keys_url")?).await?;
            applied
        }
    };
    Ok(applied.into_iter().map(|name| format!("{name} (keys)")).collect())
}

/// PostgreSQL as the role that owns the tables.
pub(crate) async fn open_as_owner(settings: &Settings) -> Result<Store> {
    let owner = settings.store.owner_url.expose_secret();
    if owner.is_empty() {
        bail!("setting `store.owner_url`: name the role that owns the tables; the role that serves must not own them");
    }
    Ok(Store::open(owner, 1).await?)
}

/// The role that serves.
fn role(url: &str, setting: &str) -> Result<String> {
    let role = Url::parse(url).ok().map(|url| url.username().to_owned()).filter(|role| !role.is_empty());
    role.ok_or_else(|| {
        anyhow::anyhow!("setting `{setting}`: name the role that serves, as in postgres://ROLE@HOST/DATABASE")
    })
}

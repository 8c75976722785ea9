//! `turnpike migrate`.

use anyhow::{Result, bail};
use secrecy::ExposeSecret as _;
use turnpike_config::Settings;
use turnpike_store::Store;
use url::Url;

pub(crate) async fn run(settings: &Settings) -> Result<()> {
    let serving = settings.store_url();
    let (serving, owner) = (serving.expose_secret(), settings.store.owner_url.expose_secret());
    let applied = if serving.starts_with("sqlite:") {
        crate::operator::make_folder(&settings.data)?;
        Store::open(serving, 1).await?.migrate().await?
    } else {
        if owner.is_empty() {
            bail!(
                "setting `store.owner_url`: name the role that owns the tables; the role that serves must not own them"
            );
        }
        let store = Store::open(owner, 1).await?;
        let applied = store.migrate().await?;
        let Some(role) = Url::parse(serving).ok().map(|url| url.username().to_owned()).filter(|role| !role.is_empty())
        else {
            bail!("setting `store.url`: name the role that serves, as in postgres://ROLE@HOST/DATABASE");
        };
        store.grant_application_role(&role).await?;
        applied
    };
    match applied.as_slice() {
        [] => println!("The database is at this version already."),
        names => names.iter().for_each(|name| println!("applied {name}")),
    }
    Ok(())
}

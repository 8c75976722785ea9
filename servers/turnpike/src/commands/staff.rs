//! `turnpike staff`: who may open the operator console.

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::Ambient;
use turnpike_portal::{add_staff, address_of};
use turnpike_store::Person;

use crate::operator::open_store;

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Let somebody into the operator console; prints a link that signs them in once, within a day.
    Add {
        /// Their e-mail address.
        email: String,
        /// How they are called [default: the address up to the @]
        #[arg(long)]
        name: Option<String>,
    },
    /// List who may open the operator console.
    List,
    /// Take the operator console away from somebody, and sign them out.
    Remove {
        /// Their e-mail address.
        email: String,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    let store = open_store(settings).await?;
    match command {
        Command::Add { email, name } => {
            let email = address_of(&email).with_context(|| format!("`{email}` is no e-mail address"))?;
            let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default().to_owned());
            let path = add_staff(&store, &Ambient::system(), &email, &name).await?;
            let url = match settings.server.public_url.trim_end_matches('/') {
                "" => format!("http://{}", settings.server.listen),
                url => url.to_owned(),
            };
            println!("{url}{path}");
        }
        Command::List => {
            for person in store.system().list_staff().await? {
                println!("{}  {}", person.email, person.name);
            }
        }
        Command::Remove { email } => {
            let found = address_of(&email).context("this is no e-mail address")?;
            let found = store.system().find_person_by_email(&found).await?.filter(|person| person.staff);
            let Some(person) = found else { bail!("{email} is not of the staff; `turnpike staff list` shows who is") };
            store.system().delete_other_sessions(person.id, None).await?;
            store.system().update_person(&Person { staff: false, ..person }).await?;
            println!("{email} cannot open the operator console any more");
        }
    }
    Ok(())
}

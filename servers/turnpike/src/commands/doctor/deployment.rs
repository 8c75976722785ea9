//! The deployment itself, part by part, from the ground up.

use secrecy::ExposeSecret as _;
use turnpike_config::{MailTransport, Settings};
use turnpike_core::Ambient;
use turnpike_portal::check_mail;
use turnpike_store::{Store, StoreError};
use turnpike_tenancy::PEPPER;

use super::finding::{Finding, Verdict};
use crate::{
    app::OTHER_PRICES,
    commands::at_the_desk,
    operator::{Operator, make_folder},
    versions,
};

/// Tells how each part stands; the opened back ends, unless the connections cannot be looked at without what is missing.
pub(super) async fn look(settings: &Settings, tell: &mut impl FnMut(Finding)) -> Option<Operator> {
    let database = database(settings).await;
    let there = database.is_well();
    tell(database);
    tell(mails(settings).await);
    if !there {
        return None;
    }
    let operator = match at_the_desk(settings).await {
        Ok(operator) => operator,
        Err(error) => {
            let finding = Finding::of_deployment("keys", Verdict::Failed, format!("{error:#}"));
            tell(finding.needing("Mend what it names: without it no credential opens, and no server starts."));
            return None;
        }
    };
    tell(keys(&operator).await);
    if let Some(finding) = redis(&operator).await {
        tell(finding);
    }
    tell(prices(&operator));
    for finding in ending_versions(settings, &operator) {
        tell(finding);
    }
    Some(operator)
}

/// Whether the database answers, has the tables of this version, and holds the role behind row-level security.
async fn database(settings: &Settings) -> Finding {
    if let Err(error) = make_folder(&settings.data) {
        return Finding::of_deployment("database", Verdict::Failed, format!("{error:#}"))
            .needing("Mend the setting `data`.");
    }
    let looked = async {
        let store = Store::open(settings.store_url().expose_secret(), 1).await?;
        let version = store.version().await?;
        // A server brings an SQLite file to its version when it starts, as the commands do.
        match store.check().await {
            Err(StoreError::SchemaBehind { .. }) if version.starts_with("SQLite") => {
                store.migrate().await.map(drop)?;
                store.check().await?;
            }
            checked => checked?,
        }
        Ok::<_, StoreError>(version)
    };
    match looked.await {
        Ok(version) if version.starts_with("SQLite") => {
            Finding::of_deployment("database", Verdict::Ok, format!("{version}, with the tables of this version"))
        }
        Ok(version) => {
            let says = format!("{version}, with the tables of this version; row-level security holds its role");
            Finding::of_deployment("database", Verdict::Ok, says)
        }
        Err(error) => {
            let to_do = match &error {
                StoreError::SchemaBehind { .. } | StoreError::Unguarded { .. } => "Run `turnpike migrate`.",
                StoreError::RoleTooPowerful { .. } => {
                    "Let `store.url` name a role that neither owns the tables nor may pass by row-level security."
                }
                _ => "Look after the database, and after `store.url`.",
            };
            Finding::of_deployment("database", Verdict::Failed, error.to_string()).needing(to_do)
        }
    }
}

/// Whether the key provider opens what it has wrapped.
async fn keys(operator: &Operator) -> Finding {
    match operator.vault.deployment_secret(PEPPER).await {
        Ok(_) => Finding::of_deployment("keys", Verdict::Ok, "the key provider opens what it has wrapped"),
        Err(error) => Finding::of_deployment("keys", Verdict::Failed, error.to_string())
            .needing("Look after the key provider: without it no credential opens."),
    }
}

/// Whether Redis answers, where the settings name one.
async fn redis(operator: &Operator) -> Option<Finding> {
    Some(match operator.redis.as_ref()?.ping().await {
        Ok(()) => Finding::of_deployment("redis", Verdict::Ok, "it answers"),
        Err(error) => Finding::of_deployment("redis", Verdict::Failed, error.to_string()).needing(
            "Look after Redis, and after `redis.url`; `redis.when_gone` says what becomes of calls meanwhile.",
        ),
    })
}

/// Whether the settings file still says what is charged.
fn prices(operator: &Operator) -> Finding {
    if operator.billing.books().settings_are_a_version() {
        return Finding::of_deployment(
            "prices",
            Verdict::Ok,
            "what the settings file says is a version of the price book",
        );
    }
    Finding::of_deployment("prices", Verdict::Failed, OTHER_PRICES).needing(
        "Set them as the next version with `turnpike prices set`, which shows their effect first, or take them back out.",
    )
}

/// Whether mails would leave.
async fn mails(settings: &Settings) -> Finding {
    let says = match settings.mail.transport {
        MailTransport::Smtp => "the mail server greets us",
        MailTransport::Outbox => "mails become files in the folder `outbox`, and reach nobody",
    };
    match check_mail(settings, Ambient::system()).await {
        Ok(()) => Finding::of_deployment("mails", Verdict::Ok, says),
        Err(error) => Finding::of_deployment("mails", Verdict::Failed, error.to_string()).needing(
            "Look after the mail server, and after the section `mail`: nobody can sign in by mail or is warned.",
        ),
    }
}

/// The vendors' API versions that end soon, or have.
fn ending_versions(settings: &Settings, operator: &Operator) -> Vec<Finding> {
    match versions::ending(settings, &operator.integrations, operator.ambient.now()) {
        Ok(lines) if lines.is_empty() => {
            vec![Finding::of_deployment("versions", Verdict::Ok, "no vendor's API version ends within 60 days")]
        }
        Ok(lines) => lines
            .into_iter()
            .map(|line| {
                let (says, to_do) = line.split_once(": ").unwrap_or((&line, "move to a newer one"));
                let to_do = format!("{}{}.", to_do[..1].to_uppercase(), &to_do[1..]);
                Finding::of_deployment("versions", Verdict::EndsSoon, says).needing(to_do)
            })
            .collect(),
        Err(error) => {
            vec![Finding::of_deployment("versions", Verdict::Failed, format!("{error:#}")).needing("Mend the setting.")]
        }
    }
}

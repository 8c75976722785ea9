//! `turnpike signing-key`: the keys that sign access tokens.

use anyhow::Result;
use clap::Subcommand;
use turnpike_config::Settings;
use turnpike_core::{Ambient, Timestamp};
use turnpike_store::SigningKeyRow;

use super::at_the_desk;
use crate::{authorization::authorization_server, operator::open_store};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// The keys, oldest first: which of them signs, which will, which only checks, which was revoked.
    List,
    /// Sign with a new key, out of turn. Without this the servers change keys by themselves, as `oauth.key_days` says.
    ///
    /// The new key is published at once and signs ten minutes later, when everybody who checks access tokens knows it; the old
    /// one is taken until the last token that it signed has ended. Nobody notices.
    ///
    /// When a key may be in other hands, add --revoke: every access token that was signed so far is
    /// refused on every server within 10 seconds, and the new key signs at once. Agents are not thrown out: they fetch new
    /// access tokens with their refresh tokens, by themselves.
    Rotate {
        /// Refuse what was signed so far.
        #[arg(long)]
        revoke: bool,
    },
}

pub(crate) async fn run(settings: &Settings, command: Command) -> Result<()> {
    match command {
        Command::List => {
            let (rows, now) =
                (open_store(settings).await?.system().list_signing_keys().await?, Ambient::system().now());
            if rows.is_empty() {
                println!("There is no key yet: the first one is made when it is needed.");
            }
            for (at, row) in rows.iter().enumerate() {
                println!("{}  {:<8} signs from {}", row.id, state(row, &rows[at + 1..], now), row.signs_from);
            }
        }
        Command::Rotate { revoke } => {
            let operator = at_the_desk(settings).await?;
            let server = authorization_server(settings, &operator, &settings.server.public_url).await?;
            let signs_from = server.rotate_keys(revoke).await?;
            println!("A new key signs from {signs_from}.");
            if revoke {
                println!("Running servers refuse every access token that was signed before within 10 seconds.");
            }
        }
    }
    Ok(())
}

fn state(row: &SigningKeyRow, later: &[SigningKeyRow], now: Timestamp) -> &'static str {
    let signing = |row: &SigningKeyRow| row.revoked_at.is_none() && row.signs_from <= now;
    match row {
        row if row.revoked_at.is_some() => "revoked",
        row if row.signs_from > now => "next",
        _ if later.iter().any(signing) => "checks",
        _ => "signs",
    }
}

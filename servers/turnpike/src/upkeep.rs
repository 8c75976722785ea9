//! Looking after connections: what is renewed before anybody asks, and who is told what cannot be.

use std::time::Duration;

use anyhow::Result;
use turnpike_config::Settings;
use turnpike_core::Timestamp;
use turnpike_portal::Portal;
use turnpike_vault::Upkeep;

use crate::operator::Operator;

/// How often a round is made. The vault reckons with the next one within two minutes.
pub(crate) const EVERY: Duration = Duration::from_secs(60);

/// When connections are looked after, as the settings say.
pub fn of(settings: &Settings) -> Upkeep {
    Upkeep {
        idle: Duration::from_secs(3600 * u64::from(settings.vault.idle_hours)),
        keep_alive: Duration::from_secs(24 * 3600 * u64::from(settings.vault.keep_alive_days)),
    }
}

/// One round of renewing: how many credentials were. Any number of processes may make it at once.
pub async fn renew(operator: &Operator, upkeep: Upkeep, now: Timestamp) -> Result<usize> {
    Ok(operator.upstream.upkeep(upkeep, now).await?)
}

/// One round of telling people: how many mails. It comes after that of renewing, which may have found what has broken.
pub async fn remind(portal: &Portal, now: Timestamp) -> Result<usize> {
    Ok(portal.send_connection_reminders(now).await?)
}

//! When a connection ends, and why then: from what the vendor has said, or from what is known of its kind of grant.

use std::time::Duration;

use turnpike_core::Timestamp;
use turnpike_sdk::{AuthShape, Manifest, SystemUser};
use turnpike_store::{ConnectionRow, ConnectionState};

/// So many days before its end a connection is spoken of.
pub const REMINDED_BEFORE: [u32; 3] = [30, 14, 3];

const DAY: Duration = Duration::from_secs(24 * 3600);

/// The expected end of a connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prediction {
    /// When, where that is known.
    pub at: Option<Timestamp>,
    /// Why then, or why nobody knows: whole sentences for people.
    pub why: String,
}

impl Prediction {
    /// Of a connection to that integration, whose credential was last replaced then.
    pub fn of(manifest: &Manifest, row: &ConnectionRow, refreshed_at: Option<Timestamp>) -> Self {
        let at = row.predicted_end.filter(|_| row.state != ConnectionState::Disabled);
        let why = match row.state {
            ConnectionState::Disabled => "It is disconnected.".to_owned(),
            ConnectionState::ReconnectNeeded => {
                let reason = row.reason.as_deref().unwrap_or("the grant is gone").trim_end_matches('.');
                format!("It has ended: {reason}.")
            }
            ConnectionState::Ok | ConnectionState::Expiring => why_then(manifest, at, refreshed_at),
        };
        Self { at, why }
    }
}

/// Why a connection that works ends then, or why nobody knows: whole sentences for people.
pub fn why_then(manifest: &Manifest, at: Option<Timestamp>, refreshed_at: Option<Timestamp>) -> String {
    let title = manifest.title;
    match (&manifest.auth, at) {
        (AuthShape::RestliOAuth(_), Some(_)) => {
            format!(
                "{title} fixed this day when access was granted, and refreshing does not move it. Connect again before."
            )
        }
        (AuthShape::RestliOAuth(_), None) => format!("{title} has not said when the grant ends."),
        (AuthShape::SystemUserToken(SystemUser { app: Some(app), .. }), Some(_)) => format!(
            "The token ends 60 days after it was made. {} days before it is exchanged for a new one by itself; only if that \
             keeps failing a person must connect again.",
            app.renew_ahead.as_secs() / DAY.as_secs()
        ),
        (AuthShape::SystemUserToken(SystemUser { app: Some(_), .. }), None) => {
            "The token was made without an end.".to_owned()
        }
        (AuthShape::SystemUserToken(SystemUser { app: None, .. }), _) => {
            format!("The token has no end; it holds until it is withdrawn, or its app is removed from {title}.")
        }
        (AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth), _) => {
            let lapses = oauth.lapses_unused.map(|unused| {
                let last = refreshed_at.map_or_else(String::new, |at| {
                    let lapses = at.plus(unused).to_utc().date_naive();
                    format!(" It was refreshed last on {}, and would lapse on {lapses}.", at.to_utc().date_naive())
                });
                format!(
                    " A grant that nothing refreshes for {} days lapses, so it is refreshed even when no agent calls.{last}",
                    unused.as_secs() / DAY.as_secs()
                )
            });
            let also = if oauth.ends_also.is_empty() { String::new() } else { format!(" {}", oauth.ends_also) };
            format!("No end is known: the grant holds until it is taken back.{}{also}", lapses.unwrap_or_default())
        }
        (AuthShape::ApiKey { .. }, _) => "A key has no end; it holds until it is withdrawn.".to_owned(),
    }
}

/// The nearest of [`REMINDED_BEFORE`] that has come for an end, where a person has to do something about it. A token that is
/// exchanged by itself is spoken of only once that should have happened.
pub fn reminded_before(shape: &AuthShape, end: Timestamp, now: Timestamp) -> Option<u32> {
    let person_needed_from = match shape {
        AuthShape::SystemUserToken(SystemUser { app: Some(app), .. }) => app.renew_ahead,
        AuthShape::RestliOAuth(_) | AuthShape::OAuthRefresh(_) | AuthShape::LoginWithAmazon(_) => Duration::MAX,
        AuthShape::SystemUserToken(SystemUser { app: None, .. }) | AuthShape::ApiKey { .. } => return None,
    };
    let come = REMINDED_BEFORE.into_iter().filter(|days| DAY * *days < person_needed_from);
    come.filter(|days| end > now && end.minus(DAY * *days) <= now).min()
}

#[cfg(test)]
mod tests {
    use turnpike_sdk::TokenApp;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn exchanged() -> AuthShape {
        let app = Some(TokenApp { token_url: "", renew_ahead: 7 * DAY });
        AuthShape::SystemUserToken(SystemUser { scopes: &[], app })
    }

    fn fixed() -> AuthShape {
        AuthShape::RestliOAuth(turnpike_sdk::OAuth {
            authorize_url: "",
            authorize_parameters: &[],
            issuer: None,
            pkce: false,
            token_url: "",
            revoke_url: None,
            token_style: turnpike_sdk::TokenStyle::USUAL,
            scopes: &[],
            refresh_ahead: DAY,
            lapses_unused: None,
            ends_also: "",
        })
    }

    #[test]
    fn the_nearest_of_the_thresholds_that_have_come_is_told() {
        let told = |days: f64| reminded_before(&fixed(), NOW.plus(DAY.mul_f64(days)), NOW);
        assert_eq!([told(31.0), told(30.0), told(15.0), told(14.0)], [None, Some(30), Some(30), Some(14)]);
        assert_eq!([told(3.1), told(3.0), told(0.1), told(0.0)], [Some(14), Some(3), Some(3), None]);
    }

    #[test]
    fn what_is_exchanged_by_itself_is_told_only_when_that_is_overdue() {
        let told = |days: u32| reminded_before(&exchanged(), NOW.plus(DAY * days), NOW);
        assert_eq!([told(30), told(14), told(7), told(3)], [None, None, None, Some(3)]);
    }

    #[test]
    fn what_has_no_end_and_no_exchange_is_never_told() {
        let lasting = AuthShape::SystemUserToken(SystemUser { scopes: &[], app: None });
        assert_eq!(reminded_before(&lasting, NOW.plus(DAY), NOW), None);
    }
}

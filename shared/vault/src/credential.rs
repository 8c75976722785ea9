//! The five kinds of credential. They exist in clear only here and while a request is being sent.

use std::{collections::HashMap, time::Duration};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use turnpike_core::Timestamp;
use turnpike_sdk::AuthShape;
use zeroize::Zeroizing;

use crate::exchange::Fresh;

/// By less than this two answers tell the same end of a grant: each says how many whole seconds it has left.
pub(crate) const END_MOVES: Duration = Duration::from_secs(3600);

/// What a connection holds, by auth shape.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "shape", rename_all = "snake_case")]
pub enum Credential {
    /// OAuth 2 with a long-lived refresh token.
    OAuthRefresh(OAuthGrant),
    /// A system user's token, with its app where the vendor wants one beside it.
    SystemUserToken(SystemUserGrant),
    /// Login with Amazon: a grant that reaches the profiles of every region.
    LoginWithAmazon(OAuthGrant),
    /// A grant whose refresh token has a fixed end.
    RestliOAuth {
        /// The grant.
        grant: OAuthGrant,
        /// When a person must reconnect.
        refresh_expires_at: Option<Timestamp>,
    },
    /// A static key.
    ApiKey {
        /// The key.
        #[serde(with = "clear")]
        key: SecretString,
    },
}

/// An OAuth client, a refresh token, and the access token while it lives.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct OAuthGrant {
    /// The client that the grant was given to: the operator's or the tenant's own.
    pub client_id: String,
    /// Its secret.
    #[serde(with = "clear")]
    pub client_secret: SecretString,
    /// The refresh token.
    #[serde(with = "clear")]
    pub refresh_token: SecretString,
    /// The access token, once there is one.
    pub access: Option<AccessToken>,
}

/// A system user's token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SystemUserGrant {
    /// The app that it was made for, where the vendor wants it to sign.
    #[serde(flatten)]
    pub app: Option<SigningApp>,
    /// The token.
    #[serde(with = "clear")]
    pub token: SecretString,
    /// When it lapses, if it does: it can be exchanged for another before, and not after.
    pub expires_at: Option<Timestamp>,
}

/// The app of a system user's token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SigningApp {
    /// The app.
    pub app_id: String,
    /// Signs requests (`appsecret_proof`).
    #[serde(with = "clear")]
    pub app_secret: SecretString,
}

/// An access token and its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessToken {
    /// The token.
    #[serde(with = "clear")]
    pub token: SecretString,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was given.
    pub issued_at: Timestamp,
}

/// A connect form that lacks a field.
#[derive(Debug, thiserror::Error)]
#[error("the connect form lacks `{0}`")]
pub struct FormError(pub &'static str);

impl Credential {
    /// Builds a credential from the fields of the integration's connect form.
    pub fn from_form(shape: &AuthShape, mut form: HashMap<&'static str, String>) -> Result<Self, FormError> {
        let mut take =
            |name: &'static str| form.remove(name).filter(|value| !value.trim().is_empty()).ok_or(FormError(name));
        let mut grant = || {
            Ok(OAuthGrant {
                client_id: take("client_id")?,
                client_secret: take("client_secret")?.into(),
                refresh_token: take("refresh_token")?.into(),
                access: None,
            })
        };
        Ok(match shape {
            AuthShape::OAuthRefresh(_) => Self::OAuthRefresh(grant()?),
            AuthShape::RestliOAuth(_) => Self::RestliOAuth { grant: grant()?, refresh_expires_at: None },
            AuthShape::LoginWithAmazon(_) => Self::LoginWithAmazon(grant()?),
            // Pasted with a line break more often than not.
            AuthShape::SystemUserToken(user) => Self::SystemUserToken(SystemUserGrant {
                app: match user.app {
                    Some(_) => Some(SigningApp {
                        app_id: take("app_id")?.trim().into(),
                        app_secret: take("app_secret")?.trim().into(),
                    }),
                    None => None,
                },
                token: take("access_token")?.trim().into(),
                expires_at: None,
            }),
            AuthShape::ApiKey { .. } => Self::ApiKey { key: take("key")?.trim().into() },
        })
    }

    /// Builds a credential from what a person's consent gave; `None` in the shapes that have no such way.
    pub(crate) fn from_grant(shape: &AuthShape, grant: OAuthGrant) -> Option<Self> {
        match shape {
            AuthShape::OAuthRefresh(_) => Some(Self::OAuthRefresh(grant)),
            AuthShape::LoginWithAmazon(_) => Some(Self::LoginWithAmazon(grant)),
            AuthShape::RestliOAuth(_) => Some(Self::RestliOAuth { grant, refresh_expires_at: None }),
            AuthShape::SystemUserToken(_) | AuthShape::ApiKey { .. } => None,
        }
    }

    /// The OAuth grant, in the shapes that have one.
    pub fn grant(&self) -> Option<&OAuthGrant> {
        match self {
            Self::OAuthRefresh(grant) | Self::LoginWithAmazon(grant) | Self::RestliOAuth { grant, .. } => Some(grant),
            Self::SystemUserToken(_) | Self::ApiKey { .. } => None,
        }
    }

    pub(crate) fn grant_mut(&mut self) -> Option<&mut OAuthGrant> {
        match self {
            Self::OAuthRefresh(grant) | Self::LoginWithAmazon(grant) | Self::RestliOAuth { grant, .. } => Some(grant),
            Self::SystemUserToken(_) | Self::ApiKey { .. } => None,
        }
    }

    /// Whether what is sent to the upstream lives at `at`, as far as is known.
    pub(crate) fn lives_at(&self, at: Timestamp) -> bool {
        match self {
            Self::OAuthRefresh(grant) | Self::LoginWithAmazon(grant) | Self::RestliOAuth { grant, .. } => {
                grant.live_access(at).is_some()
            }
            Self::SystemUserToken(own) => own.expires_at.is_none_or(|end| end > at),
            Self::ApiKey { .. } => true,
        }
    }

    /// Takes in what the authorization server gave at `now`.
    pub(crate) fn take_in(&mut self, fresh: Fresh, now: Timestamp) {
        let expires_at = now.plus(fresh.life);
        if let Self::SystemUserToken(own) = self {
            (own.token, own.expires_at) = (fresh.access_token, Some(expires_at));
        } else if let Some(grant) = self.grant_mut() {
            grant.access = Some(AccessToken { token: fresh.access_token, expires_at, issued_at: now });
            if let Some(rotated) = fresh.refresh_token {
                grant.refresh_token = rotated;
            }
        }
        if let (Self::RestliOAuth { refresh_expires_at, .. }, Some(left)) = (self, fresh.refresh_life) {
            let told = now.plus(left);
            // The same end, told in other seconds: what was said of it stays said.
            let same = |known: &Timestamp| told.since(*known).max(known.since(told)) < END_MOVES;
            *refresh_expires_at = Some(refresh_expires_at.filter(same).unwrap_or(told));
        }
    }

    /// When the grant itself ends, where that is known: a person must reconnect before, unless it can be exchanged.
    pub fn ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::RestliOAuth { refresh_expires_at, .. } => *refresh_expires_at,
            Self::SystemUserToken(own) => own.expires_at,
            Self::OAuthRefresh(_) | Self::LoginWithAmazon(_) | Self::ApiKey { .. } => None,
        }
    }

    /// Whether a refresh gives an access token that lives longer: not when the present one lives until the grant's own end,
    /// give or take what the seconds of two answers differ by.
    pub(crate) fn can_be_lengthened(&self) -> bool {
        match (self.access_expires_at(), self.ends_at()) {
            (Some(access), Some(end)) => access.plus(END_MOVES) < end,
            _ => true,
        }
    }

    /// When the access token ends, in the shapes that have one.
    pub fn access_expires_at(&self) -> Option<Timestamp> {
        self.grant().and_then(|grant| grant.access.as_ref()).map(|access| access.expires_at)
    }

    /// Names the vendor app that this credential belongs to: holds of scope "app" are shared by all that have the same. A
    /// static key belongs to none, nor does a token that came without its app.
    pub fn app(&self) -> Option<&str> {
        match self {
            Self::SystemUserToken(own) => own.app.as_ref().map(|app| app.app_id.as_str()),
            Self::ApiKey { .. } => None,
            shape => shape.grant().map(|grant| grant.client_id.as_str()),
        }
    }

    pub(crate) fn to_clear(&self) -> Option<Zeroizing<Vec<u8>>> {
        serde_json::to_vec(self).ok().map(Zeroizing::new)
    }

    pub(crate) fn from_clear(clear: &[u8]) -> Option<Self> {
        serde_json::from_slice(clear).ok()
    }
}

/// Writes a secret in clear. Private to the vault: what it makes is sealed before it is stored.
mod clear {
    use secrecy::{ExposeSecret as _, SecretString};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose_secret())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
        SecretString::deserialize(deserializer)
    }
}

impl OAuthGrant {
    /// The access token's text while it lives at `now`.
    pub fn live_access(&self, now: Timestamp) -> Option<&str> {
        self.access.as_ref().filter(|access| access.expires_at > now).map(|access| access.token.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_shows_none_of_its_secrets() {
        let form = HashMap::from([
            ("client_id", "client".into()),
            ("client_secret", "canary-s".into()),
            ("refresh_token", "canary-r".into()),
        ]);
        let oauth = turnpike_sdk::OAuth {
            authorize_url: "",
            authorize_parameters: &[],
            issuer: None,
            pkce: true,
            token_url: "",
            revoke_url: None,
            token_style: turnpike_sdk::TokenStyle::USUAL,
            scopes: &[],
            refresh_ahead: std::time::Duration::ZERO,
            lapses_unused: None,
            ends_also: "",
        };
        let credential = Credential::from_form(&AuthShape::OAuthRefresh(oauth), form).unwrap();
        let shown = format!("{credential:?}");
        assert!(shown.contains("client") && !shown.contains("canary"), "{shown}");
        let clear = credential.to_clear().unwrap();
        let again = Credential::from_clear(&clear).unwrap();
        assert_eq!(again.grant().unwrap().refresh_token.expose_secret(), "canary-r");
    }

    #[test]
    fn what_surrounds_a_pasted_key_is_no_part_of_it() {
        let shape = AuthShape::ApiKey { header: "authorization", prefix: "" };
        let credential = Credential::from_form(&shape, HashMap::from([("key", " canary\n".into())])).unwrap();
        let Credential::ApiKey { key } = &credential else { panic!("another shape") };
        assert_eq!((key.expose_secret(), credential.app()), ("canary", None));
        assert!(!format!("{credential:?}").contains("canary"));
    }

    #[test]
    fn a_form_that_lacks_a_field_names_it() {
        let app = turnpike_sdk::TokenApp { token_url: "", renew_ahead: std::time::Duration::ZERO };
        let shape = |app| AuthShape::SystemUserToken(turnpike_sdk::SystemUser { scopes: &[], app });
        let error = Credential::from_form(&shape(Some(app)), HashMap::from([("app_id", "1".into())])).unwrap_err();
        assert_eq!(error.to_string(), "the connect form lacks `app_secret`");
        let error = Credential::from_form(&shape(None), HashMap::from([("app_id", "1".into())])).unwrap_err();
        assert_eq!(error.to_string(), "the connect form lacks `access_token`");
    }

    #[test]
    fn a_system_users_token_is_kept_with_its_app_and_without() {
        let with_app = r#"{"shape":"system_user_token","app_id":"1","app_secret":"s","token":"t","expires_at":null}"#;
        let without = r#"{"shape":"system_user_token","token":"t","expires_at":null}"#;
        for (stored, app) in [(with_app, Some("1")), (without, None)] {
            let credential = Credential::from_clear(stored.as_bytes()).unwrap();
            assert_eq!(credential.app(), app);
            assert_eq!(&*credential.to_clear().unwrap(), stored.as_bytes(), "as versions before have stored it");
        }
    }
}

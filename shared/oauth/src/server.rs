//! What all of it shares: the issuer, its servers and their scopes, and the secrets that tokens follow from.

use std::{ops::Deref, sync::Arc, time::Duration};

use serde_json::{Value, json};
use turnpike_config::{OAuthClientSettings, OAuthSettings};
use turnpike_core::{Ambient, Handles, Timestamp};
use turnpike_store::Store;
use turnpike_vault::Vault;
use url::Url;

use crate::{
    AccessToken, Documents, OAuthError, RedirectRules, Unaccepted, access,
    keys::KeyRing,
    refresh::{self, RefreshTokens},
};

/// The scope with which clients ask for a refresh token. All get one; it is listed so that they ask.
pub const OFFLINE: &str = "offline_access";

/// A server that tokens are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Its canonical URL: what a person pastes.
    pub url: String,
    /// What it is called.
    pub title: String,
    /// What tokens for it may open.
    pub scopes: Vec<ScopeOf>,
}

/// A scope of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeOf {
    /// As tokens name it: `google-ads:read`.
    pub name: String,
    /// What it opens, for people.
    pub title: String,
    /// Whether it changes anything.
    pub writes: bool,
}

impl Resource {
    /// What a client gets that does not say what it wants: reading.
    pub fn basic_scopes(&self) -> Vec<String> {
        self.scopes.iter().filter(|scope| !scope.writes).map(|scope| scope.name.clone()).collect()
    }
}

/// What the binary puts it together from.
pub struct Parts {
    /// Section `[oauth]`.
    pub settings: OAuthSettings,
    /// Section `[oauth_clients]`, by client id.
    pub clients: Vec<(String, OAuthClientSettings)>,
    /// The public address: scheme and host, no trailing slash.
    pub issuer: String,
    /// The servers.
    pub resources: Vec<Resource>,
    /// Reads the documents of clients.
    pub documents: Documents,
    /// Database.
    pub store: Store,
    /// Secrets of the deployment.
    pub vault: Vault,
    /// Seals what a consent page carries.
    pub handles: Handles,
    /// Clock and randomness.
    pub ambient: Ambient,
}

/// The authorization server. Cheap to clone.
#[derive(Clone)]
pub struct AuthorizationServer(Arc<Inner>);

/// What every part reaches.
pub struct Inner {
    pub(crate) settings: OAuthSettings,
    pub(crate) clients: Vec<(String, OAuthClientSettings)>,
    pub(crate) issuer: String,
    pub(crate) resources: Vec<Resource>,
    pub(crate) documents: Documents,
    pub(crate) store: Store,
    pub(crate) handles: Handles,
    pub(crate) ambient: Ambient,
    pub(crate) rules: RedirectRules,
    pub(crate) refresh: RefreshTokens,
    pub(crate) keys: KeyRing,
}

impl Deref for AuthorizationServer {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AuthorizationServer {
    /// Puts it together.
    pub async fn open(parts: Parts) -> Result<Self, OAuthError> {
        let Parts { settings, clients, issuer, resources, documents, store, vault, handles, ambient } = parts;
        let refresh = RefreshTokens::new(vault.deployment_secret(refresh::SECRET).await?);
        let lasts = days(settings.key_days);
        let keys = KeyRing::new(store.clone(), vault, ambient.clone(), lasts);
        let rules = RedirectRules::new(settings.app_redirects.clone());
        Ok(Self(Arc::new(Inner {
            settings,
            clients,
            issuer,
            resources,
            documents,
            store,
            handles,
            ambient,
            rules,
            refresh,
            keys,
        })))
    }

    /// What clients compare with, letter for letter.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The servers that tokens are for.
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }

    /// Which redirects clients may have.
    pub fn redirect_rules(&self) -> &RedirectRules {
        &self.rules
    }

    /// Metadata of the authorization server (RFC 8414); also where OpenID Connect clients look for it.
    pub fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let scopes = self.resources.iter().flat_map(|own| own.scopes.iter().map(|scope| scope.name.as_str()));
        let mut scopes: Vec<_> = scopes.chain([OFFLINE]).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut document = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "revocation_endpoint": at("/revoke"),
            "introspection_endpoint": at("/introspect"),
            "jwks_uri": at("/.well-known/jwks.json"),
            "scopes_supported": scopes,
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "introspection_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": true,
        });
        if self.settings.registration {
            document["registration_endpoint"] = json!(at("/register"));
        }
        document
    }

    /// The public keys (RFC 7517).
    pub async fn published_keys(&self) -> Result<Value, OAuthError> {
        self.keys.published().await
    }

    /// Reads an access token for one of our servers, or for any when that is `None`. Whether what it stands for is still so
    /// is [`AuthorizationServer::standing`]'s to say.
    pub async fn check(&self, audience: Option<&str>, token: &str) -> Result<AccessToken, Unaccepted> {
        access::check(&self.keys, &self.issuer, audience, self.ambient.now(), token).await
    }

    /// Signs with another key from now on; with `revoke`, nothing signed before is taken any more. From when it signs.
    pub async fn rotate_keys(&self, revoke: bool) -> Result<Timestamp, OAuthError> {
        self.keys.rotate(revoke).await
    }

    /// Makes the next key when its time has come, and forgets what is kept for a while only.
    pub async fn maintain(&self) -> Result<(), OAuthError> {
        self.keys.maintain().await?;
        let (system, now) = (self.store.system(), self.ambient.now());
        system.delete_unused_oauth_clients(now.minus(days(90)), now.minus(days(1))).await?;
        system.delete_ended_grants(now.minus(days(90))).await?;
        system.delete_old_connect_attempts(now.minus(days(30))).await?;
        Ok(())
    }
}

impl Inner {
    /// The server that a request names; all in one where it names none.
    pub(crate) fn wanted_resource(&self, url: Option<&str>) -> Option<&Resource> {
        match url {
            Some(url) => self.find_resource(url),
            None => self.find_resource(&format!("{}/mcp", self.issuer)),
        }
    }

    /// The server of that URL, in whatever spelling of scheme, host and last slash it was sent.
    pub(crate) fn find_resource(&self, url: &str) -> Option<&Resource> {
        let wanted = canonical(url)?;
        self.resources.iter().find(|own| own.url == wanted)
    }
}

/// A server's URL in its canonical spelling; `None` when it is none.
fn canonical(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let plain = url.fragment().is_none() && url.query().is_none() && url.username().is_empty();
    plain.then(|| url.as_str().trim_end_matches('/').to_owned())
}

pub(crate) fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

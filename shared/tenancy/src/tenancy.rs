//! What all acts share.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use secrecy::SecretString;
use serde_json::Value;
use turnpike_core::{Ambient, Handles, TenantId};
use turnpike_store::{AuditError, AuditHead, NewAuditEvent, Store, StoreError};
use turnpike_upstream::{Route, Upstream};
use turnpike_vault::{Vault, VaultError};
use url::Url;
use zeroize::Zeroizing;

use crate::{Actor, ConnectError, PEPPER};

/// Name of the secret that the audit log is chained under; a new version gets a new name.
const AUDIT_KEY: &str = "audit/1";
/// Name of the secret that PKCE verifiers are derived from.
const VERIFIER_KEY: &str = "authorization/1";
/// Where vendors send browsers back to.
const CALLBACK: &str = "/connect/callback";

/// Which upstream a connection leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The vendor.
    Live,
    /// The integration's sandbox.
    Sandbox,
}

impl Side {
    /// Whether it is the sandbox.
    pub const fn is_sandbox(self) -> bool {
        matches!(self, Self::Sandbox)
    }

    pub(crate) const fn of(sandbox: bool) -> Self {
        if sandbox { Self::Sandbox } else { Self::Live }
    }
}

/// The OAuth client with which people are sent to a vendor.
#[derive(Clone)]
pub struct OAuthApp {
    /// Client id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: SecretString,
    /// Where a person grants access; a path is one of our own public address.
    pub authorize_url: String,
}

/// What tenancy is made of.
pub struct Parts {
    /// Database.
    pub store: Store,
    /// Credentials.
    pub vault: Vault,
    /// The way out.
    pub upstream: Upstream,
    /// Seals handles.
    pub handles: Handles,
    /// Clock and randomness.
    pub ambient: Ambient,
    /// The operator's OAuth clients, by integration.
    pub live_apps: HashMap<String, OAuthApp>,
    /// The sandboxes' OAuth clients, by integration.
    pub sandbox_apps: HashMap<String, OAuthApp>,
}

pub(crate) struct Inner {
    pub(crate) parts: Parts,
    pub(crate) pepper: Zeroizing<[u8; 32]>,
    pub(crate) verifier_key: Zeroizing<[u8; 32]>,
    pub(crate) audit_key: Zeroizing<[u8; 32]>,
    public_url: OnceLock<Url>,
}

/// What people do to a tenant. Cheap to clone.
#[derive(Clone)]
pub struct Tenancy(pub(crate) Arc<Inner>);

impl Tenancy {
    /// Over these parts; the secrets of the deployment that it needs are made on first use.
    pub async fn open(parts: Parts) -> Result<Self, VaultError> {
        let pepper = parts.vault.deployment_secret(PEPPER).await?;
        let verifier_key = parts.vault.deployment_secret(VERIFIER_KEY).await?;
        let audit_key = parts.vault.deployment_secret(AUDIT_KEY).await?;
        Ok(Self(Arc::new(Inner { parts, pepper, verifier_key, audit_key, public_url: OnceLock::new() })))
    }

    /// From now on browsers reach this process at that address. Before, nobody can be sent to a vendor and come back.
    pub fn serve_at(&self, public_url: &str) -> Result<(), url::ParseError> {
        let public_url = Url::parse(public_url)?;
        self.0.public_url.get_or_init(|| public_url);
        Ok(())
    }

    /// The address at which vendors send people back, once this process is served.
    pub fn callback_url(&self) -> Option<Url> {
        self.0.public_url.get()?.join(CALLBACK).ok()
    }

    /// The page of the sandbox on which a person makes a credential for the connect form, in the shapes that have one.
    pub fn credential_page(&self, integration: &str) -> Option<Url> {
        let route = self.parts().upstream.find_route(integration)?;
        let copied = route.sandbox.is_some() && route.integration.manifest.auth.oauth().is_none();
        self.0.public_url.get()?.join(&format!("/sandbox/{integration}/credential")).ok().filter(|_| copied)
    }

    /// Whether a person can be sent to the vendor: in the shapes that have such a way, with a client of ours.
    pub fn has_app(&self, integration: &str, side: Side) -> bool {
        self.find_app(integration, side).is_some()
    }

    /// Adds an event to the tenant's audit log. The subject is what the act was done to: a word and an id, such as
    /// `connection:` with its id.
    pub async fn record(
        &self,
        tenant: TenantId,
        actor: &Actor,
        action: &'static str,
        subject: &str,
        details: Value,
    ) -> Result<(), StoreError> {
        let event = self.event(actor, action, subject, &details);
        self.parts().store.tenant(tenant).append_audit(&self.0.audit_key, &event).await.map(drop)
    }

    /// An event of this moment.
    pub(crate) fn event(&self, actor: &Actor, action: &str, subject: &str, details: &Value) -> NewAuditEvent {
        NewAuditEvent {
            at: self.parts().ambient.now(),
            actor: actor.0.clone(),
            action: action.into(),
            subject: subject.into(),
            details_json: details.to_string(),
        }
    }

    /// Goes through a tenant's audit log, up to its end or to what is wrong with it.
    pub async fn verify_audit(&self, tenant: TenantId, seen: Option<AuditHead>) -> Result<AuditHead, AuditError> {
        self.parts().store.tenant(tenant).verify_audit(&self.0.audit_key, seen).await
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    pub(crate) fn route(&self, integration: &str) -> Result<&Route, ConnectError> {
        let found = self.parts().upstream.find_route(integration);
        found.ok_or_else(|| ConnectError::NoSuchIntegration { name: integration.into() })
    }

    /// The client of that side, and the page that it sends people to.
    pub(crate) fn find_app(&self, integration: &str, side: Side) -> Option<(&OAuthApp, Url)> {
        let apps = if side.is_sandbox() { &self.parts().sandbox_apps } else { &self.parts().live_apps };
        let app = apps.get(integration)?;
        Some((app, self.0.public_url.get()?.join(&app.authorize_url).ok()?))
    }
}

//! A store, a KMS, a clock that can be turned, and an authorization server that rotates.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _};
use tempfile::TempDir;
use turnpike_core::{Ambient, Clock, Entropy, SystemClock, TenantId, Timestamp, Wire, WireError};
use turnpike_store::{ConnectionState, NewAuditEvent, NewConnection, NewTenant, Store};
use turnpike_testkit::Kms;
use turnpike_vault::{
    Credential, KeyProvider, Keyring, KmsAccess, KmsKeys, KmsPlace, LocalKeys, OAuthGrant, Renewal, Vault,
};

/// What an access token lives.
pub(crate) const LIFE: Duration = Duration::from_secs(3600);

/// The machine's clock, turned forward when a test says so.
#[derive(Default)]
pub(crate) struct TurnedClock(AtomicU64);

impl TurnedClock {
    pub(crate) fn advance(&self, by: Duration) {
        self.0.fetch_add(by.as_micros().try_into().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TurnedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus(Duration::from_micros(self.0.load(Ordering::SeqCst)))
    }
}

/// An authorization server that gives each refresh token once: one that comes a second time ends the grant. A token is
/// `TENANT.NUMBER`.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<(u64, std::collections::HashMap<String, u64>)>);

impl Tokens {
    /// How often it was asked.
    pub(crate) fn asked(&self) -> u64 {
        self.0.lock().unwrap().0
    }
}

impl Wire for Tokens {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'_, Result<http::Response<Bytes>, WireError>> {
        let form = String::from_utf8(request.body().to_vec()).unwrap();
        let token = form.split('&').find_map(|field| field.strip_prefix("refresh_token=")).unwrap();
        let (tenant, number) = token.split_once('.').unwrap();
        let mut state = self.0.lock().unwrap();
        state.0 += 1;
        let present = state.1.entry(tenant.to_owned()).or_default();
        let good = number == present.to_string();
        let (status, body) = if good {
            *present += 1;
            let body = format!(
                r#"{{"access_token":"access-{present}","token_type":"bearer","expires_in":{},"refresh_token":"{tenant}.{present}"}}"#,
                LIFE.as_secs()
            );
            (200, body)
        } else {
            *present = u64::MAX / 2;
            (400, r#"{"error":"invalid_grant"}"#.to_owned())
        };
        std::future::ready(Ok(http::Response::builder().status(status).body(body.into()).unwrap())).boxed()
    }
}

pub(crate) struct Scene {
    pub(crate) store: Store,
    pub(crate) kms: Kms,
    pub(crate) clock: Arc<TurnedClock>,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) ambient: Ambient,
    pub(crate) folder: TempDir,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), Arc::<TurnedClock>::default());
        let store = open(&folder, "main.db").await;
        store.migrate().await.unwrap();
        let ambient = Ambient::new(clock.clone(), Entropy::System);
        Self { store, kms: Kms::start().unwrap(), clock, tokens: Arc::default(), ambient, folder }
    }

    /// Deletes a tenant's rows.
    pub(crate) async fn delete(&self, tenant: TenantId) {
        let event = NewAuditEvent {
            at: self.ambient.now(),
            actor: "desk".into(),
            action: "tenant.deleted".into(),
            subject: tenant.to_string(),
            details_json: "{}".into(),
        };
        self.store.system().delete_tenant(tenant, &[0; 32], &event).await.unwrap();
    }

    /// A vault under the KMS key `one`: as another process has it, with nothing in memory.
    pub(crate) async fn vault(&self) -> Vault {
        self.vault_with(Keyring::new(self.kms_keys("one").await))
    }

    pub(crate) fn vault_with(&self, ring: Keyring) -> Vault {
        Vault::new(self.store.clone(), ring, self.tokens.clone(), self.ambient.clone())
    }

    pub(crate) async fn kms_keys(&self, name: &str) -> Arc<dyn KeyProvider> {
        let arn = format!("arn:aws:kms:eu-central-1:111122223333:key/{name}");
        Arc::new(KmsKeys::open(place(&self.kms.url(), &arn)).await.unwrap())
    }

    pub(crate) fn local_keys(&self) -> Arc<dyn KeyProvider> {
        Arc::new(LocalKeys::open(&self.folder.path().join("local.key"), &self.ambient).unwrap())
    }

    /// A new tenant with a connection; how it is renewed.
    pub(crate) async fn tenant(&self) -> Renewal {
        let (id, connection, now) = (self.ambient.id::<TenantId>(), self.ambient.id(), self.ambient.now());
        self.store.system().insert_tenant(&NewTenant { id, name: "Acme".into(), created_at: now }).await.unwrap();
        let new = NewConnection {
            id: connection,
            integration: "google-ads".into(),
            sandbox: false,
            accounts_json: "[]".into(),
            state: ConnectionState::Ok,
            predicted_end: None,
            now,
        };
        self.store.tenant(id).insert_connection(&new).await.unwrap();
        Renewal {
            tenant: id,
            connection,
            integration: "google-ads",
            sandbox: false,
            token_url: Some("https://auth.example.com/token".into()),
            revoke_url: None,
            token_style: turnpike_sdk::TokenStyle::USUAL,
            version: "v1".into(),
            inspection: None,
            ahead: Duration::ZERO,
        }
    }

    /// A grant that has no access token yet.
    pub(crate) fn credential(&self) -> Credential {
        self.credential_of("someone")
    }

    /// The same with a refresh token of its own.
    pub(crate) fn credential_of(&self, name: &str) -> Credential {
        Credential::OAuthRefresh(OAuthGrant {
            client_id: "app".into(),
            client_secret: "canary-secret".to_owned().into(),
            refresh_token: format!("{name}.0").into(),
            access: None,
        })
    }

    /// A tenant with a credential of its own, that has an access token.
    pub(crate) async fn connected(&self, vault: &Vault) -> Renewal {
        let renewal = self.tenant().await;
        vault.insert(&renewal, &self.credential_of(&renewal.tenant.to_string())).await.unwrap();
        vault.lease(&renewal).await.unwrap();
        renewal
    }

    /// Which data key the connection's credential is sealed with, its generation, and whether a refresh is noted.
    pub(crate) async fn row(&self, of: &Renewal) -> (i64, i64, bool) {
        let row = self.store.tenant(of.tenant).find_credential(of.connection).await.unwrap().unwrap();
        (row.key_version, row.generation, row.refresh_started_at.is_some())
    }
}

pub(crate) async fn open(folder: &TempDir, name: &str) -> Store {
    Store::open(&format!("sqlite:{}", folder.path().join(name).display()), 4).await.unwrap()
}

/// A key of that KMS.
pub(crate) fn place(endpoint: &str, key: &str) -> KmsPlace {
    KmsPlace {
        key: key.into(),
        region: "eu-central-1".into(),
        endpoint: endpoint.into(),
        environment: "test".into(),
        access: Some(KmsAccess { id: "AKIATEST".into(), secret: "test".to_owned().into() }),
    }
}

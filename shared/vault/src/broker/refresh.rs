//! One refresh, safe against races, crashes and lost answers.
//!
//! The order matters. The key that the answer will be sealed with is in hand before anything else: while no key can be had,
//! no authorization server is asked, and no token is lost. The journal entry is written before the authorization server is asked, and the rotated token is
//! stored before the new access token is used. What remains is the moment between the server's answer and our commit: a
//! crash there loses a rotated token, and the journal entry that survives lets the next refresh say so.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use turnpike_core::Timestamp;
use turnpike_store::{ConnectionState, CredentialRow, Replacement};
use turnpike_telemetry::metrics::{self, RefreshEnd};

use super::{LastFailure, Lease, Renewal, TRIAL, Vault, no_credential, seal_with};
use crate::{
    Credential, VaultError,
    data_keys::OpenKey,
    exchange::{self, Failure, Fresh},
    system_user,
};

/// A journal entry older than this belongs to a process that is gone.
const STALE: Duration = Duration::from_secs(60);
/// Why a credential that cannot be refreshed is over when the upstream refuses it.
const NOT_ACCEPTED: &str = "the upstream no longer accepts this credential";
/// How long to wait for another replica's refresh, and how often to look.
const WAIT: (u32, Duration) = (100, Duration::from_millis(150));

impl Vault {
    /// Replaces the access token of generation `spent`. However many callers ask, the authorization server is asked once.
    pub async fn renew(&self, renewal: &Renewal, spent: i64) -> Result<Arc<Lease>, VaultError> {
        if spent == TRIAL {
            return Err(VaultError::Reconnect { reason: NOT_ACCEPTED.into() });
        }
        let (vault, renewal) = (self.clone(), renewal.clone());
        // A task of its own: a caller that goes away must not take a rotated token with it.
        let refresh = self.0.tasks.spawn(async move {
            let (flight, asked) = (vault.flight(renewal.connection), Instant::now());
            let mut alone = flight.lock().await;
            if let Some(failure) = alone.as_ref().filter(|failure| failure.ended > asked) {
                return Err(VaultError::Failed(failure.reason.clone()));
            }
            let result = vault.refresh_once(&renewal, spent).await;
            let passing = matches!(&result, Err(VaultError::Unanswered(_) | VaultError::Unusable | VaultError::Busy));
            *alone = result
                .as_ref()
                .err()
                .filter(|_| passing)
                .map(|error| LastFailure { ended: Instant::now(), reason: error.to_string().into() });
            result
        });
        refresh.await.unwrap_or(Err(VaultError::Unusable))
    }

    /// The upstream says that the grant as a whole is gone. Its access token is forgotten, so that the upstream is not asked
    /// on and on, and a person is needed; unless somebody has renewed the credential meanwhile.
    pub async fn revoked(&self, renewal: &Renewal, spent: &Lease, reason: &str) -> Result<(), VaultError> {
        if spent.generation == TRIAL {
            return Ok(());
        }
        let mut credential = spent.credential.clone();
        if let Some(grant) = credential.grant_mut() {
            grant.access = None;
        }
        let (key_version, sealed) = self.seal(renewal, &credential).await?;
        let replacement = Replacement { key_version, sealed, access_expires_at: None, now: self.now() };
        let tenant = self.0.store.tenant(renewal.tenant);
        if tenant.swap_credential(renewal.connection, spent.generation, &replacement).await? {
            self.ask_for_a_person(renewal, spent.generation + 1, reason).await?;
        } else {
            self.0.open.invalidate(&renewal.connection).await;
        }
        Ok(())
    }

    /// Why only a person can renew the connection, where that is so.
    async fn ended(&self, renewal: &Renewal) -> Result<Option<String>, VaultError> {
        let connection = self.0.store.tenant(renewal.tenant).get_connection(renewal.connection).await?;
        let ended = matches!(connection.state, ConnectionState::ReconnectNeeded | ConnectionState::Disabled);
        Ok(ended.then(|| connection.reason.unwrap_or_else(|| "the grant has ended".into())))
    }

    async fn refresh_once(&self, renewal: &Renewal, spent: i64) -> Result<Arc<Lease>, VaultError> {
        let tenant = self.0.store.tenant(renewal.tenant);
        if let Some(reason) = self.ended(renewal).await? {
            return Err(VaultError::Reconnect { reason });
        }
        let mut ready = None;
        for _ in 0..WAIT.0 {
            let row = tenant.find_credential(renewal.connection).await?;
            let row = row.ok_or_else(no_credential)?;
            if row.generation != spent {
                return self.open(renewal, &row).await;
            }
            let (lease, key) = match ready {
                Some(ready) => ready,
                None => (self.open(renewal, &row).await?, self.0.keys.newest(renewal.tenant).await?),
            };
            if lease.generation != spent {
                return Ok(lease);
            }
            let now = self.now();
            let own_leftover = row.refresh_by.as_deref() == Some(&self.0.replica);
            let stale_before = if own_leftover { now.plus(STALE) } else { now.minus(STALE) };
            if tenant.begin_refresh(renewal.connection, spent, &self.0.replica, now, stale_before).await? {
                // Who was waited for has perhaps found the grant at its end: it says so before it takes its note back.
                if let Some(reason) = self.ended(renewal).await? {
                    tenant.abandon_refresh(renewal.connection, spent, &self.0.replica).await?;
                    return Err(VaultError::Reconnect { reason });
                }
                return self.exchange(renewal, &row, &lease, &key).await;
            }
            ready = Some((lease, key));
            tokio::time::sleep(WAIT.1).await;
        }
        Err(VaultError::Busy)
    }

    async fn exchange(
        &self,
        renewal: &Renewal,
        row: &CredentialRow,
        lease: &Lease,
        key: &OpenKey,
    ) -> Result<Arc<Lease>, VaultError> {
        let asked = match (&lease.credential, renewal.token_server()) {
            (Credential::SystemUserToken(own), Some(server)) => match (&own.app, own.expires_at) {
                (Some(app), Some(end)) if end > self.now() => {
                    system_user::renew(&*self.0.wire.0, server.url, (app, &own.token)).await
                }
                (_, Some(end)) => return self.reconnect(renewal, row, &lapsed(end)).await,
                (_, None) => return self.reconnect(renewal, row, NOT_ACCEPTED).await,
            },
            (credential, Some(server)) if let Some(grant) = credential.grant() => {
                exchange::refresh(&self.0.wire, server, grant).await
            }
            _ => return self.reconnect(renewal, row, NOT_ACCEPTED).await,
        };
        metrics::refreshed(renewal.integration, end_of(&asked));
        match asked {
            Ok(fresh) => self.keep(renewal, row, (lease, key), fresh).await,
            // A system user's token is not spent by being exchanged: it has ended for another reason.
            Err(Failure::GrantEnded(_)) if row.refresh_started_at.is_some() && lease.credential.grant().is_some() => {
                let reason = "an earlier refresh was cut off and its new token was lost";
                self.reconnect(renewal, row, reason).await
            }
            Err(Failure::GrantEnded(words)) => {
                self.reconnect(renewal, row, &ended(&lease.credential, self.now(), &words)).await
            }
            // No answer: the server may have rotated the token. The journal entry stays, so that the next refresh knows.
            Err(Failure::Other(VaultError::Unanswered(error))) if error.may_have_acted() => Err(error.into()),
            // It stays too when an earlier refresh has left it: that one's end is still unknown.
            Err(Failure::Other(error)) if row.refresh_started_at.is_some() => Err(error),
            Err(Failure::Other(error)) => {
                self.0
                    .store
                    .tenant(renewal.tenant)
                    .abandon_refresh(renewal.connection, row.generation, &self.0.replica)
                    .await?;
                Err(error)
            }
        }
    }

    /// Stores what the authorization server gave, then hands it out.
    async fn keep(
        &self,
        renewal: &Renewal,
        row: &CredentialRow,
        (lease, key): (&Lease, &OpenKey),
        fresh: Fresh,
    ) -> Result<Arc<Lease>, VaultError> {
        let now = self.now();
        let mut credential = lease.credential.clone();
        credential.take_in(fresh, now);
        // The newest key, for what has changed since; the one in hand, where no other can be had now.
        let newest = self.0.keys.newest(renewal.tenant).await;
        let key = newest.as_deref().unwrap_or(key);
        let (key_version, sealed) = (key.version, seal_with(key, renewal, &credential)?);
        let replacement = Replacement { key_version, sealed, access_expires_at: credential.access_expires_at(), now };
        let tenant = self.0.store.tenant(renewal.tenant);
        if !tenant.swap_credential(renewal.connection, row.generation, &replacement).await? {
            return self.load(renewal).await;
        }
        if let Some(end) = credential.ends_at() {
            tenant.predict_connection_end(renewal.connection, Some(end), now).await?;
        }
        tracing::info!(tenant_id = %renewal.tenant, connection_id = %renewal.connection, "access token refreshed");
        let lease = Arc::new(Lease { credential, sandbox: renewal.sandbox, generation: row.generation + 1 });
        self.0.open.insert(renewal.connection, lease.clone()).await;
        Ok(lease)
    }

    /// The refresh half of the grant has ended. The present access token stays usable until its own end. A person may have
    /// renewed the connection meanwhile: then what ended is of no interest any more.
    async fn reconnect(&self, renewal: &Renewal, row: &CredentialRow, reason: &str) -> Result<Arc<Lease>, VaultError> {
        if !self.ask_for_a_person(renewal, row.generation, reason).await? {
            return self.load(renewal).await;
        }
        let tenant = self.0.store.tenant(renewal.tenant);
        tenant.abandon_refresh(renewal.connection, row.generation, &self.0.replica).await?;
        Err(VaultError::Reconnect { reason: reason.into() })
    }

    async fn ask_for_a_person(&self, renewal: &Renewal, generation: i64, reason: &str) -> Result<bool, VaultError> {
        let tenant = self.0.store.tenant(renewal.tenant);
        let asks = tenant.ask_to_reconnect(renewal.connection, generation, reason, self.now()).await?;
        self.0.open.invalidate(&renewal.connection).await;
        if asks {
            metrics::connection_broke(renewal.integration);
            tracing::warn!(tenant_id = %renewal.tenant, connection_id = %renewal.connection, reason, "reconnect needed");
        }
        Ok(asks)
    }
}

fn end_of(asked: &Result<Fresh, Failure>) -> RefreshEnd {
    match asked {
        Ok(_) => RefreshEnd::Renewed,
        Err(Failure::GrantEnded(_)) => RefreshEnd::Refused,
        Err(Failure::Other(_)) => RefreshEnd::Failed,
    }
}

/// Why a token that has ended is not renewed.
fn lapsed(end: Timestamp) -> String {
    format!("the token ended on {}; only one that has not ended can be renewed", end.to_utc().date_naive())
}

/// Why the grant is over: its own end, where that has come, else the authorization server's words.
fn ended(credential: &Credential, now: Timestamp, words: &str) -> String {
    match credential.ends_at().filter(|end| *end <= now) {
        Some(end) => format!(
            "the grant ended on {}, as it was bound to: refreshing never moves its end",
            end.to_utc().date_naive()
        ),
        None => format!("the grant has ended ({words})"),
    }
}

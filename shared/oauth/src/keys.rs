//! The keys that sign access tokens: published before they sign, and kept until the last token they signed has ended.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{DecodingKey, EncodingKey};
use moka::{future::Cache, sync};
use serde_json::{Value, json};
use turnpike_core::{Ambient, Canonical, Timestamp};
use turnpike_store::{SigningKeyRow, Store};
use turnpike_vault::Vault;
use zeroize::Zeroizing;

use crate::OAuthError;

/// How long a look at the list of keys is believed: a key that was revoked is refused within this time on every replica. The
/// gateway believes for five seconds more what it has checked, and both together stay below the ten that are promised.
const BELIEVED: Duration = Duration::from_secs(3);
/// How often at most the list is looked at again for a key that is not on it: whoever makes up names of keys costs no more.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long before it signs a key is made, so that everybody who checks tokens knows it by then.
const AHEAD: Duration = Duration::from_secs(600);
/// How long after its successor began to sign a key is still good for checking: the longest life of a token, and a minute.
const BEHIND: Duration = Duration::from_secs(960);

/// A key pair, from the deployment's secret of its name.
struct Pair {
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// Coordinates of the public point, as a JWK has them.
    x: String,
    y: String,
}

/// A key and its times.
struct Key {
    pair: Arc<Pair>,
    signs_from: Timestamp,
    checks_until: Option<Timestamp>,
    revoked: bool,
}

/// All keys, oldest first.
struct Keys {
    all: Vec<Key>,
    /// The place in the order that the next one takes.
    next: i64,
}

/// The keys of a deployment.
pub(crate) struct KeyRing {
    store: Store,
    vault: Vault,
    ambient: Ambient,
    /// How long one key signs.
    lasts: Duration,
    known: Cache<(), Arc<Keys>>,
    /// There while the list was looked at again a moment ago.
    looked_again: sync::Cache<(), ()>,
    pairs: sync::Cache<String, Arc<Pair>>,
}

impl KeyRing {
    pub(crate) fn new(store: Store, vault: Vault, ambient: Ambient, lasts: Duration) -> Self {
        let known = Cache::builder().time_to_live(BELIEVED).build();
        let looked_again = sync::Cache::builder().time_to_live(LOOK_AGAIN).build();
        Self { store, vault, ambient, lasts, known, looked_again, pairs: sync::Cache::new(64) }
    }

    /// Id and key to sign with now.
    pub(crate) async fn signer(&self) -> Result<(String, EncodingKey), OAuthError> {
        for _ in 0..2 {
            let keys = self.keys().await?;
            if let Some(pair) = keys.signer(self.ambient.now()) {
                return Ok((pair.id.clone(), pair.encoding.clone()));
            }
            self.add(keys.next, self.ambient.now()).await?;
        }
        Err(OAuthError::NoKey)
    }

    /// The key to check a token with that names it; `None` when there is none, or it is good no more. The first key, and one
    /// that follows revoked ones, sign at once: another process may have made it after this one has looked.
    pub(crate) async fn find(&self, id: &str) -> Result<Option<DecodingKey>, OAuthError> {
        let mut known = self.keys().await?;
        if !known.has(id) && self.looked_again.get(&()).is_none() {
            self.looked_again.insert((), ());
            known = Box::pin(self.read()).await?;
        }
        let now = self.ambient.now();
        Ok(known.all.iter().find(|key| key.pair.id == id && key.checks(now)).map(|key| key.pair.decoding.clone()))
    }

    /// The public keys, as RFC 7517 has them: those that sign or soon will, and those whose tokens may still be about.
    pub(crate) async fn published(&self) -> Result<Value, OAuthError> {
        self.signer().await?;
        let now = self.ambient.now();
        let keys = self.keys().await?;
        let shown = keys.all.iter().filter(|key| key.checks(now)).map(|Key { pair, .. }| {
            json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": pair.id, "x": pair.x, "y": pair.y })
        });
        Ok(json!({ "keys": shown.collect::<Vec<_>>() }))
    }

    /// Makes the next key when its time has come, and forgets those of long ago.
    pub(crate) async fn maintain(&self) -> Result<(), OAuthError> {
        let now = self.ambient.now();
        let rows = self.store.system().list_signing_keys().await?;
        let newest = rows.iter().rev().find(|row| row.revoked_at.is_none());
        if newest.is_some_and(|row| row.signs_from.plus(self.lasts) <= now.plus(AHEAD)) {
            self.add(after(&rows), now.plus(AHEAD)).await?;
        }
        self.store.system().delete_old_signing_keys(now.minus(2 * BEHIND)).await?;
        Ok(())
    }

    /// Makes the next key out of turn. With `revoke` nothing that was signed before is taken any more, within seconds, and the
    /// new key signs at once; else it signs when everybody knows it.
    pub(crate) async fn rotate(&self, revoke: bool) -> Result<Timestamp, OAuthError> {
        let now = self.ambient.now();
        if revoke {
            self.store.system().revoke_signing_keys(now).await?;
        }
        let signs_from = if revoke { now } else { now.plus(AHEAD) };
        let rows = self.store.system().list_signing_keys().await?;
        self.add(after(&rows), signs_from).await?;
        Ok(signs_from)
    }

    /// Adds the key that whoever asks has seen missing, at this place in the order: another process that has seen the same and
    /// was quicker has made it.
    async fn add(&self, ordinal: i64, signs_from: Timestamp) -> Result<(), OAuthError> {
        let now = self.ambient.now();
        let random = self.ambient.bytes::<16>();
        let row = SigningKeyRow {
            id: URL_SAFE_NO_PAD.encode(random),
            ordinal,
            signs_from,
            created_at: now,
            revoked_at: None,
        };
        self.store.system().insert_signing_key(&row).await?;
        self.known.invalidate(&()).await;
        Ok(())
    }

    async fn keys(&self) -> Result<Arc<Keys>, OAuthError> {
        match self.known.get(&()).await {
            Some(known) => Ok(known),
            None => Box::pin(self.read()).await,
        }
    }

    async fn read(&self) -> Result<Arc<Keys>, OAuthError> {
        let rows = self.store.system().list_signing_keys().await?;
        let next = after(&rows);
        let mut keys: Vec<Key> = vec![];
        for row in rows {
            if let Some(last) = keys.last_mut() {
                last.checks_until = Some(row.signs_from.plus(BEHIND));
            }
            let pair = self.pair(&row.id).await?;
            let (signs_from, revoked) = (row.signs_from, row.revoked_at.is_some());
            keys.push(Key { pair, signs_from, checks_until: None, revoked });
        }
        let keys = Arc::new(Keys { all: keys, next });
        self.known.insert((), keys.clone()).await;
        Ok(keys)
    }

    async fn pair(&self, id: &str) -> Result<Arc<Pair>, OAuthError> {
        if let Some(pair) = self.pairs.get(id) {
            return Ok(pair);
        }
        let secret = self.vault.deployment_secret(&format!("token-signing/{id}")).await?;
        let pair = Arc::new(Pair::derive(id, &secret).ok_or(OAuthError::NoKey)?);
        self.pairs.insert(id.to_owned(), pair.clone());
        Ok(pair)
    }
}

/// The place after the last.
fn after(rows: &[SigningKeyRow]) -> i64 {
    rows.last().map_or(1, |row| row.ordinal + 1)
}

impl Keys {
    fn has(&self, id: &str) -> bool {
        self.all.iter().any(|key| key.pair.id == id)
    }

    fn signer(&self, now: Timestamp) -> Option<&Arc<Pair>> {
        self.all.iter().rev().find(|key| !key.revoked && key.signs_from <= now).map(|key| &key.pair)
    }
}

impl Key {
    fn checks(&self, now: Timestamp) -> bool {
        !self.revoked && self.checks_until.is_none_or(|until| now < until)
    }
}

/// What stands before the 32 bytes of a private key on P-256 in PKCS #8 (RFC 5208, RFC 5915, RFC 5480).
const PKCS8: &[u8] = &[
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20,
];

impl Pair {
    /// The first number below the order of the curve that follows from the secret; all but one in four thousand million are.
    fn derive(id: &str, secret: &[u8; 32]) -> Option<Self> {
        (0..8_u8).find_map(|attempt| {
            let number = Canonical::of("token-signing/1").field(secret).field([attempt]).digest();
            let key = Zeroizing::new([PKCS8, number.as_bytes()].concat());
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key).ok()?;
            // 4, then both coordinates (SEC 1).
            let point = pair.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(point.get(1..33)?), URL_SAFE_NO_PAD.encode(point.get(33..65)?));
            let decoding = DecodingKey::from_ec_components(&x, &y).ok()?;
            Some(Self { id: id.to_owned(), encoding: EncodingKey::from_ec_der(&key), decoding, x, y })
        })
    }
}

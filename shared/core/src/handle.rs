//! Handles that agents carry for us: sealed, bound to a tenant and a purpose, and short-lived.

use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Ambient, Canonical, TenantId, Timestamp};

/// Why a handle does not open. One answer for tampered, foreign, expired and invented: an attacker learns nothing.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("this handle is not valid here or has expired; start again without it")]
pub struct HandleError;

#[derive(Serialize, Deserialize)]
struct Content<T> {
    #[serde(rename = "u")]
    until: i64,
    #[serde(rename = "v")]
    value: T,
}

/// Seals and opens handles with the deployment's key (AES-256-GCM).
#[derive(Clone)]
pub struct Handles {
    key: Arc<LessSafeKey>,
    ambient: Ambient,
}

impl Handles {
    /// Uses `key` for all handles of the deployment; every replica must hold the same one.
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "the key's length is in its type")]
    pub fn new(key: &[u8; 32], ambient: Ambient) -> Self {
        let key = UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes");
        Self { key: Arc::new(LessSafeKey::new(key)), ambient }
    }

    /// Seals `value` for `tenant` and `purpose` until `until`.
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "own plain types serialise, and fit one AEAD message"
    )]
    pub fn seal<T: Serialize>(&self, tenant: TenantId, purpose: &Canonical, until: Timestamp, value: &T) -> String {
        let nonce: [u8; NONCE_LEN] = self.ambient.bytes();
        let mut sealed =
            serde_json::to_vec(&Content { until: until.micros(), value }).expect("a handle's content is plain data");
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad(tenant, purpose), &mut sealed)
            .expect("a handle is short");
        URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Handles::seal`] made for the same tenant and purpose, if its time is not over.
    pub fn open<T: DeserializeOwned>(
        &self,
        tenant: TenantId,
        purpose: &Canonical,
        handle: &str,
    ) -> Result<T, HandleError> {
        let bytes = URL_SAFE_NO_PAD.decode(handle).map_err(|_| HandleError)?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN).ok_or(HandleError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| HandleError)?;
        let mut sealed = sealed.to_vec();
        let plain = self.key.open_in_place(nonce, aad(tenant, purpose), &mut sealed).map_err(|_| HandleError)?;
        let content: Content<T> = serde_json::from_slice(plain).map_err(|_| HandleError)?;
        if Timestamp::from_micros(content.until) <= self.ambient.now() {
            return Err(HandleError);
        }
        Ok(content.value)
    }
}

fn aad(tenant: TenantId, purpose: &Canonical) -> Aad<Vec<u8>> {
    Aad::from(Canonical::of("handle/1").field(tenant.to_string()).field(purpose.as_bytes()).as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use super::*;
    use crate::{Entropy, ManualClock};

    #[test]
    fn a_handle_opens_only_for_its_tenant_its_purpose_and_its_time() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)));
        let ambient = Ambient::new(clock.clone(), Entropy::seeded(7));
        let (ours, theirs): (TenantId, TenantId) = (ambient.id(), ambient.id());
        let handles = Handles::new(&ambient.bytes(), ambient.clone());
        let cursor = Canonical::of("cursor").field("run_gaql");
        let until = ambient.now().plus(Duration::from_secs(60));
        let handle = handles.seal(ours, &cursor, until, &42_u32);

        assert_eq!(handles.open::<u32>(ours, &cursor, &handle), Ok(42));
        assert_eq!(handles.open::<u32>(theirs, &cursor, &handle), Err(HandleError));
        assert_eq!(handles.open::<u32>(ours, &Canonical::of("cursor").field("other"), &handle), Err(HandleError));
        let mut tampered = handle.clone().into_bytes();
        tampered[20] ^= 1;
        assert_eq!(handles.open::<u32>(ours, &cursor, &String::from_utf8_lossy(&tampered)), Err(HandleError));
        clock.advance(Duration::from_secs(61));
        assert_eq!(handles.open::<u32>(ours, &cursor, &handle), Err(HandleError));
    }
}

//! Sealing under a key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use turnpike_core::{Ambient, Canonical};
use zeroize::Zeroizing;

/// AES-256-GCM with a random 96-bit nonce before the sealed bytes.
///
/// The key itself lies in memory of AWS-LC, which overwrites what it gives back (`OPENSSL_free`) when this is dropped.
pub(crate) struct Sealer {
    key: LessSafeKey,
    ambient: Ambient,
}

impl Sealer {
    #[expect(clippy::expect_used, reason = "the key's length is in its type")]
    pub(crate) fn new(key: &[u8; 32], ambient: Ambient) -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes"));
        Self { key, ambient }
    }

    #[expect(clippy::expect_used, reason = "AES-GCM seals anything shorter than 64 GiB")]
    pub(crate) fn seal(&self, place: &Canonical, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LEN] = self.ambient.bytes();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + AES_256_GCM.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a short message");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    pub(crate) fn open(&self, place: &Canonical, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let length = self.key.open_in_place(nonce, Aad::from(place.as_bytes()), &mut plain).ok()?.len();
        plain.truncate(length);
        Some(plain)
    }
}

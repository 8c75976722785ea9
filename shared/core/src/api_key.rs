//! API keys: `tpk_<live|test>_<160 random bits>_<checksum>`, in base 62.
//!
//! The fixed prefix and the checksum let secret scanners and the gateway tell a key from a typing error without a database.

use std::fmt;

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::Ambient;

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 62^27 exceeds 2^160.
const RANDOM_LENGTH: usize = 27;
/// 62^6 exceeds 2^32.
const CHECKSUM_LENGTH: usize = 6;

/// An API key in clear: shown once to its owner, sent by agents, never stored.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

impl ApiKey {
    /// Makes a new key; `live` ones may spend money.
    pub fn mint(ambient: &Ambient, live: bool) -> Self {
        let kind = if live { "live" } else { "test" };
        let body = format!("tpk_{kind}_{}", base62(&ambient.bytes::<20>(), RANDOM_LENGTH));
        let checksum = checksum(&body);
        Self(Zeroizing::new(format!("{body}_{checksum}")))
    }

    /// Reads a key; `None` when form or checksum are wrong.
    pub fn parse(text: &str) -> Option<Self> {
        let (body, given) = text.rsplit_once('_')?;
        let random = body.strip_prefix("tpk_live_").or_else(|| body.strip_prefix("tpk_test_"))?;
        let well_formed = random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (well_formed && checksum(body) == given).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The key itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up: HMAC-SHA-256 under the deployment's pepper. The key has enough randomness of its own,
    /// so that no slow hash is needed.
    pub fn hash(&self, pepper: &[u8; 32]) -> [u8; 32] {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, pepper), self.0.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        hash
    }

    /// Prefix and last four characters, for lists.
    pub fn hint(&self) -> String {
        format!("{}…{}", &self.0[..9], &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

fn checksum(body: &str) -> String {
    base62(&crc32fast::hash(body.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

/// A big-endian number in base 62, padded to `length` digits.
fn base62(number: &[u8], length: usize) -> String {
    let mut rest = number.to_vec();
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        let mut remainder = 0_u32;
        for byte in &mut rest {
            let value = remainder << 8 | u32::from(*byte);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a remainder below 62 times 256, divided by 62, is below 256"
            )]
            {
                *byte = (value / 62) as u8;
            }
            remainder = value % 62;
        }
        *digit = DIGITS[remainder as usize];
    }
    digits.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Entropy, SystemClock};

    #[test]
    fn a_key_reads_back_and_any_changed_character_fails_its_checksum() {
        let ambient = Ambient::new(Arc::new(SystemClock), Entropy::seeded(3));
        let key = ApiKey::mint(&ambient, true);
        assert!(key.expose().starts_with("tpk_live_") && ApiKey::parse(key.expose()).is_some());
        for at in 0..key.expose().len() {
            let mut changed = key.expose().as_bytes().to_vec();
            changed[at] = if changed[at] == b'x' { b'y' } else { b'x' };
            assert!(ApiKey::parse(&String::from_utf8(changed).unwrap()).is_none(), "position {at}");
        }
    }

    #[test]
    fn a_key_shows_its_prefix_and_four_characters_only() {
        let key = ApiKey::mint(&Ambient::system(), false);
        let shown = format!("{key:?}");
        assert!(shown.starts_with("tpk_test_…") && shown.len() < 20, "{shown}");
        assert_ne!(key.hash(&[0; 32]), key.hash(&[1; 32]));
    }

    #[test]
    fn base_62_counts_as_expected() {
        assert_eq!(base62(&[0], 2), "00");
        assert_eq!(base62(&[61], 2), "0z");
        assert_eq!(base62(&[62], 2), "10");
        assert_eq!(base62(&[255, 255, 255, 255], 6), "4gfFC3");
    }
}

//! Secrets of service agents: `tps_` and 256 random bits, in base 64. The prefix is for scanners that look for lost secrets.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::{Ambient, Canonical};

const PREFIX: &str = "tps_";

/// A service agent's secret in clear: shown once, sent by the agent for its tokens, never stored.
#[derive(Clone)]
pub struct ServiceSecret(Zeroizing<String>);

impl ServiceSecret {
    /// Makes a new one.
    pub fn mint(ambient: &Ambient) -> Self {
        let random = Zeroizing::new(ambient.bytes::<32>());
        Self(Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*random))))
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of a secret, whatever was sent as one. It has enough randomness of its own, so that no slow hash is needed.
    pub fn hash_of(text: &str) -> [u8; 32] {
        *Canonical::of("service-agent").field(text).digest().as_bytes()
    }

    /// Prefix and last four characters, for lists.
    pub fn hint(&self) -> String {
        format!("{PREFIX}…{}", &self.0[self.0.len() - 4..])
    }
}

impl fmt::Debug for ServiceSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_prefix_and_four_characters_only() {
        let ambient = Ambient::system();
        let (one, other) = (ServiceSecret::mint(&ambient), ServiceSecret::mint(&ambient));
        assert!(one.expose().starts_with(PREFIX) && one.expose().len() == PREFIX.len() + 43, "{}", one.expose());
        assert_ne!(ServiceSecret::hash_of(one.expose()), ServiceSecret::hash_of(other.expose()));
        let shown = format!("{one:?}");
        assert!(shown.starts_with("tps_…") && shown.chars().count() == 9, "{shown}");
    }
}

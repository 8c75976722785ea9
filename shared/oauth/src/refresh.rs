//! Authorization codes and refresh tokens. Each follows from its grant and its number under a secret of the deployment: none
//! is stored, no two grants have the same, and asking again for one whose answer was lost gives the very same one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq as _;
use turnpike_core::{Canonical, Digest, GrantId};
use zeroize::Zeroizing;

/// Name of the secret that they follow from; a new version gets a new name.
pub(crate) const SECRET: &str = "refresh-tokens/1";
/// How they begin, for scanners that look for lost secrets.
const PREFIX: &str = "tpr";

/// Makes and reads refresh tokens.
pub(crate) struct RefreshTokens(Zeroizing<[u8; 32]>);

/// A refresh token that is ours, whether it is still good or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RefreshToken {
    pub(crate) grant: GrantId,
    pub(crate) generation: i64,
}

impl RefreshTokens {
    pub(crate) fn new(secret: Zeroizing<[u8; 32]>) -> Self {
        Self(secret)
    }

    /// The authorization code of a grant.
    pub(crate) fn code(&self, grant: GrantId) -> String {
        let message = Canonical::of("code").field(grant.to_string());
        URL_SAFE_NO_PAD.encode(Digest::hmac(&*self.0, message.as_bytes()).as_bytes())
    }

    /// The token of that generation.
    pub(crate) fn make(&self, token: RefreshToken) -> String {
        let RefreshToken { grant, generation } = token;
        format!("{PREFIX}.{grant}.{generation}.{}", URL_SAFE_NO_PAD.encode(self.tag(token).as_bytes()))
    }

    /// What a token is; `None` when it is not ours.
    pub(crate) fn read(&self, text: &str) -> Option<RefreshToken> {
        let mut parts = text.split('.');
        let (PREFIX, grant, generation, tag, None) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next())
        else {
            return None;
        };
        let token = RefreshToken { grant: grant.parse().ok()?, generation: generation.parse().ok()? };
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        bool::from(self.tag(token).as_bytes().as_slice().ct_eq(&tag)).then_some(token)
    }

    fn tag(&self, RefreshToken { grant, generation }: RefreshToken) -> Digest {
        let message = Canonical::of("refresh").field(grant.to_string()).field(generation.to_be_bytes());
        Digest::hmac(&*self.0, message.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::Ambient;

    use super::*;

    #[test]
    fn a_token_reads_back_and_no_other_does() {
        let tokens = RefreshTokens::new(Zeroizing::new([7; 32]));
        let token = RefreshToken { grant: Ambient::system().id(), generation: 3 };
        let text = tokens.make(token);
        assert_eq!(tokens.read(&text), Some(token));
        assert_eq!(tokens.make(token), text, "asked again, the same is given");
        assert_eq!(RefreshTokens::new(Zeroizing::new([8; 32])).read(&text), None);
        for foreign in [text.replace(".3.", ".4."), text.replacen("tpr", "tpk", 1), format!("{text}."), "tpr".into()] {
            assert_eq!(tokens.read(&foreign), None, "{foreign}");
        }
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'1' { b'2' } else { b'1' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of 32 bytes in base 64 holds two spare bits, which a strict reader wants to be nought.
            assert!(changed == text || tokens.read(&changed).is_none(), "position {at}: {changed}");
        }
    }
}

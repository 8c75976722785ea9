//! Credentials that a sandbox makes while it runs, and that its next process and those beside it know again.
//!
//! What a person connected once stays connected over restarts, as it would at the vendor. No secret guards that: a sandbox
//! has nothing to guard.

use turnpike_core::{Ambient, Canonical, Digest};

/// Hexadecimal digits of the random part, and of the tag.
const HALF: usize = 16;

/// A fresh credential that begins with `prefix` and carries `note`, which holds no `-`.
pub fn mint(ambient: &Ambient, prefix: &str, note: &str) -> String {
    let random = hex(&ambient.bytes::<{ HALF / 2 }>());
    let tag = tag(prefix, note, &random);
    format!("{prefix}-{note}-{random}{tag}")
}

/// The note of a credential that [`mint`] made with this prefix; `None` of any other.
pub fn read_minted<'t>(prefix: &str, text: &'t str) -> Option<&'t str> {
    let (note, end) = text.strip_prefix(prefix)?.strip_prefix('-')?.rsplit_once('-')?;
    let (random, given) = end.split_at_checked(HALF)?;
    (given == tag(prefix, note, random)).then_some(note)
}

fn tag(prefix: &str, note: &str, random: &str) -> String {
    let message = Canonical::of("sandbox-credential/1").field(prefix).field(note).field(random);
    Digest::hmac(b"sandbox", message.as_bytes()).to_string()[..HALF].to_owned()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_minted_is_known_again_and_nothing_else() {
        let minted = mint(&Ambient::system(), "1//sandbox", "eu");
        assert_eq!(read_minted("1//sandbox", &minted), Some("eu"));
        assert_eq!(read_minted("1//other", &minted), None);
        let moved = minted.replacen("-eu-", "-na-", 1);
        for other in [moved.as_str(), &minted[..minted.len() - 1], "1//sandbox", "1//sandbox--", ""] {
            assert_eq!(read_minted("1//sandbox", other), None, "{other}");
        }
    }
}

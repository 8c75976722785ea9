//! One unambiguous byte form for lists of fields.

use std::fmt;

use aws_lc_rs::hmac;

/// Fields written with their lengths, so that ("a", "bc") and ("ab", "c") differ.
///
/// Used as additional data of sealed values and as the input of digests.
#[derive(Default)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Starts with the name of what is written, so that two uses never share a form.
    pub fn of(purpose: &str) -> Self {
        Self::default().field(purpose)
    }

    /// Appends one field.
    #[must_use]
    pub fn field(mut self, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.0.extend_from_slice(&(value.len() as u64).to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    /// The bytes so far.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the bytes so far.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

/// A SHA-256 digest or a tag made with one, shown in hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// SHA-256 of the bytes as they are, where a protocol asks for that.
    pub fn of(bytes: &[u8]) -> Self {
        let mut out = [0; 32];
        out.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes).as_ref());
        Self(out)
    }

    /// HMAC-SHA-256 of a message under a key.
    pub fn hmac(key: &[u8], message: &[u8]) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), message);
        let mut out = [0; 32];
        out.copy_from_slice(tag.as_ref());
        Self(out)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value)]);
        f.write_str(&self.0.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect::<String>())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_letter_between_fields_changes_the_bytes() {
        let one = Canonical::of("x").field("a").field("bc");
        let other = Canonical::of("x").field("ab").field("c");
        assert_ne!(one.as_bytes(), other.as_bytes());
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn a_tag_is_the_known_one_in_small_hexadecimal() {
        let known = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(Digest::hmac(b"key", b"The quick brown fox jumps over the lazy dog").to_string(), known);
    }
}

//! An integration's name.

use std::{fmt, str::FromStr};

/// So that a tool's name with the integration's before it stays within what every host takes: 64 characters.
const LONGEST: usize = 32;

/// Words of Rust, and names that mean something else here.
const RESERVED: &str = "abstract all as async await become box break catalog const continue crate do dyn else enum \
    example-oauth2 example-system-user example-lwa example-api-key example-restli extern false final fn for gen if impl in let loop macro match mcp mod move mut \
    override priv probe pub ref return self static struct super test trait true try turnpike type typeof \
    unsafe unsized use virtual where while yield";

/// The name of an integration: small letters, digits and single hyphens, such as `google-ads`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(String);

/// Why a text is no name of an integration.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// Its form.
    #[error(
        "`{0}` is no name for an integration: write it in small letters and digits with single hyphens between, beginning \
         with a letter and at most 32 characters long, such as google-ads"
    )]
    Form(String),
    /// What it means.
    #[error("`{0}` means something else in Rust or in this workspace: take another name, such as {0}-api")]
    Reserved(String),
}

impl Name {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The crate, as `Cargo.toml` names it.
    pub fn package(&self) -> String {
        format!("turnpike-{}", self.0)
    }

    /// The crate, as Rust names it.
    pub fn krate(&self) -> String {
        self.package().replace('-', "_")
    }

    /// The name for people, where none is given: `Google Ads`.
    pub fn title(&self) -> String {
        let word = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        };
        self.0.split('-').map(word).collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let formed = text.len() <= LONGEST
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(|word| !word.is_empty() && word.bytes().all(plain));
        match formed {
            false => Err(NameError::Form(text.to_owned())),
            true if RESERVED.split_whitespace().any(|word| word == text) => Err(NameError::Reserved(text.to_owned())),
            true => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_words_of_small_letters_with_hyphens_between() {
        for good in ["slack", "google-ads", "x1", "a-b-c"] {
            assert_eq!(good.parse::<Name>().map(|name| name.0).as_deref(), Ok(good));
        }
        let long = "a".repeat(33);
        for bad in ["", "Slack", "google_ads", "-a", "a-", "a--b", "1a", "a b", "../a", "ä", long.as_str()] {
            assert_eq!(bad.parse::<Name>(), Err(NameError::Form(bad.to_owned())));
        }
        for taken in ["self", "type", "turnpike", "catalog"] {
            assert_eq!(taken.parse::<Name>(), Err(NameError::Reserved(taken.to_owned())));
        }
    }

    #[test]
    fn what_is_called_after_it_follows() {
        let name: Name = "google-ads".parse().unwrap();
        assert_eq!((name.package().as_str(), name.krate().as_str()), ("turnpike-google-ads", "turnpike_google_ads"));
        assert_eq!(name.title(), "Google Ads");
    }
}

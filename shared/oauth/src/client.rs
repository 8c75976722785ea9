//! What a client says of itself.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use turnpike_core::{hides, visible};

use crate::RedirectTarget;

/// The most characters of a name.
const LONGEST_NAME: usize = 100;

/// What a client says of itself, checked, whichever way it came: registered, by a metadata document, or from the settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientMetadata {
    /// What it calls itself. Fit for a page: one line, no hidden characters.
    pub name: String,
    /// Where it may be sent back to; each has passed the rules for redirects.
    pub redirect_uris: Vec<String>,
    /// How it shows at the token endpoint who it is.
    pub auth_method: AuthMethod,
}

impl ClientMetadata {
    /// Every redirect leads to the person's own computer: any program there can claim to be this client, whatever
    /// document or name it shows, and the consent page has to say so.
    pub fn only_this_computer(&self) -> bool {
        !self.redirect_uris.is_empty()
            && self.redirect_uris.iter().all(|uri| RedirectTarget::of(uri) == RedirectTarget::ThisComputer)
    }
}

/// How a client shows at the token endpoint who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// Not at all: a public client. PKCE stands in.
    None,
    /// By its secret, in the header.
    ClientSecretBasic,
    /// By its secret, in the body.
    ClientSecretPost,
}

/// A name as it is shown: one line, nothing hidden.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// There is none, or nothing in it can be seen.
    Missing,
    /// It is no text, or longer than a page has room for.
    Unfit,
    /// Fit to be shown.
    Fit(String),
}

impl Name {
    /// The member `client_name`.
    pub(crate) fn read(members: &Map<String, Value>) -> Self {
        let text = match present(members, "client_name") {
            None => return Self::Missing,
            Some(Value::String(text)) => text,
            Some(_) => return Self::Unfit,
        };
        if !text.chars().any(|character| !character.is_whitespace() && !hides(character)) {
            return Self::Missing;
        }
        let line = visible(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        if line.chars().count() > LONGEST_NAME { Self::Unfit } else { Self::Fit(line) }
    }
}

/// A member that says something: clients that have nothing to say send `null` as well.
pub(crate) fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

/// Whether a member is a list that has this word.
pub(crate) fn lists(members: &Map<String, Value>, name: &str, word: &str) -> bool {
    present(members, name).and_then(Value::as_array).is_some_and(|list| list.iter().any(|entry| entry == word))
}

//! Where a client may be sent back to (RFC 8252, and RFC 9700 §4.1).

mod error;
mod loopback;
mod target;
#[cfg(test)]
mod tests;

pub use error::RedirectError;
pub use loopback::matches;
pub(crate) use loopback::without_port;
pub use target::RedirectTarget;

use serde_json::Value;
use url::Url;

use loopback::Loopback;

/// The most redirects of one client.
const MOST: usize = 10;
/// The most characters of a redirect.
const LONGEST: usize = 2_000;
/// Schemes by which a browser runs, opens or sends something by itself: never an app's own, even if they are listed.
const NEVER: [&str; 14] = [
    "about",
    "blob",
    "content",
    "data",
    "file",
    "filesystem",
    "ftp",
    "intent",
    "javascript",
    "mailto",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// Which redirect URIs a client may have: `https`, `http` to the person's own computer at any port, and apps' own schemes
/// where the whole URI is on the operator's list.
#[derive(Debug, Clone)]
pub struct RedirectRules {
    app_redirects: Vec<String>,
}

impl RedirectRules {
    /// With the operator's list of apps' redirects, such as `cursor://anysphere.cursor-mcp/oauth/callback`: whole URIs.
    pub fn new(app_redirects: Vec<String>) -> Self {
        Self { app_redirects }
    }

    /// The member `redirect_uris` of a registration or a document: each has passed, none is there twice.
    pub(crate) fn read(&self, member: Option<&Value>) -> Result<Vec<String>, RedirectError> {
        let entries = match member {
            None => return Err(RedirectError::Missing),
            Some(Value::Array(entries)) if entries.is_empty() => return Err(RedirectError::Missing),
            Some(Value::Array(entries)) if entries.len() > MOST => return Err(RedirectError::TooMany),
            Some(Value::Array(entries)) => entries,
            Some(_) => return Err(RedirectError::NotTexts),
        };
        let mut redirects = vec![];
        for entry in entries {
            let uri = entry.as_str().ok_or(RedirectError::NotTexts)?;
            self.check(uri)?;
            if !redirects.iter().any(|known| known == uri) {
                redirects.push(uri.to_owned());
            }
        }
        Ok(redirects)
    }

    /// Whether a client may have this redirect URI.
    pub fn check(&self, uri: &str) -> Result<(), RedirectError> {
        if uri.len() > LONGEST {
            return Err(RedirectError::TooLong);
        }
        if !uri.bytes().all(may_stand_in_uri) {
            return Err(RedirectError::Characters);
        }
        if uri.contains('#') {
            return Err(RedirectError::Fragment);
        }
        let scheme = uri.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
        match scheme.ok_or(RedirectError::Relative)?.to_ascii_lowercase().as_str() {
            "https" => check_web(uri),
            "http" if Loopback::read(uri).is_some() => Ok(()),
            "http" => Err(RedirectError::PlainHttp),
            scheme if NEVER.contains(&scheme) => Err(RedirectError::Scheme),
            _ if self.app_redirects.iter().any(|listed| listed == uri) => Ok(()),
            _ => Err(RedirectError::Unlisted),
        }
    }
}

/// The characters of RFC 3986, the star excepted: some servers take it for a wildcard, and no client needs it.
fn may_stand_in_uri(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()+,;=%".contains(&byte)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

fn check_web(uri: &str) -> Result<(), RedirectError> {
    let read = Url::parse(uri).map_err(|_| RedirectError::Spelling)?;
    if uri.split('/').nth(2).is_some_and(|authority| authority.contains('@')) || read.username() != "" {
        return Err(RedirectError::UserInfo);
    }
    // One spelling: what the person is shown, what is compared, and where a browser goes are then the same.
    if read.as_str() == uri { Ok(()) } else { Err(RedirectError::Spelling) }
}

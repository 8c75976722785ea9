//! Where a client may be sent back to (RFC 8252, and RFC 9700 §4.1).

use serde_json::Value;
use url::{Host, Url};

/// The most redirects of one client.
const MOST: usize = 10;
/// The most characters of a redirect.
const LONGEST: usize = 2_000;
/// A browser that is sent here stays on the person's own computer. Spelled in one way only: these are different hosts.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];
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

/// Why a client may not be sent to a place. Says nothing that the client wrote, and is fit for `error_description`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// There is none.
    #[error("redirect_uris is missing or empty: name at least one redirect URI")]
    Missing,
    /// Not a list of texts.
    #[error("redirect_uris must be a list of strings")]
    NotTexts,
    /// More than anybody needs.
    #[error("redirect_uris has more than 10 entries: leave some out")]
    TooMany,
    /// Longer than any real one.
    #[error("a redirect URI is longer than 2000 characters")]
    TooLong,
    /// A character that no URI has, or a star.
    #[error(
        "a redirect URI has a character that it must not have: no spaces, control characters, backslashes or wildcards"
    )]
    Characters,
    /// Without a scheme.
    #[error("a redirect URI is relative or has no scheme: give it whole, from https:// on")]
    Relative,
    /// What follows `#` never reaches a server, and would carry the answer on.
    #[error("a redirect URI has a fragment: leave out the # and what follows it")]
    Fragment,
    /// What stands before `@` makes the host look like another.
    #[error("a redirect URI has a user name or password: leave out what stands before the @")]
    UserInfo,
    /// A browser would rewrite it: then it is not clear which place is meant.
    #[error(
        "a redirect URI is not in its plain form: small letters in scheme and host, no default port, no dot segments, a path after the host"
    )]
    Spelling,
    /// The code would cross the network in clear.
    #[error("a redirect URI uses http for a host other than 127.0.0.1, [::1] or localhost: use https")]
    PlainHttp,
    /// A browser acts on it by itself.
    #[error("a redirect URI has a scheme that is never allowed: use https")]
    Scheme,
    /// An app's own scheme, which any app can claim, and which the operator does not know.
    #[error(
        "a redirect URI has an app's own scheme and is not on this server's list: use https or http://127.0.0.1, or ask the operator to list it"
    )]
    Unlisted,
}

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

/// Whether the wanted redirect is the registered one: letter for letter, but for the port on the person's own computer,
/// which a program there cannot choose (RFC 8252 §7.3).
pub fn matches(registered: &str, wanted: &str) -> bool {
    registered == wanted || Loopback::read(registered).is_some_and(|known| Loopback::read(wanted) == Some(known))
}

/// The redirect as two registrations of one client have it: on the person's own computer without its port.
pub(crate) fn without_port(uri: &str) -> String {
    Loopback::read(uri).map_or_else(|| uri.to_owned(), |Loopback { host, rest }| format!("http://{host}{rest}"))
}

/// A redirect to the person's own computer, without its port.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'static str,
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    fn read(uri: &'a str) -> Option<Self> {
        let after = uri.strip_prefix("http://")?;
        let (host, after) = LOOPBACK.iter().find_map(|host| Some((*host, after.strip_prefix(host)?)))?;
        let (port, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
        is_port(port).then_some(Self { host, rest })
    }
}

/// Nothing, or a colon and a port.
fn is_port(text: &str) -> bool {
    text.is_empty()
        || text.strip_prefix(':').is_some_and(|digits| {
            digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|port| port > 0)
        })
}

/// Where a redirect leads, as a person is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedirectTarget {
    /// To a site. The host as browsers write it (`xn--…` where it is not Latin), with the port if it is not the usual one.
    Web {
        /// Such as `claude.ai`.
        host: String,
    },
    /// To some program on the person's own computer; which, nobody can tell.
    ThisComputer,
    /// To the app that claims this scheme on the person's computer.
    App {
        /// Such as `cursor`.
        scheme: String,
    },
}

impl RedirectTarget {
    /// Of a redirect URI that has passed the rules.
    pub fn of(uri: &str) -> Self {
        let app = || Self::App { scheme: uri.split(':').next().unwrap_or_default().to_owned() };
        let Some(url) = Url::parse(uri).ok().filter(|url| matches!(url.scheme(), "https" | "http")) else {
            return app();
        };
        let Some(host) = url.host() else { return app() };
        let here = match host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        if here {
            return Self::ThisComputer;
        }
        Self::Web { host: url.port().map_or_else(|| host.to_string(), |port| format!("{host}:{port}")) }
    }
}

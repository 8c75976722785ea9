//! Redirects to the person's own computer, where the port does not count.

/// A browser that is sent here stays on the person's own computer. Spelled in one way only: these are different hosts.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

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
pub(super) struct Loopback<'a> {
    host: &'static str,
    rest: &'a str,
}

impl<'a> Loopback<'a> {
    pub(super) fn read(uri: &'a str) -> Option<Self> {
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

//! What a person is told of a redirect.

use url::{Host, Url};

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

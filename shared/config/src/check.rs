//! Settings that parse and yet must not be served.

use secrecy::ExposeSecret as _;
use turnpike_core::Outcome;
use url::{Host, Url};

use crate::{ConfigError, Environment, MailTransport, Settings};

impl Settings {
    /// Refuses what is unsafe or cannot work, with the setting's name.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let refused = |key, reason: &str| Err(ConfigError::Refused { key, reason: reason.into() });
        let production = self.environment == Environment::Production;

        let port = self.server.listen.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
        if port.is_none() {
            let reason = format!("`{}` is no address: write host:port, such as 127.0.0.1:8080", self.server.listen);
            return refused("server.listen", &reason);
        }
        match self.server.public_url.as_str() {
            "" if production => return refused("server.public_url", "set it to the https:// URL that clients use"),
            "" if !self.listens_on_loopback() => {
                return refused(
                    "server.public_url",
                    "set it when `server.listen` is not a loopback address; the Host header is checked against it",
                );
            }
            "" => {}
            text => check_public_url(text)?,
        }
        if self.vault.key_provider != "local" {
            return refused("vault.key_provider", "the only provider is \"local\"");
        }
        if production {
            return refused(
                "vault.key_provider",
                "a local key file is refused in production: whoever copies the disk has every credential",
            );
        }
        for (name, own) in &self.integrations {
            let urls = [&own.base_url, &own.token_url, &own.authorize_url, &own.revoke_url];
            for url in urls.into_iter().filter(|url| !url.is_empty()) {
                if !Url::parse(url).is_ok_and(|url| is_secure(&url)) {
                    let reason = format!("`{url}` must begin with https://; http:// is for loopback only");
                    return Err(ConfigError::Refused { key: "integrations", reason: format!("{name}: {reason}") });
                }
            }
            if own.client_id.is_empty() != own.client_secret.expose_secret().is_empty() {
                let reason = format!("{name}: `client_id` and `client_secret` come together");
                return Err(ConfigError::Refused { key: "integrations", reason });
            }
        }
        if let Some(origin) =
            self.server.allowed_origins.iter().find(|origin| Url::parse(origin.trim_end_matches(":*")).is_err())
        {
            return refused(
                "server.allowed_origins",
                &format!("`{origin}` is no origin: write https://host or https://host:port"),
            );
        }
        if !is_colour(&self.brand.accent) {
            return refused("brand.accent", "write a colour as #rrggbb, such as #1d5fa8");
        }
        let smtp = self.mail.smtp_url.expose_secret();
        match self.mail.transport {
            MailTransport::Outbox if production => {
                return refused("mail.transport", "\"outbox\" sends nothing; set \"smtp\" and `mail.smtp_url`");
            }
            MailTransport::Smtp if !["smtp://", "smtps://"].iter().any(|scheme| smtp.starts_with(scheme)) => {
                return refused("mail.smtp_url", "it must begin with smtps:// or smtp://");
            }
            MailTransport::Outbox | MailTransport::Smtp => {}
        }
        match self.oidc.issuer.as_str() {
            "" => {}
            issuer if !Url::parse(issuer).is_ok_and(|url| is_secure(&url)) => {
                return refused("oidc.issuer", "it must begin with https://; http:// is for loopback only");
            }
            _ if self.oidc.client_id.is_empty() => return refused("oidc.client_id", "it is missing"),
            _ => {}
        }
        if !(5..=890).contains(&self.oauth.access_token_seconds) {
            return refused(
                "oauth.access_token_seconds",
                "it must be 5 to 890: a token that is lost ends by itself within 15 minutes",
            );
        }
        if self.oauth.refresh_days == 0 || self.oauth.key_days == 0 {
            return refused("oauth", "`refresh_days` and `key_days` must be at least 1");
        }
        if let Some((id, _)) = self.oauth_clients.iter().find(|(_, own)| own.redirect_uris.is_empty()) {
            let reason = format!("{id}: `redirect_uris` is empty, so that nobody could come back to it");
            return Err(ConfigError::Refused { key: "oauth_clients", reason });
        }
        if self.store.max_connections == 0 {
            return refused("store.max_connections", "it must be at least 1");
        }
        if let Some(missing) = Outcome::ALL.iter().find(|outcome| !self.prices.percent.contains_key(outcome)) {
            return Err(ConfigError::Refused {
                key: "prices.percent",
                reason: format!("outcome `{missing}` has no price"),
            });
        }
        if [self.prices.light, self.prices.standard, self.prices.heavy].iter().any(|price| *price < 0) {
            return refused("prices", "a price must not be negative");
        }
        Ok(())
    }

    pub(crate) fn listens_on_loopback(&self) -> bool {
        let host = self.server.listen.rsplit_once(':').map_or(self.server.listen.as_str(), |(host, _)| host);
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// Whether a text is a colour as `#rrggbb`.
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn check_public_url(text: &str) -> Result<(), ConfigError> {
    let refused = |reason: &str| Err(ConfigError::Refused { key: "server.public_url", reason: reason.into() });
    let Ok(url) = Url::parse(text) else { return refused("it is not a URL") };
    if !is_secure(&url) {
        return refused("it must begin with https://; http:// is for loopback only");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return refused("it must be scheme and host only");
    }
    Ok(())
}

/// Encrypted on the way, or not on its way to another machine.
fn is_secure(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || url.scheme() == "http" && loopback
}

//! Settings that parse and yet must not be served.

use secrecy::ExposeSecret as _;
use url::{Host, Url};

use crate::{
    ConfigError, Environment, KeyProviderKind, MailTransport, PaymentProvider, ProcessRole, Settings, check_book,
};

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
            text => check_public_url(text, production)?,
        }
        self.check_back_ends(production)?;
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
        if self.telemetry.export_seconds == 0 {
            return refused("telemetry.export_seconds", "it must be at least 1");
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
        if self.limits.refuse_everything() {
            return refused("limits", "a limit of nought refuses every call; `turnpike switch off` is for that");
        }
        check_book(&self.prices, &self.plans).map_err(|(key, reason)| ConfigError::Refused { key, reason })?;
        self.check_payments(production)?;
        Ok(())
    }

    /// What is shared by processes, and what must not be where they are several.
    fn check_back_ends(&self, production: bool) -> Result<(), ConfigError> {
        let refused = |key, reason: &str| Err(ConfigError::Refused { key, reason: reason.into() });
        let all = [ProcessRole::Gateway, ProcessRole::Portal, ProcessRole::Worker];
        if !is_database(self.store_url().expose_secret()) {
            return refused("store.url", "it must begin with postgres:// or sqlite:");
        }
        if self.server.roles.is_empty() {
            return refused("server.roles", "name at least one of \"gateway\", \"portal\" and \"worker\"");
        }
        let apart = !all.iter().all(|role| self.server.roles.contains(role));
        if apart && self.store_url().expose_secret().starts_with("sqlite:") {
            return refused(
                "server.roles",
                "roles apart need PostgreSQL: set `store.url`, or leave all three together",
            );
        }
        let vault = &self.vault;
        match vault.key_provider {
            KeyProviderKind::Local if production => {
                return refused(
                    "vault.key_provider",
                    "a local key file is refused in production: whoever copies the disk has every credential; set \
                     \"aws-kms\" and `vault.kms_key`",
                );
            }
            KeyProviderKind::AwsKms if vault.kms_key.is_empty() => {
                return refused("vault.kms_key", "set it to the ARN of a key in AWS KMS, or to \"alias/NAME\"");
            }
            KeyProviderKind::Local | KeyProviderKind::AwsKms => {}
        }
        match vault.kms_endpoint.as_str() {
            "" => {}
            url if !Url::parse(url).is_ok_and(|url| is_secure(&url)) => {
                return refused("vault.kms_endpoint", "it must begin with https://; http:// is for loopback only");
            }
            _ => {}
        }
        match vault.keys_url.expose_secret() {
            "" => {}
            url if url == self.store_url().expose_secret() => {
                return refused("vault.keys_url", "it is the same database as `store.url`; leave it empty for that");
            }
            url if !is_database(url) => {
                return refused("vault.keys_url", "it must begin with postgres:// or sqlite:");
            }
            _ => {}
        }
        if vault.idle_hours == 0 || vault.keep_alive_days == 0 {
            return refused("vault", "`idle_hours` and `keep_alive_days` must be at least 1");
        }
        match self.redis.url.expose_secret() {
            "" => {}
            url if !["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)) => {
                return refused("redis.url", "it must begin with redis:// or rediss://");
            }
            _ => {}
        }
        if let Some((name, _)) =
            self.integrations.iter().find(|(_, own)| own.app_quota_per_day < 0 || own.app_reserve_percent > 100)
        {
            let reason = format!("{name}: `app_quota_per_day` is not negative, `app_reserve_percent` at most 100");
            return Err(ConfigError::Refused { key: "integrations", reason });
        }
        Ok(())
    }

    fn check_payments(&self, production: bool) -> Result<(), ConfigError> {
        let refused = |key, reason: &str| Err(ConfigError::Refused { key, reason: reason.into() });
        let payments = &self.payments;
        if payments.tax_rate > 10_000 || self.costs.payment_rate > 10_000 {
            return refused("payments.tax_rate", "it is in hundredths of a percent, and at most 10000");
        }
        match payments.stripe_url.as_str() {
            "" => {}
            url if !Url::parse(url).is_ok_and(|url| is_secure(&url)) => {
                return refused("payments.stripe_url", "it must begin with https://; http:// is for loopback only");
            }
            _ => {}
        }
        if payments.provider == PaymentProvider::Invoice {
            return Ok(());
        }
        let keys = [
            ("payments.stripe_key", &payments.stripe_key),
            ("payments.stripe_meter_key", &payments.stripe_meter_key),
            ("payments.stripe_read_key", &payments.stripe_read_key),
        ];
        for (name, key) in keys {
            match key.expose_secret() {
                "" if name == "payments.stripe_key" => return refused(name, "it is missing"),
                "" => {}
                key if !["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix)) => {
                    return refused(name, "it must begin with rk_ (or sk_)");
                }
                key if key[3..].starts_with("live_") != production => {
                    return refused(
                        name,
                        "a live key goes with the environment \"production\", a test key with \"development\"",
                    );
                }
                _ => {}
            }
        }
        if !payments.stripe_webhook_secret.expose_secret().starts_with("whsec_") {
            return refused("payments.stripe_webhook_secret", "it must begin with whsec_");
        }
        Ok(())
    }

    pub(crate) fn listens_on_loopback(&self) -> bool {
        let host = self.server.listen.rsplit_once(':').map_or(self.server.listen.as_str(), |(host, _)| host);
        host == "localhost"
            || host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn is_database(url: &str) -> bool {
    ["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| url.starts_with(scheme))
}

/// Whether a text is a colour as `#rrggbb`.
pub fn is_colour(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn check_public_url(text: &str, production: bool) -> Result<(), ConfigError> {
    let refused = |reason: &str| Err(ConfigError::Refused { key: "server.public_url", reason: reason.into() });
    let Ok(url) = Url::parse(text) else { return refused("it is not a URL") };
    if production && url.scheme() != "https" {
        return refused("in production it must begin with https://, also where a proxy beside this server ends TLS");
    }
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

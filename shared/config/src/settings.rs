//! The settings, typed. `default.toml` says what each is for.

use std::{collections::BTreeMap, net::IpAddr, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use turnpike_core::{Currency, Micros, Outcome, WritePolicy};

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct Settings {
    pub environment: Environment,
    pub data: PathBuf,
    pub server: ServerSettings,
    pub store: StoreSettings,
    pub vault: VaultSettings,
    pub limits: LimitSettings,
    pub writes: WriteSettings,
    pub prices: PriceSettings,
    pub brand: BrandSettings,
    pub mail: MailSettings,
    pub portal: PortalSettings,
    pub oidc: OidcSettings,
    pub oauth: OAuthSettings,
    pub oauth_clients: BTreeMap<String, OAuthClientSettings>,
    pub plans: BTreeMap<String, PlanSettings>,
    pub telemetry: TelemetrySettings,
    pub integrations: BTreeMap<String, IntegrationSettings>,
}

/// How strict start-up is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum Environment {
    Development,
    Production,
}

/// Section `[server]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct ServerSettings {
    pub listen: String,
    pub public_url: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub trusted_proxies: Vec<IpAddr>,
    pub max_body_bytes: usize,
    pub drain_seconds: u64,
    pub servers: Vec<String>,
}

/// Section `[store]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct StoreSettings {
    pub url: SecretString,
    pub owner_url: SecretString,
    pub max_connections: u32,
}

/// Section `[vault]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct VaultSettings {
    pub key_provider: String,
    pub key_file: PathBuf,
}

/// Section `[limits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct LimitSettings {
    pub tenant_per_minute: u32,
    pub tenant_burst: u32,
    pub principal_per_minute: u32,
    pub principal_burst: u32,
    pub tenant_concurrent: usize,
    pub tenant_background: usize,
    pub tenant_jobs: i64,
    pub answer_characters: usize,
    pub keep_arguments_days: u32,
}

/// Section `[writes]`, in whole units of each account's currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct WriteSettings {
    pub max_amount: u32,
    pub max_rise_percent: u32,
    pub approve_amount: u32,
    pub approve_rise_percent: u32,
    pub approve_starts: bool,
}

/// Section `[prices]`, in micro-units of the currency.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PriceSettings {
    pub currency: Currency,
    pub light: i64,
    pub standard: i64,
    pub heavy: i64,
    pub percent: OutcomePercents,
}

/// What part of the price each outcome costs. Every outcome must be named: a price that nobody chose is a mistake.
pub type OutcomePercents = BTreeMap<Outcome, u8>;

/// Section `[brand]`, and a brand of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct BrandSettings {
    pub name: String,
    pub accent: String,
    pub support_email: String,
    pub website: String,
    pub terms_url: String,
    pub privacy_url: String,
    pub mail_from: String,
}

/// Section `[mail]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct MailSettings {
    pub transport: MailTransport,
    pub smtp_url: SecretString,
}

/// How mails leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum MailTransport {
    Outbox,
    Smtp,
}

/// Section `[portal]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PortalSettings {
    pub sign_up: bool,
    pub idle_minutes: u32,
    pub session_hours: u32,
    pub confirm_minutes: u32,
}

/// Section `[oidc]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct OidcSettings {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub label: String,
}

/// Section `[oauth]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct OAuthSettings {
    pub registration: bool,
    pub access_token_seconds: u32,
    pub refresh_days: u32,
    pub key_days: u32,
    pub document_hosts: Vec<String>,
    pub app_redirects: Vec<String>,
}

/// Section `[oauth_clients.<client_id>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct OAuthClientSettings {
    pub name: String,
    pub redirect_uris: Vec<String>,
    #[serde(default)]
    pub client_secret: SecretString,
}

/// Section `[plans.<name>]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PlanSettings {
    pub title: String,
    pub description: String,
    pub monthly: i64,
    pub included_calls: u32,
    pub trial_days: u32,
    pub offered: bool,
}

/// Section `[telemetry]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct TelemetrySettings {
    pub log: LogFormat,
    pub filter: String,
    pub otlp_endpoint: String,
    pub service_name: String,
}

/// How log records look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum LogFormat {
    Human,
    Json,
}

/// Section `[integrations.<name>]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct IntegrationSettings {
    pub version: String,
    pub version_ends: String,
    pub base_url: String,
    pub token_url: String,
    pub authorize_url: String,
    pub revoke_url: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub download_hosts: Vec<String>,
    pub read_per_minute: u32,
    pub read_burst: u32,
    pub write_per_minute: u32,
    pub write_burst: u32,
}

impl WriteSettings {
    /// The policy of a connection that has none of its own.
    pub fn policy(&self) -> WritePolicy {
        let units = |units: u32| Micros(i64::from(units) * 1_000_000);
        WritePolicy {
            max_amount: units(self.max_amount),
            max_rise_percent: self.max_rise_percent.into(),
            approve_amount: units(self.approve_amount),
            approve_rise_percent: self.approve_rise_percent.into(),
            approve_starts: self.approve_starts,
        }
    }
}

impl Settings {
    /// The database's URL: as set, or the SQLite file in the data folder.
    pub fn store_url(&self) -> SecretString {
        match self.store.url.expose_secret() {
            "" => format!("sqlite:{}", self.data.join("turnpike.db").display()).into(),
            _ => self.store.url.clone(),
        }
    }

    /// The local key's path: as set, or in the data folder.
    pub fn key_file(&self) -> PathBuf {
        if self.vault.key_file.as_os_str().is_empty() {
            self.data.join("local.key")
        } else {
            self.vault.key_file.clone()
        }
    }

    /// Whether mails only become files that this machine's own browser may open: for trying things out.
    pub fn outbox_is_open(&self) -> bool {
        self.mail.transport == MailTransport::Outbox
            && self.environment == Environment::Development
            && self.listens_on_loopback()
            && self.server.public_url.is_empty()
    }

    /// The settings of one integration; empty ones when the file has no such section.
    pub fn integration(&self, name: &str) -> IntegrationSettings {
        self.integrations.get(name).cloned().unwrap_or_default()
    }
}

//! The settings, typed. `default.toml` says what each is for.

use std::{collections::BTreeMap, path::PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use turnpike_core::{Currency, Micros, Outcome, WritePolicy};

use crate::{DeploySettings, Network};

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
    pub redis: RedisSettings,
    pub limits: LimitSettings,
    pub writes: WriteSettings,
    pub prices: PriceSettings,
    pub brand: BrandSettings,
    pub mail: MailSettings,
    pub portal: PortalSettings,
    pub oidc: OidcSettings,
    pub oauth: OAuthSettings,
    pub oauth_clients: BTreeMap<String, OAuthClientSettings>,
    pub plans: Plans,
    pub payments: PaymentSettings,
    pub costs: CostSettings,
    pub telemetry: TelemetrySettings,
    pub deploy: DeploySettings,
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
    pub trusted_proxies: Vec<Network>,
    pub max_body_bytes: usize,
    pub drain_seconds: u64,
    pub ready_seconds: u64,
    pub roles: Vec<ProcessRole>,
    pub servers: Vec<String>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessRole {
    /// Serves agents: the MCP servers.
    Gateway,
    /// Serves people: pages, consent, webhooks.
    Portal,
    /// Serves nobody: what is done in the background.
    Worker,
}

impl ProcessRole {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Gateway, Self::Portal, Self::Worker];

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Portal => "portal",
            Self::Worker => "worker",
        }
    }
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
    pub key_provider: KeyProviderKind,
    pub key_file: PathBuf,
    pub kms_key: String,
    pub kms_region: String,
    pub kms_endpoint: String,
    pub keys_url: SecretString,
    pub keys_owner_url: SecretString,
    pub idle_hours: u32,
    pub keep_alive_days: u32,
}

/// Who wraps data keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum KeyProviderKind {
    Local,
    AwsKms,
}

/// Section `[redis]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct RedisSettings {
    pub url: SecretString,
    pub when_gone: WhenGone,
}

/// What becomes of calls while Redis is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum WhenGone {
    Local,
    Refuse,
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

impl LimitSettings {
    pub(crate) fn refuse_everything(&self) -> bool {
        let calls = [self.tenant_per_minute, self.tenant_burst, self.principal_per_minute, self.principal_burst];
        calls.contains(&0) || self.tenant_concurrent == 0
    }
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

/// Section `[prices]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PriceSettings {
    pub currency: Currency,
    pub unit: i64,
    pub light: i64,
    pub standard: i64,
    pub heavy: i64,
    pub percent: OutcomePercents,
}

/// What part of its units each outcome uses up. Every outcome must be named: a price that nobody chose is a mistake.
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

/// Section `[plans]`.
pub type Plans = BTreeMap<String, PlanSettings>;

/// Section `[plans.<name>]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PlanSettings {
    pub title: String,
    pub description: String,
    pub monthly: i64,
    pub yearly: i64,
    pub included_units: i64,
    pub tiers: Vec<TierSettings>,
    pub cap: Cap,
    pub trial_days: u32,
    pub offered: bool,
}

/// One of a plan's `tiers`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct TierSettings {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<i64>,
    pub price: i64,
}

/// Whether more can be used than a plan includes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum Cap {
    Soft,
    Hard,
}

/// Section `[payments]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct PaymentSettings {
    pub provider: PaymentProvider,
    pub subscription_required: bool,
    pub grace_days: u32,
    pub due_days: u32,
    pub issuer: String,
    pub tax_rate: u32,
    pub stripe_tax: bool,
    pub stripe_promotion_codes: bool,
    pub stripe_key: SecretString,
    pub stripe_meter_key: SecretString,
    pub stripe_read_key: SecretString,
    pub stripe_webhook_secret: SecretString,
    pub stripe_webhook_secret_before: SecretString,
    pub stripe_account: String,
    pub stripe_url: String,
    pub late_usage: LateUsage,
    pub repair_up_to: i64,
}

/// Who collects the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum PaymentProvider {
    Invoice,
    Stripe,
}

/// What becomes of usage that comes too late for a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "default.toml documents each value")]
pub enum LateUsage {
    Invoice,
    WriteOff,
}

/// Section `[costs]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct CostSettings {
    pub payment_rate: u32,
    pub payment_fixed: i64,
}

/// Section `[telemetry]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct TelemetrySettings {
    pub log: LogFormat,
    pub filter: String,
    pub otlp_endpoint: String,
    pub export_seconds: u64,
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
    pub cost_per_request: i64,
    pub cost_per_row: i64,
    pub app_quota_per_day: i64,
    pub app_reserve_percent: u8,
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

impl PaymentSettings {
    /// Whether calls to live connections need a subscription.
    pub fn needs_subscription(&self) -> bool {
        self.subscription_required || self.provider == PaymentProvider::Stripe
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

//! Settings: compiled-in defaults, then the file, then `TURNPIKE_*` variables. Unknown keys fail.

mod blueprint;
mod book;
mod check;
mod deploy;
mod layers;
mod network;
mod settings;

pub use blueprint::{Blueprint, SecretSetting};
pub use book::{BookText, check_book};
pub use check::is_colour;
pub use deploy::{
    CloudRunSettings, CloudflareSettings, DeploySettings, GceSettings, KubernetesSettings, SystemdSettings,
};
pub use layers::{ConfigError, Layers};
pub use network::Network;
pub use settings::{
    BrandSettings, Cap, CostSettings, Environment, IntegrationSettings, KeyProviderKind, LateUsage, LimitSettings,
    LogFormat, MailSettings, MailTransport, OAuthClientSettings, OAuthSettings, OidcSettings, OutcomePercents,
    PaymentProvider, PaymentSettings, PlanSettings, Plans, PortalSettings, PriceSettings, ProcessRole, RedisSettings,
    ServerSettings, Settings, StoreSettings, TelemetrySettings, TierSettings, VaultSettings, WhenGone, WriteSettings,
};

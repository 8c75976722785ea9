//! Settings: compiled-in defaults, then the file, then `TURNPIKE_*` variables. Unknown keys fail.

mod check;
mod layers;
mod settings;

pub use check::is_colour;
pub use layers::{ConfigError, Layers};
pub use settings::{
    BrandSettings, Environment, IntegrationSettings, LimitSettings, LogFormat, MailSettings, MailTransport,
    OAuthClientSettings, OAuthSettings, OidcSettings, OutcomePercents, PlanSettings, PortalSettings, PriceSettings,
    ServerSettings, Settings, StoreSettings, TelemetrySettings, VaultSettings, WriteSettings,
};

//! Settings: compiled-in defaults, then the file, then `TURNPIKE_*` variables. Unknown keys fail.

mod check;
mod layers;
mod settings;

pub use layers::{ConfigError, Layers};
pub use settings::{
    Environment, IntegrationSettings, LimitSettings, LogFormat, OutcomePercents, PriceSettings, ServerSettings,
    Settings, StoreSettings, TelemetrySettings, VaultSettings, WriteSettings,
};

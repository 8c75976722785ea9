//! A settings file, read where its secrets are not.

use std::path::Path;

use toml::{Table, Value};

use crate::{
    ConfigError, Settings,
    layers::{defaults, every_secret, find_section, merge, read, typed},
};

/// The settings file of another machine, on which its secrets are and this one has them not.
pub struct Blueprint {
    /// The settings, checked, with something in the place of each secret.
    pub settings: Settings,
    /// What the file says, without the secrets.
    pub told: Table,
    /// The secrets that it wants to be read from files.
    pub secrets: Vec<SecretSetting>,
}

/// A setting that is read from a file of its own.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretSetting {
    /// Its section: `store`, or `integrations` and `google-ads`.
    pub section: Vec<String>,
    /// Its key: `url`.
    pub key: &'static str,
}

impl Blueprint {
    /// Reads and checks a file as it would be on the machine that has the secrets. A secret that stands in it is refused: what
    /// is made of a blueprint is shown to others.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let mut table = defaults()?;
        let mut told = read(path)?;
        merge(&mut table, told.clone(), "", &path.display().to_string())?;
        let mut secrets = vec![];
        for (section, key, stand_in) in every_secret(&table) {
            let Some(own) = find_section(&mut told, &section) else { continue };
            if own.get(key).and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                let reason = format!("a secret in clear; write `{key}_file = \"PATH\"` and keep it out of this file");
                return Err(ConfigError::Wrong { key: format!("{}.{key}", section.join(".")), reason });
            }
            if own.remove(&format!("{key}_file")).is_none() {
                continue;
            }
            if let Some(own) = find_section(&mut table, &section) {
                own.remove(&format!("{key}_file"));
                own.insert(key.into(), Value::String(stand_in.into()));
            }
            secrets.push(SecretSetting { section, key });
        }
        let settings = typed(table)?;
        settings.check()?;
        Ok(Self { settings, told, secrets })
    }
}

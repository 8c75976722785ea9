//! Laying file and variables over the defaults.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Table, Value};

use crate::Settings;

/// The defaults, with a comment on each key.
const DEFAULTS: &str = include_str!("../default.toml");
/// Settings that may be read from a file of their own.
const SECRETS: &[(&str, &str)] =
    &[("store", "url"), ("store", "owner_url"), ("mail", "smtp_url"), ("oidc", "client_secret")];
/// Sections whose own sections an operator adds to.
const OPEN: [&str; 3] = ["integrations", "oauth_clients", "plans"];
/// Those of them whose sections hold a secret, and its key.
const OPEN_SECRET: ([&str; 2], &str) = (["integrations", "oauth_clients"], "client_secret");

/// What is wrong with the settings. Each says which setting and what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {reason}")]
    Unreadable { path: PathBuf, reason: std::io::Error },
    #[error("the settings file {path} is not valid TOML: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("{origin}: there is no setting `{key}`; `turnpike config defaults` lists them all")]
    Unknown { origin: String, key: String },
    #[error("setting `{key}`: {reason}")]
    Wrong { key: String, reason: String },
    #[error("setting `{key}`: {reason}")]
    Refused { key: &'static str, reason: String },
}

/// Where settings come from, beyond the defaults.
#[derive(Default)]
pub struct Layers {
    /// The settings file.
    pub file: Option<PathBuf>,
    /// `TURNPIKE_*` variables.
    pub variables: Vec<(String, String)>,
    /// The data folder given on the command line.
    pub data: Option<PathBuf>,
    /// The address given on the command line.
    pub listen: Option<String>,
}

impl Layers {
    /// The defaults as a commented file.
    pub fn defaults() -> &'static str {
        DEFAULTS
    }

    /// Lays the layers over each other and checks the result.
    pub fn load(self) -> Result<Settings, ConfigError> {
        let mut table = parse(Path::new("default.toml"), DEFAULTS)?;
        if let Some(path) = &self.file {
            let text = std::fs::read_to_string(path)
                .map_err(|reason| ConfigError::Unreadable { path: path.clone(), reason })?;
            merge(&mut table, parse(path, &text)?, "", &path.display().to_string())?;
        }
        for (name, value) in &self.variables {
            set_variable(&mut table, name, value)?;
        }
        read_secret_files(&mut table)?;
        if let Some(data) = self.data {
            table.insert("data".into(), Value::String(data.to_string_lossy().into_owned()));
        }
        if let (Some(listen), Some(Value::Table(server))) = (self.listen, table.get_mut("server")) {
            server.insert("listen".into(), Value::String(listen));
        }
        let settings = Settings::deserialize(table)
            .map_err(|error| ConfigError::Wrong { key: "settings".into(), reason: error.message().to_owned() })?;
        settings.check()?;
        Ok(settings)
    }
}

fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    text.parse().map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        ConfigError::Malformed { path: path.into(), reason: format!("line {line}: {}", error.message()) }
    })
}

/// Lays `over` on `base`. A key that the defaults do not have is refused, except a new section of an open one.
fn merge(base: &mut Table, over: Table, prefix: &str, origin: &str) -> Result<(), ConfigError> {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => merge(below, over, &format!("{path}."), origin)?,
            (Some(old), value) if old.same_type(&value) => *old = value,
            (Some(old), value) => {
                let reason = format!("it must be a {}, not a {}", old.type_str(), value.type_str());
                return Err(ConfigError::Wrong { key: path, reason });
            }
            (None, value)
                if prefix.strip_suffix('.').is_some_and(|section| OPEN.contains(&section)) || is_secret_file(&path) =>
            {
                base.insert(key, value);
            }
            (None, _) => return Err(ConfigError::Unknown { origin: origin.into(), key: path }),
        }
    }
    Ok(())
}

/// `TURNPIKE_SERVER__LISTEN` sets `server.listen`; the value is read as the default's type.
fn set_variable(table: &mut Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::Unknown { origin: format!("variable {name}"), key: name.to_owned() };
    let path = name.strip_prefix("TURNPIKE_").ok_or_else(unknown)?.to_lowercase();
    let mut over = Table::new();
    let parts: Vec<&str> = path.split("__").collect();
    let (key, sections) = parts.split_last().ok_or_else(unknown)?;
    let mut at = &*table;
    let mut names = vec![];
    for section in sections {
        let (name, below) = at.iter().find(|(known, _)| known.replace('-', "_") == *section).ok_or_else(unknown)?;
        names.push(name.clone());
        at = below.as_table().ok_or_else(unknown)?;
    }
    let wrong =
        |expected: &str| ConfigError::Wrong { key: name.to_owned(), reason: format!("`{value}` is not {expected}") };
    let value = match at.get(*key) {
        Some(Value::Integer(_)) => Value::Integer(value.parse().map_err(|_| wrong("a whole number"))?),
        Some(Value::Boolean(_)) => Value::Boolean(value.parse().map_err(|_| wrong("true or false"))?),
        Some(Value::Array(_)) => Value::Array(
            value.split(',').map(str::trim).filter(|v| !v.is_empty()).map(|v| Value::String(v.into())).collect(),
        ),
        _ => Value::String(value.into()),
    };
    over.insert((*key).to_owned(), value);
    for name in names.into_iter().rev() {
        over = Table::from_iter([(name, Value::Table(over))]);
    }
    merge(table, over, "", &format!("variable {name}"))
}

fn is_secret_file(path: &str) -> bool {
    let (sections, secret) = OPEN_SECRET;
    let mut names = path.split('.');
    let (section, key) = (names.next().unwrap_or_default(), names.nth(1).unwrap_or_default());
    sections.contains(&section) && key.strip_suffix("_file") == Some(secret)
        || SECRETS.iter().any(|(section, key)| path == format!("{section}.{key}_file"))
}

/// Replaces each `<secret>_file` by the content of the file.
fn read_secret_files(table: &mut Table) -> Result<(), ConfigError> {
    for (section, key) in SECRETS {
        if let Some(Value::Table(own)) = table.get_mut(*section) {
            read_secret_file(own, section, key)?;
        }
    }
    let (sections, secret) = OPEN_SECRET;
    for section in sections {
        let Some(Value::Table(all)) = table.get_mut(section) else { continue };
        for (name, own) in all {
            if let Value::Table(own) = own {
                read_secret_file(own, &format!("{section}.{name}"), secret)?;
            }
        }
    }
    Ok(())
}

fn read_secret_file(table: &mut Table, section: &str, key: &str) -> Result<(), ConfigError> {
    let Some(path) = table.remove(&format!("{key}_file")) else { return Ok(()) };
    let name = format!("{section}.{key}_file");
    let path =
        path.as_str().ok_or_else(|| ConfigError::Wrong { key: name.clone(), reason: "it must be a path".into() })?;
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::Wrong { key: name, reason: format!("cannot read {path}: {error}") })?;
    table.insert(key.to_owned(), Value::String(text.trim_end_matches(['\r', '\n']).to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests;

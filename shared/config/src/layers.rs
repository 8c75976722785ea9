//! Laying file and variables over the defaults.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::{ProcessRole, Settings};

/// The defaults, with a comment on each key.
const DEFAULTS: &str = include_str!("../default.toml");
/// Settings that may be read from a file of their own: section, key, and what stands for one that is not at hand.
const SECRETS: &[(&str, &str, &str)] = &[
    ("store", "url", "postgres://serving@database/turnpike"),
    ("store", "owner_url", "postgres://owner@database/turnpike"),
    ("vault", "keys_url", "postgres://serving@database/keys"),
    ("vault", "keys_owner_url", "postgres://owner@database/keys"),
    ("redis", "url", "redis://redis"),
    ("mail", "smtp_url", "smtps://mail"),
    ("oidc", "client_secret", "secret"),
    ("payments", "stripe_key", "rk_live_"),
    ("payments", "stripe_meter_key", "rk_live_"),
    ("payments", "stripe_read_key", "rk_live_"),
    ("payments", "stripe_webhook_secret", "whsec_"),
    ("payments", "stripe_webhook_secret_before", "whsec_"),
];
/// So begins the path of a secret that systemd gives each unit in a folder of its own.
const CREDENTIALS: &str = "$CREDENTIALS_DIRECTORY/";
/// Sections whose own sections an operator adds to.
const OPEN: [&str; 4] = ["integrations", "oauth_clients", "plans", "deploy.cloud-run.versions"];
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
    /// The roles given on the command line; empty: as set.
    pub roles: Vec<ProcessRole>,
    /// The integrations given on the command line; empty: as set.
    pub servers: Vec<String>,
    /// The folder that systemd has put this unit's credentials into.
    pub credentials: Option<PathBuf>,
}

impl Layers {
    /// The defaults as a commented file.
    pub fn defaults() -> &'static str {
        DEFAULTS
    }

    /// Whether a setting may also be given as `<key>_file`: `store.url`.
    pub fn is_secret(path: &str) -> bool {
        is_secret_file(&format!("{path}_file"))
    }

    /// Lays the layers over each other and checks the result.
    pub fn load(self) -> Result<Settings, ConfigError> {
        let mut table = defaults()?;
        if let Some(path) = &self.file {
            merge(&mut table, read(path)?, "", &path.display().to_string())?;
        }
        for (name, value) in &self.variables {
            set_variable(&mut table, name, value)?;
        }
        read_secret_files(&mut table, self.credentials.as_deref())?;
        if let Some(data) = self.data {
            table.insert("data".into(), Value::String(data.to_string_lossy().into_owned()));
        }
        if let (Some(listen), Some(Value::Table(server))) = (self.listen, table.get_mut("server")) {
            server.insert("listen".into(), Value::String(listen));
        }
        let mut settings = typed(table)?;
        if !self.roles.is_empty() {
            settings.server.roles = self.roles;
        }
        if !self.servers.is_empty() {
            settings.server.servers = self.servers;
        }
        settings.check()?;
        Ok(settings)
    }
}

/// Each secret that there is: its section, its key, and what stands for it.
pub(crate) fn every_secret(table: &Table) -> Vec<(Vec<String>, &'static str, &'static str)> {
    let (sections, key) = OPEN_SECRET;
    let open = sections.into_iter().flat_map(|section| {
        let names = table.get(section).and_then(Value::as_table).into_iter().flat_map(Table::keys);
        names.map(move |name| (vec![section.to_owned(), name.clone()], key, "secret"))
    });
    SECRETS.iter().map(|(section, key, stand_in)| (vec![(*section).to_owned()], *key, *stand_in)).chain(open).collect()
}

pub(crate) fn defaults() -> Result<Table, ConfigError> {
    parse(Path::new("default.toml"), DEFAULTS)
}

pub(crate) fn typed(table: Table) -> Result<Settings, ConfigError> {
    serde_path_to_error::deserialize(table).map_err(|error| ConfigError::Wrong {
        key: error.path().to_string(),
        reason: error.inner().message().to_owned(),
    })
}

pub(crate) fn read(path: &Path) -> Result<Table, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|reason| ConfigError::Unreadable { path: path.into(), reason })?;
    parse(path, &text)
}

fn parse(path: &Path, text: &str) -> Result<Table, ConfigError> {
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError::Malformed { path: path.into(), reason: with_line(text, &error) })
}

/// What is wrong, and in which line.
pub(crate) fn with_line(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
    format!("line {line}: {}", error.message())
}

/// Lays `over` on `base`. A key that the defaults do not have is refused, except a new section of an open one.
pub(crate) fn merge(base: &mut Table, over: Table, prefix: &str, origin: &str) -> Result<(), ConfigError> {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(over)) => merge(below, over, &format!("{path}."), origin)?,
            (Some(old), value) if old.same_type(&value) => *old = value,
            (Some(old), value) => {
                let reason = format!("it must be {}, not {}", kind_of(old), kind_of(&value));
                return Err(ConfigError::Wrong { key: path, reason });
            }
            (None, Value::Table(over)) if prefix == "integrations." => {
                let mut section = blank_integration()?;
                merge(&mut section, over, &format!("{path}."), origin)?;
                base.insert(key, Value::Table(section));
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

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text in quotation marks",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a point",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list in brackets",
        Value::Table(_) => "a section",
    }
}

/// The section of an integration that the defaults do not show: it takes what all of theirs take together, and no key of theirs
/// says anything.
fn blank_integration() -> Result<Table, ConfigError> {
    let defaults = parse(Path::new("default.toml"), DEFAULTS)?;
    let sections = defaults.get("integrations").and_then(Value::as_table).into_iter().flat_map(Table::values);
    Ok(sections.filter_map(Value::as_table).flatten().map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// `TURNPIKE_SERVER__LISTEN` sets `server.listen`; the value is read as the default's type.
fn set_variable(table: &mut Table, name: &str, value: &str) -> Result<(), ConfigError> {
    let unknown = || ConfigError::Unknown { origin: format!("variable {name}"), key: name.to_owned() };
    let path = name.strip_prefix("TURNPIKE_").ok_or_else(unknown)?.to_lowercase();
    let mut over = Table::new();
    let parts: Vec<&str> = path.split("__").collect();
    let (key, sections) = parts.split_last().ok_or_else(unknown)?;
    let blank = Value::Table(blank_integration()?);
    let mut at = &*table;
    let mut names = vec![];
    for section in sections {
        let known = at.iter().find(|(known, _)| known.replace('-', "_") == *section);
        let (name, below) = match known {
            Some((name, below)) => (name.clone(), below),
            None if names == ["integrations"] => (section.replace('_', "-"), &blank),
            None => return Err(unknown()),
        };
        names.push(name);
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
        || SECRETS.iter().any(|(section, key, _)| path == format!("{section}.{key}_file"))
}

/// Replaces each `<secret>_file` by the content of the file.
fn read_secret_files(table: &mut Table, credentials: Option<&Path>) -> Result<(), ConfigError> {
    for (section, key, _) in every_secret(table) {
        if let Some(own) = find_section(table, &section) {
            read_secret_file(own, &section.join("."), key, credentials)?;
        }
    }
    Ok(())
}

pub(crate) fn find_section<'a>(table: &'a mut Table, path: &[String]) -> Option<&'a mut Table> {
    path.iter().try_fold(table, |at, name| at.get_mut(name)?.as_table_mut())
}

fn read_secret_file(
    table: &mut Table,
    section: &str,
    key: &str,
    credentials: Option<&Path>,
) -> Result<(), ConfigError> {
    let Some(path) = table.remove(&format!("{key}_file")) else { return Ok(()) };
    let name = format!("{section}.{key}_file");
    let wrong = |reason: String| ConfigError::Wrong { key: name.clone(), reason };
    let path = path.as_str().ok_or_else(|| wrong("it must be a path".into()))?;
    let path = match path.strip_prefix(CREDENTIALS) {
        None => PathBuf::from(path),
        Some(own) => credentials.map(|folder| folder.join(own)).ok_or_else(|| {
            wrong("there is no CREDENTIALS_DIRECTORY; systemd sets it for a unit with LoadCredential=".into())
        })?,
    };
    let text =
        std::fs::read_to_string(&path).map_err(|error| wrong(format!("cannot read {}: {error}", path.display())))?;
    table.insert(key.to_owned(), Value::String(text.trim_end_matches(['\r', '\n']).to_owned()));
    Ok(())
}

#[cfg(test)]
mod tests;

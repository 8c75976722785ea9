//! What is deployed: one settings file, and how it reads in each place.

use std::path::Path;

use toml::{Table, Value};
use turnpike_config::{Blueprint, ConfigError, DeploySettings, Environment, SecretSetting, Settings};
use url::Url;

use crate::{RenderError, Target};

/// The settings that every process reads.
pub const SETTINGS: &str = "turnpike.toml";
/// The same with the roles that own the tables: for `turnpike migrate` and `turnpike keys rotate`, and nobody else.
pub const OWNER_SETTINGS: &str = "turnpike-owner.toml";
/// AWS credentials, where the machine has no role that may use the key.
const AWS_CREDENTIALS: &str = "aws-credentials";

/// A deployment, before it has a place.
pub struct Deployment {
    /// The settings, checked. Where secrets belong something else stands.
    pub settings: Settings,
    /// The host of the public URL.
    pub host: String,
    /// What every process is given.
    pub secrets: Vec<Secret>,
    /// What only those are given besides who change tables.
    pub owner_secrets: Vec<Secret>,
    told: Table,
}

/// A secret of a deployment. It is a file everywhere; a target says where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Secret {
    /// Its name, and that of its file: `store-url`.
    pub name: String,
    /// The setting that it is, if it is one.
    setting: Option<SecretSetting>,
}

/// Where a process runs: what differs between targets, and nothing that differs between operators.
pub struct Place<'a> {
    /// Address and port to listen on.
    pub listen: &'a str,
    /// The folder in which each secret is a file, with its name. Where it has a folder of its own, `*` stands for that. Empty:
    /// secrets are variables.
    pub secrets: &'a str,
    /// The folder that it may write to.
    pub data: &'a str,
    /// How long whoever sends requests needs to see that it is going.
    pub ready_seconds: u16,
    /// How long calls under way may take after that.
    pub drain_seconds: u16,
    /// Addresses of what stands before it and tells whom a request comes from.
    pub trusted_proxies: &'a [&'a str],
}

impl Place<'_> {
    /// Where a secret lies.
    pub fn secret(&self, name: &str) -> String {
        format!("{}/{name}", self.secrets.replace('*', name))
    }
}

impl Deployment {
    /// Reads the settings file. None of its secrets has to be at hand.
    pub fn read(file: &Path) -> Result<Self, RenderError> {
        let Blueprint { settings, told, secrets } = Blueprint::read(file)?;
        if settings.environment != Environment::Production {
            return Err(RenderError::NotProduction);
        }
        let (owner, all): (Vec<_>, Vec<_>) = secrets.into_iter().partition(|secret| secret.key.contains("owner"));
        let mut secrets: Vec<_> = all.into_iter().map(Secret::of).collect();
        if settings.deploy.aws_credentials {
            secrets.push(Secret { name: AWS_CREDENTIALS.into(), setting: None });
        }
        let host = Url::parse(&settings.server.public_url).ok().and_then(|url| Some(url.host_str()?.to_owned()));
        let host = host.ok_or(RenderError::Settings(ConfigError::Refused {
            key: "server.public_url",
            reason: "it has no host".into(),
        }))?;
        Ok(Self { settings, host, secrets, owner_secrets: owner.into_iter().map(Secret::of).collect(), told })
    }

    /// What this deployment says of targets.
    pub fn deploy(&self) -> &DeploySettings {
        &self.settings.deploy
    }

    /// The settings file of every process in a place.
    pub fn settings_file(&self, place: &Place<'_>) -> String {
        self.file(place, &[])
    }

    /// The settings file of whoever changes tables there.
    pub fn owner_settings_file(&self, place: &Place<'_>) -> String {
        self.file(place, &self.owner_secrets)
    }

    /// What AWS's libraries read, in a place, if they read a file.
    pub fn aws_credentials(&self, place: &Place<'_>) -> Option<String> {
        self.deploy().aws_credentials.then(|| place.secret(AWS_CREDENTIALS))
    }

    /// A text that a target cannot do without.
    pub(crate) fn required<'a>(
        &self,
        target: Target,
        key: &'static str,
        value: &'a str,
        what: &'static str,
    ) -> Result<&'a str, RenderError> {
        if value.is_empty() { Err(RenderError::Missing { target, key, what }) } else { plain(key, value) }
    }

    /// What processes need that run apart: a database with an owner, and Redis.
    pub(crate) fn required_back_ends(&self, target: Target) -> Result<(), RenderError> {
        let missing = |key, what| Err(RenderError::Missing { target, key, what });
        match () {
            () if !self.has_secret("store-url") => missing("store.url_file", "the file of a URL of PostgreSQL"),
            () if !self.has_secret("store-owner-url") => {
                missing("store.owner_url_file", "the file of the URL with the role that owns the tables")
            }
            () if !self.has_secret("redis-url") => missing("redis.url_file", "the file of the URL of Redis"),
            () => Ok(()),
        }
    }

    /// Sections whose `url` and `owner_url` are a database's.
    pub(crate) fn databases(&self) -> Vec<&'static str> {
        let known = ["store", "vault-keys"].into_iter();
        known.filter(|name| self.has_secret(&format!("{name}-owner-url"))).collect()
    }

    fn has_secret(&self, name: &str) -> bool {
        self.secrets.iter().chain(&self.owner_secrets).any(|secret| secret.name == name)
    }

    fn file(&self, place: &Place<'_>, besides: &[Secret]) -> String {
        let mut table = self.told.clone();
        table.remove("deploy");
        // Those of the place, and those that the operator knows of.
        let proxies = place.trusted_proxies.iter().map(|proxy| (*proxy).to_owned());
        let known = self.settings.server.trusted_proxies.iter().map(ToString::to_string);
        let proxies = proxies.chain(known).map(Value::from).collect();
        set(&mut table, &["data"], place.data);
        set(&mut table, &["server", "listen"], place.listen);
        set(&mut table, &["server", "ready_seconds"], i64::from(place.ready_seconds));
        set(&mut table, &["server", "drain_seconds"], i64::from(place.drain_seconds));
        set(&mut table, &["server", "trusted_proxies"], Value::Array(proxies));
        set(&mut table, &["telemetry", "log"], "json");
        let files = self.secrets.iter().chain(besides).filter(|_| !place.secrets.is_empty());
        for Secret { name, setting } in files {
            if let Some(SecretSetting { section, key }) = setting {
                let key = format!("{key}_file");
                let path: Vec<_> = section.iter().map(String::as_str).chain([key.as_str()]).collect();
                set(&mut table, &path, place.secret(name));
            }
        }
        let made = "# Made by `turnpike render`: change the settings file that it was made from, and render again.";
        format!("{made}\n{table}")
    }
}

impl Secret {
    /// The variable that sets it, where secrets are no files.
    pub fn variable(&self) -> Option<String> {
        let SecretSetting { section, key } = self.setting.as_ref()?;
        let path: Vec<_> = section.iter().map(String::as_str).chain([*key]).collect();
        Some(format!("TURNPIKE_{}", path.join("__").to_uppercase().replace('-', "_")))
    }

    fn of(setting: SecretSetting) -> Self {
        let name = format!("{}-{}", setting.section.join("-"), setting.key);
        let name = name.to_lowercase().replace(|sign: char| !sign.is_ascii_alphanumeric(), "-");
        Self { name, setting: Some(setting) }
    }
}

/// Sets what stands at the end of a path; sections on the way are made where they are not there.
fn set(table: &mut Table, path: &[&str], value: impl Into<Value>) {
    match path {
        [] => {}
        [key] => {
            table.insert((*key).into(), value.into());
        }
        [name, rest @ ..] => {
            if let Value::Table(below) = table.entry(*name).or_insert_with(|| Value::Table(Table::new())) {
                set(below, rest, value);
            }
        }
    }
}

/// A text that stands in other files as it is: nothing in it can mean something else there.
pub(crate) fn plain<'a>(key: &'static str, value: &'a str) -> Result<&'a str, RenderError> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "._-:/@+~".contains(sign);
    if value.chars().all(is_plain) { Ok(value) } else { Err(RenderError::NotPlain { key, value: value.to_owned() }) }
}

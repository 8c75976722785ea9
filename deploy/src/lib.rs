//! Deployment files for each target, rendered from one settings file.
//!
//! What a deployment is stands once, in the operator's settings file. A target adds its place: where it listens, where its
//! secrets lie, how long it may take to go. So a setting cannot be right in one target and forgotten in the next.

mod deployment;
mod paths;
mod targets;

pub use deployment::{Deployment, OWNER_SETTINGS, Place, SETTINGS, Secret};
pub use paths::{GATEWAY_PATHS, gateway_expression, is_gateway_path};

/// Where Turnpike can be deployed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    /// One host, with a container for each part.
    Compose,
    /// Google Cloud Run.
    CloudRun,
    /// A Linux host with systemd and nginx.
    Systemd,
    /// The same on Google Compute Engine, set up at its first boot.
    Gce,
    /// A gate on Cloudflare Workers, before one of the others or a container.
    Cloudflare,
    /// Any Kubernetes.
    Kubernetes,
}

impl Target {
    /// Every one of them.
    pub const ALL: [Self; 6] =
        [Self::Compose, Self::CloudRun, Self::Systemd, Self::Gce, Self::Cloudflare, Self::Kubernetes];

    /// As it is written, and the folder below `deploy` that is about it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::CloudRun => "cloud-run",
            Self::Systemd => "systemd",
            Self::Gce => "gce",
            Self::Cloudflare => "cloudflare",
            Self::Kubernetes => "kubernetes",
        }
    }

    /// The files of a deployment.
    pub fn render(self, deployment: &Deployment) -> Result<Vec<File>, RenderError> {
        match self {
            Self::Compose => targets::compose::render(deployment),
            Self::CloudRun => targets::cloud_run::render(deployment),
            Self::Systemd => targets::systemd::render(deployment),
            Self::Gce => targets::gce::render(deployment),
            Self::Cloudflare => targets::cloudflare::render(deployment),
            Self::Kubernetes => targets::kubernetes::render(deployment),
        }
    }
}

/// A file of a deployment. None holds a secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct File {
    /// Its path below the folder that is rendered into.
    pub path: String,
    /// What it says.
    pub text: String,
}

impl File {
    fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    fn of(path: impl Into<String>, template: &impl askama::Template) -> Result<Self, RenderError> {
        // Whatever a template ends with, a file ends with one line break.
        Ok(Self::new(path, format!("{}\n", template.render()?.trim_end())))
    }
}

/// Why there are no files.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum RenderError {
    #[error(transparent)]
    Settings(#[from] turnpike_config::ConfigError),
    #[error("a file could not be made: {0}")]
    Template(#[from] askama::Error),
    #[error("setting `environment`: only \"production\" is deployed; what it refuses, a deployment must not have")]
    NotProduction,
    #[error("setting `{key}`: {target} needs it; {what}", target = target.as_str())]
    Missing { target: Target, key: &'static str, what: &'static str },
    #[error("setting `{key}`: `{value}` must be of letters, digits and . _ - : / @ + ~ only")]
    NotPlain { key: &'static str, value: String },
    #[error("setting `deploy.cloud-run.versions`: there is no secret `{name}`; there are {known}")]
    NoSuchSecret { name: String, known: String },
}

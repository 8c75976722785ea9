//! What `turnpike render` is told, typed. `default.toml` says what each is for.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::Network;

/// Section `[deploy]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct DeploySettings {
    pub image: String,
    #[serde(rename = "aws_credentials")]
    pub aws_credentials: bool,
    pub gateways: [u32; 2],
    pub portals: [u32; 2],
    pub workers: [u32; 2],
    pub cloud_run: CloudRunSettings,
    pub systemd: SystemdSettings,
    pub gce: GceSettings,
    pub cloudflare: CloudflareSettings,
    pub kubernetes: KubernetesSettings,
}

/// Section `[deploy.cloud-run]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct CloudRunSettings {
    pub project: String,
    pub region: String,
    pub service_account: String,
    pub owner_service_account: String,
    pub network: String,
    pub subnet: String,
    pub revision: String,
    pub serving: String,
    pub versions: BTreeMap<String, u32>,
}

/// Section `[deploy.systemd]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct SystemdSettings {
    pub private_addresses: Vec<String>,
}

/// Section `[deploy.gce]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct GceSettings {
    pub project: String,
    pub artifact: String,
    pub artifact_sha256: String,
}

/// Section `[deploy.cloudflare]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct CloudflareSettings {
    pub zone: String,
    pub origin: String,
    pub per_address: u32,
    pub per_caller: u32,
    pub image: String,
    pub instance_type: String,
    pub instances: u32,
}

/// Section `[deploy.kubernetes]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "default.toml documents each key")]
pub struct KubernetesSettings {
    pub namespace: String,
    pub ingress_class: String,
    pub tls_secret: String,
    pub private_addresses: Vec<Network>,
}

//! Google Compute Engine: the files of `systemd`, set up at the first boot.

use askama::Template;
use turnpike_config::ConfigError;

use super::systemd::host_files;
use crate::{Deployment, File, RenderError, Secret, Target};

/// What cloud-init does at the first boot.
const USER_DATA: &str = "user-data";

#[derive(Template)]
#[template(path = "gce/user-data", escape = "none")]
struct UserData {
    files: Vec<Written>,
}

struct Written {
    path: String,
    mode: &'static str,
    content: String,
}

#[derive(Template)]
#[template(path = "gce/fetch", escape = "none")]
struct Fetch<'a> {
    project: &'a str,
    bucket: &'a str,
    object: String,
    sha256: &'a str,
    version: &'a str,
    secrets: &'a [Secret],
}

#[derive(Template)]
#[template(path = "gce/turnpike-secrets.service", escape = "none")]
struct SecretsService;

#[derive(Template)]
#[template(path = "gce/unattended-upgrades", escape = "none")]
struct UnattendedUpgrades;

pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    let gce = &deployment.deploy().gce;
    let required = |key, value, what| deployment.required(Target::Gce, key, value, what);
    let project = required("deploy.gce.project", &gce.project, "the project whose Secret Manager has the secrets")?;
    let artifact = required("deploy.gce.artifact", &gce.artifact, "where the program is, gs://BUCKET/FILE.tar.gz")?;
    let sha256 = required("deploy.gce.artifact_sha256", &gce.artifact_sha256, "what `sha256sum` says of that file")?;
    let refused = |key, reason: &str| RenderError::from(ConfigError::Refused { key, reason: reason.into() });
    let (bucket, object) = artifact
        .strip_prefix("gs://")
        .and_then(|path| path.split_once('/'))
        .filter(|(bucket, object)| is_plain(bucket) && !object.is_empty() && object.split('/').all(is_plain))
        .ok_or_else(|| {
            refused("deploy.gce.artifact", "it must be gs://BUCKET/FILE, in letters, digits, `.`, `_` and `-`")
        })?;
    if sha256.len() != 64 || !sha256.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f')) {
        return Err(refused("deploy.gce.artifact_sha256", "it must be 64 digits from 0 to f"));
    }
    if !is_plain(project) {
        return Err(refused("deploy.gce.project", "it must be the id of a project"));
    }

    let secrets: Vec<_> = deployment.secrets.iter().chain(&deployment.owner_secrets).cloned().collect();
    let fetch = Fetch {
        project,
        bucket,
        object: object.replace('/', "%2F"),
        sha256,
        version: &sha256[..12],
        secrets: &secrets,
    };
    let mut files = host_files(deployment, Target::Gce)?;
    files.push(File::of("etc/systemd/system/turnpike-secrets.service", &SecretsService)?);
    files.push(File::of("etc/apt/apt.conf.d/52turnpike", &UnattendedUpgrades)?);
    files.push(File::of("usr/local/lib/turnpike/fetch", &fetch)?);
    let files = files.iter().map(written).collect();
    Ok(vec![File::of(USER_DATA, &UserData { files })?])
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// A file as a block of YAML, which keeps every line as it is.
fn written(file: &File) -> Written {
    let content = file.text.trim_end_matches('\n').lines();
    let content = content.map(|line| if line.is_empty() { String::new() } else { format!("      {line}") });
    Written {
        path: format!("/{}", file.path),
        mode: if file.path.starts_with("usr/local/lib/") { "0755" } else { "0644" },
        content: content.collect::<Vec<_>>().join("\n"),
    }
}

//! Google Cloud Run: a service for each role behind a load balancer, and a job that migrates.

use std::collections::BTreeMap;

use askama::Template;
use turnpike_config::{CloudRunSettings, ProcessRole};

use crate::{
    Deployment, File, GATEWAY_PATHS, OWNER_SETTINGS, Place, RenderError, SETTINGS, Secret, Target, deployment::plain,
};

const PLACE: Place<'_> = Place {
    listen: "0.0.0.0:8080",
    // A secret is a volume, and a volume is a folder.
    secrets: "/secrets/*",
    data: "/tmp",
    // Ten seconds after its signal an instance is killed; nothing new is sent to it by then.
    ready_seconds: 0,
    drain_seconds: 8,
    // What stands between Google's front end and the container. Those of the load balancer are the operator's.
    trusted_proxies: &["169.254.0.0/16"],
};
/// The longest that Cloud Run lets a request last, and as long as a page may take.
const LONGEST_SECONDS: u16 = 3600;
const PAGE_SECONDS: u16 = 60;
/// Names in Secret Manager of what is no secret of the deployment.
const SETTINGS_NAMES: [&str; 2] = ["settings", "owner-settings"];

#[derive(Template)]
#[template(path = "cloud-run/service.yaml", escape = "none")]
struct Service<'a> {
    own: &'a CloudRunSettings,
    service: String,
    role: &'static str,
    image: &'a str,
    aws_credentials: Option<String>,
    secrets: Vec<Mounted>,
    settings_version: u32,
    timeout: u16,
    least: u32,
    most: u32,
    asked: bool,
    /// Whether others are sent the requests for now.
    old: bool,
}

#[derive(Template)]
#[template(path = "cloud-run/migrate.yaml", escape = "none")]
struct Migrate<'a> {
    own: &'a CloudRunSettings,
    image: &'a str,
    aws_credentials: Option<String>,
    secrets: Vec<Mounted>,
    settings_version: u32,
}

#[derive(Template)]
#[template(path = "cloud-run/url-map.yaml", escape = "none")]
struct UrlMap<'a> {
    host: &'a str,
    gateway: &'a str,
    portal: &'a str,
    rules: Vec<(usize, String)>,
    tests: Vec<(String, &'a str)>,
}

/// A version of a secret, as a folder.
struct Mounted {
    name: String,
    folder: String,
    version: u32,
}

pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    let (deploy, target) = (deployment.deploy(), Target::CloudRun);
    let own = &deploy.cloud_run;
    let image = deployment.required(target, "deploy.image", &deploy.image, "name the container image")?;
    let project = deployment.required(target, "deploy.cloud-run.project", &own.project, "name the project")?;
    for (key, value, what) in [
        ("deploy.cloud-run.region", &own.region, "name the region"),
        ("deploy.cloud-run.service_account", &own.service_account, "name whom the services run as"),
        ("deploy.cloud-run.owner_service_account", &own.owner_service_account, "name whom the migration runs as"),
        ("deploy.cloud-run.network", &own.network, "name the network"),
        ("deploy.cloud-run.subnet", &own.subnet, "name the subnet"),
        ("deploy.cloud-run.revision", &own.revision, "name this deployment's revisions"),
    ] {
        deployment.required(target, key, value, what)?;
    }
    plain("deploy.cloud-run.serving", &own.serving)?;
    deployment.required_back_ends(target)?;
    check_versions(deployment, &own.versions)?;

    let version = |name: &str| own.versions.get(name).copied().unwrap_or(1);
    let mounted = |Secret { name, .. }: &Secret| Mounted {
        name: name.clone(),
        folder: PLACE.secrets.replace('*', name),
        version: version(name),
    };
    let service = |role: ProcessRole, [least, most]: [u32; 2], timeout| {
        let asked = role != ProcessRole::Worker;
        let template = Service {
            own,
            service: format!("turnpike-{}", role.as_str()),
            role: role.as_str(),
            image,
            aws_credentials: deployment.aws_credentials(&PLACE),
            secrets: deployment.secrets.iter().map(mounted).collect(),
            settings_version: version(SETTINGS_NAMES[0]),
            timeout,
            least,
            most,
            asked,
            // A worker is sent nothing: the new one works as soon as it is ready.
            old: asked && !own.serving.is_empty() && own.serving != own.revision,
        };
        File::of(format!("{}.yaml", role.as_str()), &template)
    };
    let migrate = Migrate {
        own,
        image,
        aws_credentials: deployment.aws_credentials(&PLACE),
        secrets: deployment.secrets.iter().chain(&deployment.owner_secrets).map(mounted).collect(),
        settings_version: version(SETTINGS_NAMES[1]),
    };
    let backend = |role: ProcessRole| format!("projects/{project}/global/backendServices/turnpike-{}", role.as_str());
    let (gateway, portal) = (backend(ProcessRole::Gateway), backend(ProcessRole::Portal));
    let url_map = UrlMap {
        host: &deployment.host,
        gateway: &gateway,
        portal: &portal,
        rules: GATEWAY_PATHS.iter().map(|pattern| rule(pattern)).enumerate().map(|(at, rule)| (at + 1, rule)).collect(),
        tests: tests(&gateway, &portal),
    };
    Ok(vec![
        File::of("migrate.yaml", &migrate)?,
        service(ProcessRole::Gateway, deploy.gateways, LONGEST_SECONDS)?,
        service(ProcessRole::Portal, deploy.portals, PAGE_SECONDS)?,
        service(ProcessRole::Worker, deploy.workers, PAGE_SECONDS)?,
        File::of("url-map.yaml", &url_map)?,
        File::new(SETTINGS, deployment.settings_file(&PLACE)),
        File::new(OWNER_SETTINGS, deployment.owner_settings_file(&PLACE)),
    ])
}

/// How a load balancer says a pattern of `GATEWAY_PATHS`.
fn rule(pattern: &str) -> String {
    let kind = if pattern.contains('*') { "pathTemplateMatch" } else { "fullPathMatch" };
    format!("{kind}: {pattern}")
}

/// A path for each pattern, and some that portals answer.
fn tests<'a>(gateway: &'a str, portal: &'a str) -> Vec<(String, &'a str)> {
    let asked = GATEWAY_PATHS.iter().map(|pattern| pattern.replace("**", "mcp").replace('*', "google-ads"));
    let people = ["/", "/sign-in", "/mcp/other", "/.well-known/oauth-authorization-server"].map(str::to_owned);
    asked.map(|path| (path, gateway)).chain(people.map(|path| (path, portal))).collect()
}

/// A version of something that is not there is a name that is misspelt.
fn check_versions(deployment: &Deployment, versions: &BTreeMap<String, u32>) -> Result<(), RenderError> {
    let known = deployment.secrets.iter().chain(&deployment.owner_secrets).map(|secret| secret.name.as_str());
    let known: Vec<_> = known.chain(SETTINGS_NAMES).collect();
    match versions.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(RenderError::NoSuchSecret { name: name.clone(), known: known.join(", ") }),
        None => Ok(()),
    }
}

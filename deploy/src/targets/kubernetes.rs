//! Any Kubernetes.

use std::iter::once;

use askama::Template;
use turnpike_config::{Network, ProcessRole};

use crate::{Deployment, File, GATEWAY_PATHS, Place, RenderError, Target, deployment::plain};

const PLACE: Place<'_> = Place {
    listen: "0.0.0.0:8080",
    secrets: "/run/secrets/turnpike",
    data: "/tmp",
    // The endpoints of a service are told everywhere within seconds, and nobody says when.
    ready_seconds: 10,
    drain_seconds: 35,
    trusted_proxies: &[],
};
/// What the end may take besides draining.
const REST_SECONDS: u16 = 15;
/// What is not the Internet: this network, private ones, carriers' and test networks, the metadata of clouds, many at once.
const SHUT_OFF: [&str; 12] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
];

/// A settings file as a ConfigMap. Its name follows from what it says.
struct Map {
    name: String,
    text: String,
}

impl Map {
    fn of(name: &str, text: &str) -> Self {
        let name = format!("{name}-{:08x}", crc32fast::hash(text.as_bytes()));
        let line = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
        Self { name, text: text.lines().map(line).collect::<Vec<_>>().join("\n") }
    }
}

#[derive(Template)]
#[template(path = "kubernetes/settings.yaml", escape = "none")]
struct SettingsMaps<'a> {
    namespace: &'a str,
    settings: &'a Map,
    owner_settings: &'a Map,
}

#[derive(Template)]
#[template(path = "kubernetes/migrate.yaml", escape = "none")]
struct Migrate<'a> {
    deployment: &'a Deployment,
    namespace: &'a str,
    image: &'a str,
    owner_settings: &'a Map,
    secrets: &'a str,
    aws_credentials: Option<String>,
}

#[derive(Template)]
#[template(path = "kubernetes/turnpike.yaml", escape = "none")]
struct Processes<'a> {
    deployment: &'a Deployment,
    place: &'a Place<'a>,
    namespace: &'a str,
    image: &'a str,
    settings: &'a Map,
    secrets: &'a str,
    aws_credentials: Option<String>,
    roles: [Role; 3],
    grace: u16,
}

/// The processes of one role.
struct Role {
    name: &'static str,
    least: u32,
    most: u32,
    asked: bool,
}

#[derive(Template)]
#[template(path = "kubernetes/ingress.yaml", escape = "none")]
struct Ingress<'a> {
    deployment: &'a Deployment,
    namespace: &'a str,
    class: &'a str,
    tls_secret: &'a str,
    paths: Vec<IngressPath>,
}

/// Where requests for a path go.
struct IngressPath {
    path: String,
    kind: &'static str,
    role: &'static str,
}

#[derive(Template)]
#[template(path = "kubernetes/network.yaml", escape = "none")]
struct NetworkPolicies<'a> {
    namespace: &'a str,
    shut_off: String,
    private_addresses: &'a [Network],
}

#[derive(Template)]
#[template(path = "kubernetes/sidecar.yaml", escape = "none")]
struct Sidecar<'a> {
    deployment: &'a Deployment,
    namespace: &'a str,
    image: &'a str,
    server: &'a str,
    settings: &'a Map,
    secrets: &'a str,
    aws_credentials: Option<String>,
    grace: u16,
}

pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    let (deploy, target) = (deployment.deploy(), Target::Kubernetes);
    let own = &deploy.kubernetes;
    let image = deployment.required(target, "deploy.image", &deploy.image, "name the container image")?;
    let namespace = deployment.required(target, "deploy.kubernetes.namespace", &own.namespace, "name it")?;
    deployment.required_back_ends(target)?;
    let servers = &deployment.settings.server.servers;
    let what = "name each integration that is served: an Ingress knows no wildcard, each has a path of its own";
    let first = servers.first().map_or("", String::as_str);
    let server = deployment.required(target, "server.servers", first, what)?;

    let (class, tls_secret) = (own.ingress_class.as_str(), own.tls_secret.as_str());
    deployment.required(target, "deploy.kubernetes.tls_secret", tls_secret, "name the secret with the certificate")?;
    plain("deploy.kubernetes.ingress_class", class)?;
    servers.iter().try_for_each(|name| plain("server.servers", name).map(drop))?;

    let settings = &Map::of("turnpike-settings", &deployment.settings_file(&PLACE));
    let owner_settings = &Map::of("turnpike-owner-settings", &deployment.owner_settings_file(&PLACE));
    let (secrets, grace) = (PLACE.secrets, PLACE.ready_seconds + PLACE.drain_seconds + REST_SECONDS);
    let aws_credentials = deployment.aws_credentials(&PLACE);
    let migrate =
        Migrate { deployment, namespace, image, owner_settings, secrets, aws_credentials: aws_credentials.clone() };
    let role = |role: ProcessRole, [least, most]: [u32; 2]| Role {
        name: role.as_str(),
        least,
        most,
        asked: role != ProcessRole::Worker,
    };
    let processes = Processes {
        deployment,
        place: &PLACE,
        namespace,
        image,
        settings,
        secrets,
        aws_credentials: aws_credentials.clone(),
        roles: [
            role(ProcessRole::Gateway, deploy.gateways),
            role(ProcessRole::Portal, deploy.portals),
            role(ProcessRole::Worker, deploy.workers),
        ],
        grace,
    };
    let ingress = Ingress { deployment, namespace, class, tls_secret, paths: paths(servers) };
    let shut_off = SHUT_OFF.join(", ");
    let network = NetworkPolicies { namespace, shut_off, private_addresses: &own.private_addresses };
    let sidecar = Sidecar { deployment, namespace, image, server, settings, secrets, aws_credentials, grace };
    Ok(vec![
        File::of("settings.yaml", &SettingsMaps { namespace, settings, owner_settings })?,
        File::of("network.yaml", &network)?,
        File::of("migrate.yaml", &migrate)?,
        File::of("turnpike.yaml", &processes)?,
        File::of("ingress.yaml", &ingress)?,
        File::of("sidecar.yaml", &sidecar)?,
    ])
}

/// The paths of gateways, as an Ingress says them, and the rest. The longest that fits goes first, wherever it stands.
fn paths(servers: &[String]) -> Vec<IngressPath> {
    let to_gateways = GATEWAY_PATHS.iter().flat_map(|pattern| match pattern.strip_suffix("/**") {
        Some(folder) => vec![(folder.to_owned(), "Prefix")],
        None if pattern.contains("/*/") => {
            servers.iter().map(|name| (pattern.replace("/*/", &format!("/{name}/")), "Exact")).collect()
        }
        // It is in the folder of the same name.
        None if GATEWAY_PATHS.contains(&format!("{pattern}/**").as_str()) => vec![],
        None => vec![((*pattern).to_owned(), "Exact")],
    });
    let gateways = to_gateways.map(|(path, kind)| IngressPath { path, kind, role: "gateway" });
    gateways.chain(once(IngressPath { path: "/".into(), kind: "Prefix", role: "portal" })).collect()
}

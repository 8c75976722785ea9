//! Docker Compose: one host, a container for each part.

use askama::Template;
use turnpike_config::ProcessRole;

use crate::{Deployment, File, OWNER_SETTINGS, Place, RenderError, SETTINGS, Target, gateway_expression};

/// Compose mounts each secret as a file below this folder.
const PLACE: Place<'_> = Place {
    listen: "0.0.0.0:8080",
    secrets: "/run/secrets",
    data: "/tmp",
    ready_seconds: 5,
    drain_seconds: 30,
    trusted_proxies: &[PROXY],
};
/// The network before the processes. The proxy has an address of its own in it, which no other container is given.
const SUBNET: &str = "172.30.80.0/24";
const RANGE: &str = "172.30.80.128/25";
const PROXY: &str = "172.30.80.2";
/// Docker's own.
const RESOLVER: &str = "127.0.0.11";
/// What the end may take besides draining.
const REST_SECONDS: u16 = 15;

#[derive(Template)]
#[template(path = "compose/compose.yaml", escape = "none")]
struct Compose<'a> {
    deployment: &'a Deployment,
    place: &'a Place<'a>,
    image: &'a str,
    aws_credentials: Option<String>,
    roles: Vec<Role>,
    databases: Vec<&'static str>,
    grace: u16,
    proxy: &'static str,
    subnet: &'static str,
    range: &'static str,
}

/// The containers of one role.
struct Role {
    name: &'static str,
    replicas: u32,
    /// Whether requests come to it by the proxy.
    asked: bool,
}

#[derive(Template)]
#[template(path = "compose/nginx.conf", escape = "none")]
struct Nginx<'a> {
    deployment: &'a Deployment,
    gateway_paths: String,
    resolver: &'static str,
    tls: &'static str,
}

pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    let deploy = deployment.deploy();
    let image = deployment.required(Target::Compose, "deploy.image", &deploy.image, "name the container image")?;
    deployment.required_back_ends(Target::Compose)?;
    let role = |role: ProcessRole, replicas: [u32; 2]| Role {
        name: role.as_str(),
        replicas: replicas[0],
        asked: role != ProcessRole::Worker,
    };
    let compose = Compose {
        deployment,
        place: &PLACE,
        image,
        aws_credentials: deployment.aws_credentials(&PLACE),
        roles: vec![
            role(ProcessRole::Gateway, deploy.gateways),
            role(ProcessRole::Portal, deploy.portals),
            role(ProcessRole::Worker, deploy.workers),
        ],
        databases: deployment.databases(),
        grace: PLACE.ready_seconds + PLACE.drain_seconds + REST_SECONDS,
        proxy: PROXY,
        subnet: SUBNET,
        range: RANGE,
    };
    let nginx = Nginx { deployment, gateway_paths: gateway_expression(), resolver: RESOLVER, tls: PLACE.secrets };
    Ok(vec![
        File::of("compose.yaml", &compose)?,
        File::of("nginx.conf", &nginx)?,
        File::new("postgres.sh", include_str!("../../templates/compose/postgres.sh")),
        File::new("redis.sh", include_str!("../../templates/compose/redis.sh")),
        File::new(SETTINGS, deployment.settings_file(&PLACE)),
        File::new(OWNER_SETTINGS, deployment.owner_settings_file(&PLACE)),
    ])
}

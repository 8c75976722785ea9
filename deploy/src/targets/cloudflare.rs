//! Cloudflare Workers: a gate before another target, or before the server in a container.

use askama::Template;
use serde_json::{Value, json};

use crate::{Deployment, File, OWNER_SETTINGS, Place, RenderError, SETTINGS, Target};

/// In a container secrets are variables. Nothing stands before it but the gate, which is not on any known address.
const PLACE: Place<'_> = Place {
    listen: "0.0.0.0:8080",
    secrets: "",
    data: "/tmp",
    ready_seconds: 0,
    drain_seconds: 50,
    trusted_proxies: &[],
};
/// The machine from which somebody brings the database to the next version.
const DESK: Place<'_> = Place { secrets: "secrets", ..PLACE };

pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    let own = &deployment.deploy().cloudflare;
    let needed = |key, value, what| deployment.required(Target::Cloudflare, key, value, what);
    let server = &deployment.settings.server;
    let zone =
        needed("deploy.cloudflare.zone", &own.zone, "the domain at Cloudflare to which the public host belongs")?;
    let gate = Gate {
        host: json!(deployment.host),
        route: json!(format!("{}/*", deployment.host)),
        zone: json!(zone),
        public_url: json!(server.public_url),
        origin: json!(own.origin),
        allowed_origins: json!(server.allowed_origins),
        max_body_bytes: server.max_body_bytes,
        per_address: own.per_address,
        per_caller: own.per_caller,
    };
    let containers = Containers {
        image: json!(needed("deploy.cloudflare.image", &own.image, "where the image with your settings is pushed to")?),
        instance_type: json!(own.instance_type),
        instances: own.instances,
    };
    let image = needed("deploy.image", &deployment.deploy().image, "name the container image")?;
    let aws = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"].map(str::to_owned);
    let aws = aws.into_iter().filter(|_| deployment.deploy().aws_credentials);
    let variables = deployment.secrets.iter().filter_map(|secret| secret.variable()).chain(aws).collect();
    Ok(vec![
        File::of("wrangler.jsonc", &GateTemplate { gate: &gate })?,
        File::of("wrangler.containers.jsonc", &ContainersTemplate { gate: &gate, containers: &containers })?,
        File::of("Dockerfile", &Dockerfile { image, variables })?,
        File::new(SETTINGS, deployment.settings_file(&PLACE)),
        File::new(OWNER_SETTINGS, deployment.owner_settings_file(&DESK)),
    ])
}

struct Gate {
    host: Value,
    route: Value,
    zone: Value,
    public_url: Value,
    origin: Value,
    allowed_origins: Value,
    max_body_bytes: usize,
    per_address: u32,
    per_caller: u32,
}

struct Containers {
    image: Value,
    instance_type: Value,
    instances: u32,
}

#[derive(Template)]
#[template(path = "cloudflare/wrangler.jsonc", escape = "none")]
struct GateTemplate<'a> {
    gate: &'a Gate,
}

#[derive(Template)]
#[template(path = "cloudflare/wrangler.containers.jsonc", escape = "none")]
struct ContainersTemplate<'a> {
    gate: &'a Gate,
    containers: &'a Containers,
}

#[derive(Template)]
#[template(path = "cloudflare/Dockerfile", escape = "none")]
struct Dockerfile<'a> {
    image: &'a str,
    variables: Vec<String>,
}

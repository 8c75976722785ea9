//! A Linux host with systemd and nginx.

use std::net::IpAddr;

use askama::Template;
use turnpike_config::ConfigError;

use crate::{Deployment, File, OWNER_SETTINGS, Place, RenderError, SETTINGS, Secret, Target, gateway_expression};

/// Gateways and portals are handed their sockets; what stands here is not bound by them.
pub(super) const PLACE: Place<'_> = Place {
    listen: GATEWAY,
    secrets: "$CREDENTIALS_DIRECTORY",
    data: "/var/lib/turnpike",
    // Nobody has to see that a process is going: its socket stays.
    ready_seconds: 0,
    drain_seconds: 50,
    trusted_proxies: &["127.0.0.1"],
};
const GATEWAY: &str = "127.0.0.1:8080";
const PORTAL: &str = "127.0.0.1:8081";
/// What may pass nginx besides, so that Turnpike's own bound is the one that is met.
const BODY_SLACK: usize = 1024 * 1024;

#[derive(Template)]
#[template(path = "systemd/role.service", escape = "none")]
struct Service<'a> {
    role: &'a str,
    has_socket: bool,
    stop_seconds: u16,
    secrets: &'a [Secret],
    aws_credentials: Option<String>,
    private: &'a [String],
}

#[derive(Template)]
#[template(path = "systemd/migrate.service", escape = "none")]
struct Migrate<'a> {
    secrets: &'a [Secret],
    aws_credentials: Option<String>,
    private: &'a [String],
}

#[derive(Template)]
#[template(path = "systemd/role.socket", escape = "none")]
struct Socket<'a> {
    role: &'a str,
    listen: &'a str,
}

#[derive(Template)]
#[template(path = "systemd/turnpike.target", escape = "none")]
struct Units<'a> {
    sockets: &'a [String],
    services: &'a [String],
}

#[derive(Template)]
#[template(path = "systemd/use-version", escape = "none")]
struct UseVersion<'a> {
    services: &'a [String],
}

#[derive(Template)]
#[template(path = "systemd/nginx.conf", escape = "none")]
struct Nginx<'a> {
    gateway: &'a str,
    portal: &'a str,
    host: &'a str,
    gateway_expression: String,
    max_body_bytes: usize,
    largest_body: usize,
}

#[derive(Template)]
#[template(path = "systemd/bootstrap-certificate", escape = "none")]
struct BootstrapCertificate<'a> {
    host: &'a str,
}

#[derive(Template)]
#[template(path = "systemd/use-certificate", escape = "none")]
struct UseCertificate;

#[derive(Template)]
#[template(path = "systemd/tmpfiles.conf", escape = "none")]
struct Folders;

#[derive(Template)]
#[template(path = "systemd/logrotate", escape = "none")]
struct Logrotate;

/// The files of a host, each at its path below `/`. Those in `usr/local/lib/turnpike` are run.
pub(crate) fn render(deployment: &Deployment) -> Result<Vec<File>, RenderError> {
    host_files(deployment, Target::Systemd)
}

pub(super) fn host_files(deployment: &Deployment, target: Target) -> Result<Vec<File>, RenderError> {
    deployment.required_back_ends(target)?;
    let deploy = deployment.deploy();
    let private = &deploy.systemd.private_addresses;
    private.iter().try_for_each(|address| check_private(address))?;
    // systemd knows the folder as `%d` where a unit is read, and as a variable where a program runs.
    let aws_credentials = || deployment.aws_credentials(&Place { secrets: "%d", ..PLACE });
    let roles =
        [("gateway", deploy.gateways, true), ("portal", deploy.portals, true), ("worker", deploy.workers, false)];
    let services: Vec<_> = roles
        .iter()
        .flat_map(|(role, [least, _], _)| (1..=(*least).max(1)).map(move |at| format!("turnpike-{role}@{at}.service")))
        .collect();
    let sockets = ["turnpike-gateway.socket".to_owned(), "turnpike-portal.socket".to_owned()];

    let mut files = vec![
        File::new(format!("etc/turnpike/{SETTINGS}"), deployment.settings_file(&PLACE)),
        File::new(format!("etc/turnpike/{OWNER_SETTINGS}"), deployment.owner_settings_file(&PLACE)),
    ];
    for (role, _, has_socket) in roles {
        let service = Service {
            role,
            has_socket,
            stop_seconds: PLACE.drain_seconds + 20,
            secrets: &deployment.secrets,
            aws_credentials: aws_credentials(),
            private,
        };
        files.push(File::of(unit(&format!("turnpike-{role}@.service")), &service)?);
    }
    for (role, listen) in [("gateway", GATEWAY), ("portal", PORTAL)] {
        files.push(File::of(unit(&format!("turnpike-{role}.socket")), &Socket { role, listen })?);
    }
    let owner_secrets: Vec<_> = deployment.secrets.iter().chain(&deployment.owner_secrets).cloned().collect();
    let migrate = Migrate { secrets: &owner_secrets, aws_credentials: aws_credentials(), private };
    files.push(File::of(unit("turnpike-migrate.service"), &migrate)?);
    files.push(File::of(unit("turnpike.target"), &Units { sockets: &sockets, services: &services })?);
    let max_body_bytes = deployment.settings.server.max_body_bytes;
    let nginx = Nginx {
        gateway: GATEWAY,
        portal: PORTAL,
        host: &deployment.host,
        gateway_expression: gateway_expression(),
        max_body_bytes,
        largest_body: max_body_bytes + BODY_SLACK,
    };
    files.push(File::of("etc/nginx/conf.d/turnpike.conf", &nginx)?);
    files.push(File::of("etc/logrotate.d/turnpike-nginx", &Logrotate)?);
    files.push(File::of("etc/tmpfiles.d/turnpike.conf", &Folders)?);
    let host = deployment.host.as_str();
    files.push(File::of("usr/local/lib/turnpike/bootstrap-certificate", &BootstrapCertificate { host })?);
    files.push(File::of("usr/local/lib/turnpike/use-certificate", &UseCertificate)?);
    files.push(File::of("usr/local/lib/turnpike/use-version", &UseVersion { services: &services })?);
    Ok(files)
}

fn unit(name: &str) -> String {
    format!("etc/systemd/system/{name}")
}

/// An address or a network, and none through which the cloud's metadata could be reached.
fn check_private(text: &str) -> Result<(), RenderError> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "128"));
    let local = match address.parse() {
        Ok(IpAddr::V4(address)) => Some(address.is_link_local()),
        Ok(IpAddr::V6(address)) => Some(address.is_unicast_link_local()),
        Err(_) => None,
    };
    let reason = match (local, bits.parse::<u8>()) {
        (None, _) | (_, Err(_)) => "is no address, as in \"10.0.0.5\", and no network, as in \"10.0.0.0/24\"",
        (Some(true), _) => "is where the cloud's metadata are; nothing else of this deployment is there",
        (_, Ok(0..=7)) => "lets in nearly everything; name the addresses that are needed",
        _ => return Ok(()),
    };
    let reason = format!("`{text}` {reason}");
    Err(ConfigError::Refused { key: "deploy.systemd.private_addresses", reason }.into())
}

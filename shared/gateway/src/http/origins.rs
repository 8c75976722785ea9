//! Which Host and Origin values are accepted. Without both checks a web page could reach the server through DNS rebinding.

use axum::http::{HeaderName, HeaderValue, Method, header, request::Parts};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use tower_http::cors::{AllowOrigin, CorsLayer};
use turnpike_config::ServerSettings;
use url::Url;

/// Web pages that may call a server without a public address: those of this machine.
const LOOPBACK: [&str; 2] = ["http://localhost:", "http://127.0.0.1:"];

/// Accepts the public host, the hosts and origins of the settings, and loopback when that is where the server listens.
pub(super) fn apply(
    config: StreamableHttpServerConfig,
    server: &ServerSettings,
    public_url: &str,
) -> StreamableHttpServerConfig {
    let own_host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let mut hosts = server.allowed_hosts.clone();
    let mut origins: Vec<_> = server.allowed_origins.iter().map(|origin| with_port(origin)).collect();
    hosts.push(own_host.to_owned());
    if server.public_url.is_empty() {
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(String::from));
        origins.extend(LOOPBACK.map(|origin| format!("{origin}*")));
    }
    config.with_allowed_hosts(hosts).with_allowed_origins(origins).enforce_origin_validation()
}

/// An entry without a port means the scheme's own: rmcp would take it for any.
fn with_port(origin: &str) -> String {
    match Url::parse(origin) {
        Ok(url) if url.port().is_none() && !origin.ends_with(":*") => {
            url.port_or_known_default().map_or_else(|| origin.to_owned(), |port| format!("{origin}:{port}"))
        }
        _ => origin.to_owned(),
    }
}

/// Lets the web pages of the same origins read our answers.
pub(super) fn cors(server: &ServerSettings) -> CorsLayer {
    let (allowed, local) = (server.allowed_origins.clone(), server.public_url.is_empty());
    let may_read = move |origin: &HeaderValue, _: &Parts| {
        let from_here = |text: &str| local && LOOPBACK.iter().any(|start| text.starts_with(start));
        origin.to_str().is_ok_and(|text| allowed.iter().any(|one| one == text) || from_here(text))
    };
    let names = ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id", "traceparent"];
    let headers = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT]
        .into_iter()
        .chain(names.map(HeaderName::from_static));
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(may_read))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers([header::WWW_AUTHENTICATE])
}

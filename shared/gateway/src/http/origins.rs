//! Which Host and Origin values are accepted. Without both checks a web page could reach the server through DNS rebinding.

use axum::http::{HeaderName, HeaderValue, Method, header};
use rmcp::transport::streamable_http_server::StreamableHttpServerConfig;
use tower_http::cors::{AllowOrigin, CorsLayer};
use turnpike_config::ServerSettings;

/// Accepts the public host, the hosts and origins of the settings, and loopback when that is where the server listens.
pub(super) fn apply(
    config: StreamableHttpServerConfig,
    server: &ServerSettings,
    public_url: &str,
) -> StreamableHttpServerConfig {
    let own_host = public_url.split_once("://").map_or(public_url, |(_, host)| host);
    let mut hosts = server.allowed_hosts.clone();
    let mut origins = server.allowed_origins.clone();
    hosts.push(own_host.to_owned());
    if server.public_url.is_empty() {
        hosts.extend(["localhost", "127.0.0.1", "::1"].map(String::from));
        origins.extend(["http://localhost:*", "http://127.0.0.1:*"].map(String::from));
    }
    config.with_allowed_hosts(hosts).with_allowed_origins(origins).enforce_origin_validation()
}

/// Lets the web pages of the allowed origins read our answers.
pub(super) fn cors(server: &ServerSettings) -> CorsLayer {
    let origins = server.allowed_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
    let names = ["mcp-protocol-version", "mcp-method", "mcp-name", "mcp-session-id", "traceparent"];
    let headers = [header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT]
        .into_iter()
        .chain(names.map(HeaderName::from_static));
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::POST])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers([header::WWW_AUTHENTICATE])
}

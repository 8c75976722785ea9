//! Serves the conformance fixture on a free loopback port until it is told to stop, and says where.

use std::io::{self, Write};
use std::sync::Arc;

use axum::Router;
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use tokio::net::TcpListener;
use turnpike_tests::conformance::Fixture;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}/mcp", listener.local_addr()?)?;
    axum::serve(listener, router()).await
}

/// The same settings as the gateway, with nobody to authenticate: the suites send no credential.
fn router() -> Router {
    let fixture = Fixture::new();
    let settings = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_allowed_hosts(["127.0.0.1", "localhost"])
        .with_allowed_origins(["http://127.0.0.1:*", "http://localhost:*"]);
    let service =
        StreamableHttpService::new(move || Ok(fixture.clone()), Arc::new(NeverSessionManager::default()), settings);
    Router::new().route_service("/mcp", service)
}

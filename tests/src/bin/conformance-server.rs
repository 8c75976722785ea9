//! Serves the conformance fixture behind the gateway's whole HTTP stack, on a free loopback port, and says where.
//!
//! The suites send no credential, so one is put on each request before the stack sees it.

use std::io::{self, Write};

use axum::{extract::Request, middleware::map_request};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use turnpike_gateway::{Face, mount};
use turnpike_tests::{
    app::{Backend, TestApp},
    conformance::Fixture,
};

#[tokio::main]
async fn main() -> io::Result<()> {
    // The suites are quicker than the limits.
    let app = TestApp::start_with(Backend::Sqlite, |settings| {
        (settings.limits.principal_burst, settings.limits.tenant_burst) = (10_000, 10_000);
    })
    .await;
    let tenant = app.unconnected("conformance").await;
    app.connect(tenant.id, "probe").await;
    let bearer: http::HeaderValue = format!("Bearer {}", tenant.agent.key()).parse().map_err(io::Error::other)?;
    let with_key = map_request(move |mut request: Request| {
        request.headers_mut().insert(http::header::AUTHORIZATION, bearer.clone());
        std::future::ready(request)
    });
    let fixture = Fixture::new(app.gateway.clone());
    let stack = mount(&app.gateway, Face::Combined, &CancellationToken::new(), move || fixture.clone());

    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(io::stdout(), "listening on http://{}/mcp", listener.local_addr()?)?;
    axum::serve(listener, stack.layer(with_key)).await
}

//! The HTTP side of an MCP endpoint, from the outside in: CORS, identity, well-formed JSON-RPC, scope, rmcp.

mod authorize;
mod guard;
mod origins;
mod problem;
mod public;

use std::sync::Arc;

use axum::{Router, extract::Request, middleware::from_fn_with_state, routing::any};
pub use guard::OFFERED_VERSIONS;
pub use public::public_routes;
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
    },
};
use tokio_util::sync::CancellationToken;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::{Face, Gateway, McpHost, Origin};

/// What the layers of one endpoint share.
#[derive(Clone)]
struct Endpoint {
    gateway: Arc<Gateway>,
    face: Face,
    /// What access tokens for it name.
    url: String,
}

/// All endpoints of the gateway. `stopped` ends open streams; cancel it only after the calls under way have finished.
pub fn router(gateway: &Arc<Gateway>, stopped: &CancellationToken) -> Router {
    let mut faces = vec![Face::Combined];
    faces.extend(gateway.servers.integrations.iter().map(|integration| Face::One(integration.manifest.name)));
    faces.into_iter().fold(public_routes(gateway), |router, face| {
        let (host_gateway, host_face) = (gateway.clone(), face.clone());
        router.merge(mount(gateway, face, stopped, move || {
            McpHost::new(host_gateway.clone(), host_face.clone(), Origin::Request)
        }))
    })
}

/// One MCP endpoint behind the whole stack, whatever its handler is.
pub fn mount<H: ServerHandler>(
    gateway: &Arc<Gateway>,
    face: Face,
    stopped: &CancellationToken,
    handler: impl Fn() -> H + Send + Sync + 'static,
) -> Router {
    let config = origins::apply(StreamableHttpServerConfig::default(), &gateway.server, &gateway.public_url)
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(gateway.server.max_body_bytes)
        .with_cancellation_token(stopped.clone());
    let service = StreamableHttpService::new(move || Ok(handler()), Arc::new(NeverSessionManager::default()), config);
    // Each layer clones what is below it for every request: shared, that costs nothing.
    let service = Arc::new(service);
    let handle = move |request: Request| {
        let service = service.clone();
        async move { service.handle(request).await }
    };
    let url = format!("{}{}", gateway.public_url, face.path());
    let endpoint = Endpoint { gateway: gateway.clone(), face, url };
    Router::new()
        .route(&endpoint.face.path(), any(handle))
        .route_layer(from_fn_with_state(endpoint.clone(), guard::guard))
        .route_layer(from_fn_with_state(endpoint, authorize::authorize))
        .route_layer(SetResponseHeaderLayer::if_not_present(
            http::header::CACHE_CONTROL,
            http::HeaderValue::from_static("no-store"),
        ))
        .route_layer(origins::cors(&gateway.server))
}

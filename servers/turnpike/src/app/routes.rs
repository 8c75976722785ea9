//! Which requests a process answers: those of its roles.

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use turnpike_config::ProcessRole;
use turnpike_core::Ambient;
use turnpike_telemetry::metrics;

use super::{App, Going, readiness::Readiness};

impl App {
    /// Whether this process has a role.
    pub(super) fn has(&self, role: ProcessRole) -> bool {
        self.settings.server.roles.contains(&role)
    }

    /// Health in every process; MCP servers and what their clients read of them in a gateway; pages, the authorization server
    /// and webhooks in a portal. A worker alone answers nothing else.
    pub(super) fn routes(&self, going: &Going) -> Router {
        let readiness = Readiness::new(self.operator.store.clone(), going.begun.clone());
        let mut router = readiness.routes();
        if self.has(ProcessRole::Gateway) {
            router = router.merge(turnpike_gateway::router(&self.gateway, &going.ended));
        }
        if self.has(ProcessRole::Portal) {
            router = router
                .merge(self.operator.sandboxes.pages())
                .merge(turnpike_billing::stripe::router(&self.operator.billing))
                .merge(turnpike_portal::router(&self.portal));
        }
        let router = router.layer(from_fn_with_state(going.clone(), close_when_going));
        if metrics::are_on() {
            return router.layer(from_fn_with_state(self.operator.ambient.clone(), count));
        }
        router
    }
}

/// Every request that has an answer, those at the door included, by the pattern of its path.
async fn count(State(ambient): State<Ambient>, request: Request, next: Next) -> Response {
    let (method, began) = (request.method().clone(), ambient.now());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map(MatchedPath::as_str);
    metrics::request_served(method.as_str(), route, response.status().as_u16(), ambient.now().since(began));
    response
}

/// From the stop signal on each answer is the last of its connection: whoever keeps connections makes the next one elsewhere,
/// and never finds this one closed under a request.
async fn close_when_going(State(going): State<Going>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if going.begun.is_cancelled() {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

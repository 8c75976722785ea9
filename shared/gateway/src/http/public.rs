//! What needs no credential: the protected-resource metadata.

use std::sync::Arc;

use axum::{Json, Router, routing::get};
use serde_json::{Value, json};

use super::{origins, problem};
use crate::{Face, Gateway};

/// Metadata of the protected resources.
pub fn public_routes(gateway: &Arc<Gateway>) -> Router {
    let mut router = Router::new();
    let faces = gateway.servers.integrations.iter().map(|integration| Face::One(integration.manifest.name));
    for face in faces.chain([Face::Combined]) {
        let path = format!("/.well-known/oauth-protected-resource{}", face.path());
        let document = metadata(gateway, &face);
        if face == Face::Combined {
            let document = document.clone();
            router = router.route("/.well-known/oauth-protected-resource", get(|| async { Json(document) }));
        }
        router = router.route(&path, get(|| async { Json(document) }));
    }
    router.layer(origins::cors(&gateway.server))
}

/// RFC 9728.
fn metadata(gateway: &Gateway, face: &Face) -> Value {
    json!({
        "resource": format!("{}{}", gateway.public_url, face.path()),
        "scopes_supported": problem::read_scopes(gateway, face).split(' ').collect::<Vec<_>>(),
        "bearer_methods_supported": ["header"],
        "authorization_servers": [gateway.public_url],
    })
}

//! The authorization server of this deployment, put together.

use turnpike_config::Settings;
use turnpike_gateway::Face;
use turnpike_oauth::{AuthorizationServer, Documents, OAuthError, Parts, RedirectRules, Resource, ScopeOf};
use turnpike_sdk::{Access, Integration};

use crate::operator::Operator;

/// Over the opened back ends, for the servers at this public address.
pub(crate) async fn authorization_server(
    settings: &Settings,
    operator: &Operator,
    public_url: &str,
) -> Result<AuthorizationServer, OAuthError> {
    let own = &settings.oauth;
    let rules = RedirectRules::new(own.app_redirects.clone());
    let (egress, ambient) = (operator.egress.clone(), operator.ambient.clone());
    AuthorizationServer::open(Parts {
        documents: Documents::new(egress, rules, own.document_hosts.clone(), ambient.clone()),
        settings: own.clone(),
        clients: settings.oauth_clients.clone().into_iter().collect(),
        issuer: public_url.to_owned(),
        resources: resources(operator, &settings.brand.name, public_url),
        store: operator.store.clone(),
        vault: operator.vault.clone(),
        handles: operator.handles.clone(),
        ambient,
    })
    .await
}

/// The MCP servers: all in one, and each by itself.
fn resources(operator: &Operator, brand: &str, public_url: &str) -> Vec<Resource> {
    let url = |face: Face| format!("{public_url}{}", face.path());
    let all = operator.integrations.iter().flat_map(|own| scopes(own)).collect();
    let combined = Resource { url: url(Face::Combined), title: brand.to_owned(), scopes: all };
    let own = operator.integrations.iter().map(|integration| Resource {
        url: url(Face::One(integration.manifest.name)),
        title: integration.manifest.title.to_owned(),
        scopes: scopes(integration),
    });
    [combined].into_iter().chain(own).collect()
}

/// Reading, and changing where there is anything to change.
fn scopes(integration: &Integration) -> Vec<ScopeOf> {
    let manifest = &integration.manifest;
    let reads = ScopeOf { name: manifest.read_scope(), title: format!("Read {}", manifest.title), writes: false };
    let changes = integration.tools.iter().any(|tool| tool.spec.access == Access::Write);
    let writes = ScopeOf { name: manifest.write_scope(), title: format!("Change {}", manifest.title), writes: true };
    [reads].into_iter().chain(changes.then_some(writes)).collect()
}

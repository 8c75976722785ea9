//! Where each integration's requests go.

use std::{collections::HashMap, sync::Arc, time::Duration};

use turnpike_breaker::Breakers;
use turnpike_core::{Ambient, Handles, Timestamp, Wire};
use turnpike_limiter::quota::{Allowance, QuotaBroker};
use turnpike_sdk::{
    Account, AuthShape, CallScope, Connection, Cx, Integration, Region, SystemUser, TokenStyle, ToolError,
};
use turnpike_vault::{Inspection, Renewal, Vault};

use crate::Lane;

/// A place that speaks an integration's API.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Scheme and host, no trailing slash.
    pub base_url: Arc<str>,
    /// The same by region, where the vendor has several.
    pub regions: Arc<[(&'static str, Arc<str>)]>,
    /// Token endpoint, in the shapes that have one.
    pub token_url: Option<Arc<str>>,
    /// Where a grant is taken back, if there is such a place.
    pub revoke_url: Option<Arc<str>>,
}

impl Endpoint {
    /// Another root in the place of the vendor's: where the vendor has several, their regions follow as paths.
    pub fn below(root: &str, regions: &[Region]) -> Self {
        let below = |region: &Region| (region.name, format!("{root}/{}", region.name).into());
        let regions = regions.iter().map(below).collect();
        Self { base_url: root.into(), regions, token_url: None, revoke_url: None }
    }

    /// The root of a region. Where there are regions, nothing goes to none of them: an account has the same id nowhere else.
    pub(crate) fn root(&self, region: Option<&str>) -> Option<&Arc<str>> {
        match region {
            None => self.regions.is_empty().then_some(&self.base_url),
            Some(name) => self.regions.iter().find(|(own, _)| *own == name).map(|(_, root)| root),
        }
    }
}

/// An integration and where it is reached.
#[derive(Clone)]
pub struct Route {
    /// The integration.
    pub integration: Arc<Integration>,
    /// The vendor, or what the operator put in its place.
    pub live: Endpoint,
    /// The sandbox, where one is served.
    pub sandbox: Option<Endpoint>,
    /// The pinned API version.
    pub version: String,
    /// Hosts from which files may be fetched, as the manifest writes them, with those that the operator added.
    pub download_hosts: Vec<String>,
    /// What the vendor lets one app do, for all who are connected through it.
    pub app_quota: Option<Allowance>,
}

struct Inner {
    vault: Vault,
    breakers: Breakers,
    quota: QuotaBroker,
    wire: Arc<dyn Wire>,
    ambient: Ambient,
    routes: HashMap<String, Route>,
}

/// The one way out. Cheap to clone.
#[derive(Clone)]
pub struct Upstream(Arc<Inner>);

impl Upstream {
    /// The way out for these routes.
    pub fn new(
        vault: Vault,
        breakers: Breakers,
        quota: QuotaBroker,
        wire: Arc<dyn Wire>,
        ambient: Ambient,
        routes: Vec<Route>,
    ) -> Self {
        let routes = routes.into_iter().map(|route| (route.integration.manifest.name.to_owned(), route)).collect();
        Self(Arc::new(Inner { vault, breakers, quota, wire, ambient, routes }))
    }

    /// The route of an integration.
    pub fn find_route(&self, integration: &str) -> Option<&Route> {
        self.0.routes.get(integration)
    }

    /// All routes, by integration.
    pub(crate) fn routes(&self) -> impl Iterator<Item = &Route> {
        self.0.routes.values()
    }

    /// The way out for one call; `None` when the connection's integration, or the sandbox it needs, is not served here.
    pub fn lane(&self, connection: Arc<Connection>, deadline: Timestamp) -> Option<Lane> {
        let route = self.find_route(&connection.integration)?;
        let endpoint = if connection.sandbox { route.sandbox.clone()? } else { route.live.clone() };
        Some(Lane::new(self.clone(), route.clone(), endpoint, connection, deadline))
    }

    /// How the credential of a connection is renewed.
    pub fn renewal(&self, connection: &Connection) -> Option<Renewal> {
        let route = self.find_route(&connection.integration)?;
        let endpoint = if connection.sandbox { route.sandbox.as_ref()? } else { &route.live };
        let (ahead, inspection) = match &route.integration.manifest.auth {
            AuthShape::OAuthRefresh(oauth) | AuthShape::LoginWithAmazon(oauth) | AuthShape::RestliOAuth(oauth) => {
                (oauth.refresh_ahead, None)
            }
            AuthShape::SystemUserToken(SystemUser { app: Some(app), scopes }) => {
                (app.renew_ahead, Some(Inspection { base_url: endpoint.base_url.clone(), scopes }))
            }
            AuthShape::SystemUserToken(SystemUser { app: None, .. }) | AuthShape::ApiKey { .. } => {
                (Duration::ZERO, None)
            }
        };
        let oauth = route.integration.manifest.auth.oauth();
        Some(Renewal {
            tenant: connection.tenant,
            connection: connection.id,
            integration: route.integration.manifest.name,
            sandbox: connection.sandbox,
            token_url: endpoint.token_url.clone(),
            revoke_url: endpoint.revoke_url.clone(),
            token_style: oauth.map_or(TokenStyle::USUAL, |oauth| oauth.token_style),
            version: route.version.as_str().into(),
            inspection,
            ahead,
        })
    }

    /// Finds the accounts that a fresh connection reaches.
    pub async fn discover_accounts(
        &self,
        connection: Arc<Connection>,
        handles: Handles,
    ) -> Result<Vec<Account>, ToolError> {
        let now = self.0.ambient.now();
        let not_served = || ToolError::Bug(format!("integration {} is not served here", connection.integration));
        let lane = self.lane(connection.clone(), now.plus(Duration::from_secs(45))).ok_or_else(not_served)?;
        let lane = Arc::new(lane);
        let route = self.find_route(&connection.integration).ok_or_else(not_served)?;
        let cx = Cx::new(CallScope {
            now,
            tool: "accounts",
            principal: "connect".into(),
            connection: connection.clone(),
            version: route.version.clone(),
            egress: lane.clone(),
            handles,
        });
        // An operator is told what an agent is not.
        (route.integration.accounts)(cx).await.map_err(|error| lane.own_fault().map_or(error, ToolError::Bug))
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.0.vault
    }

    pub(crate) fn breakers(&self) -> &Breakers {
        &self.0.breakers
    }

    pub(crate) fn quota(&self) -> &QuotaBroker {
        &self.0.quota
    }

    pub(crate) fn wire(&self) -> &dyn Wire {
        &*self.0.wire
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.ambient.now()
    }
}

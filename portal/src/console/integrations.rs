//! How each integration fares, for all clients together.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use turnpike_core::{SwitchId, Timestamp};
use turnpike_sdk::Integration;
use turnpike_store::{ConnectionRow, ConnectionState, SwitchTarget};
use turnpike_upstream::{AppQuotaHealth, ScopeHealth, ScopeState};

use super::{TODAY, credentials::needs_somebody, failed, in_words, names::Clients, versions::ApiVersion};
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, shown},
};

/// What is counted for one integration.
#[derive(Default)]
struct Figures {
    well: usize,
    in_need: usize,
    calls: i64,
    failures: i64,
    p95: Option<String>,
    /// What stands in the way of requests now: holds of all processes, breakers of this one.
    obstacles: Vec<Obstacle>,
    /// The vendor's quotas for apps that clients are connected through.
    quotas: Vec<Quota>,
    /// The switch that stops all of it for everybody, and why.
    switch: Option<(SwitchId, String)>,
}

/// An open breaker or a hold, and what of the upstream it covers.
struct Obstacle {
    place: String,
    part: String,
    tag: Tag,
    why: String,
}

/// What clients have used of the quota of an app that they share.
struct Quota {
    place: String,
    used: u64,
    operations: u64,
    reserve: u64,
    clients: Vec<(String, u64)>,
}

struct Line {
    name: &'static str,
    title: &'static str,
    server_version: &'static str,
    api: ApiVersion,
    tools: usize,
    own: Figures,
}

#[derive(Template)]
#[template(path = "console/integrations.html")]
struct IntegrationsPage {
    frame: Frame,
    lines: Vec<Line>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let mut figures = figures(&portal).await?;
    let now = portal.ambient.now();
    let mut line = |own: &Integration| Line {
        name: own.manifest.name,
        title: own.manifest.title,
        server_version: own.manifest.server_version,
        api: ApiVersion::of(&portal, &own.manifest, now),
        tools: own.tools.len(),
        own: figures.remove(own.manifest.name).unwrap_or_default(),
    };
    let lines = portal.integrations.iter().map(|own| line(own)).collect();
    page(IntegrationsPage { frame, lines })
}

async fn figures(portal: &Portal) -> Result<HashMap<String, Figures>, Failure> {
    let (system, since) = (portal.store.system(), portal.ambient.now().minus(TODAY));
    let mut all = HashMap::<String, Figures>::new();
    for (_, row) in system.list_all_connections().await? {
        all.entry(row.integration.clone()).or_default().count(&row);
    }
    for (_, line) in system.usage_by_tenant(since, Timestamp::from_micros(i64::MAX)).await? {
        let own = all.entry(line.integration).or_default();
        own.calls += line.calls;
        if failed(line.outcome) {
            own.failures += line.calls;
        }
    }
    for latency in system.latency_by_integration(since).await? {
        all.entry(latency.integration).or_default().p95 = Some(in_words(latency.p95));
    }
    let clients = Clients::read(portal).await?;
    for own in portal.upstream.quotas().await {
        let quota = quota(&own, &clients);
        all.entry(own.integration).or_default().quotas.push(quota);
    }
    for scope in portal.upstream.health().await {
        let obstacle = obstacle(&scope);
        all.entry(scope.integration).or_default().obstacles.push(obstacle);
    }
    for switch in system.list_switches().await? {
        if let SwitchTarget { tenant: None, integration: Some(name), tool: None } = switch.target {
            all.entry(name).or_default().switch = Some((switch.id, switch.reason));
        }
    }
    Ok(all)
}

fn quota(own: &AppQuotaHealth, clients: &Clients) -> Quota {
    let mut of: Vec<_> = own.tenants.iter().map(|(tenant, used)| (clients.name(*tenant), *used)).collect();
    of.sort_by(|(one, less), (other, more)| more.cmp(less).then(one.cmp(other)));
    Quota {
        place: own.base_url.clone(),
        used: of.iter().map(|(_, used)| used).sum(),
        operations: own.operations,
        reserve: own.reserve,
        clients: of,
    }
}

fn obstacle(scope: &ScopeHealth) -> Obstacle {
    let (tag, why) = match scope.state {
        ScopeState::Held { class, until } => {
            (Tag { class: "warn", text: "held" }, format!("{class}, until {}", shown(until)))
        }
        ScopeState::Open { until } => {
            (Tag { class: "bad", text: "breaker open" }, format!("next try {}", shown(until)))
        }
        ScopeState::HalfOpen => (Tag { class: "warn", text: "half open" }, "the next call decides".to_owned()),
    };
    Obstacle { place: scope.base_url.clone(), part: scope.part.clone(), tag, why }
}

impl Figures {
    fn count(&mut self, row: &ConnectionRow) {
        match row.state {
            ConnectionState::Disabled => {}
            _ if needs_somebody(row) => self.in_need += 1,
            _ => self.well += 1,
        }
    }
}

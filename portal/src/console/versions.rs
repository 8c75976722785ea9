//! What comes to an end: the vendors' API versions, and tools of ours that are not to be used any more.

use askama::Template;
use axum::extract::State;
use chrono::NaiveDate;
use turnpike_core::{TenantId, Timestamp};
use turnpike_sdk::{Manifest, ToolSpec};

use super::{LATELY, names::Clients};
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, shown},
};

/// How many days before its end a version is warned of.
const WARNED_BEFORE: i64 = 60;

/// The API version that is asked of a vendor.
pub(crate) struct ApiVersion {
    pub(crate) version: String,
    /// The last day on which it is served, where that is known.
    pub(crate) ends: Option<NaiveDate>,
    pub(crate) tag: Option<Tag>,
}

impl ApiVersion {
    /// As the settings have it, else as the integration ships it. Of a version that only the settings know nobody but
    /// they can say when it ends.
    pub(crate) fn of(portal: &Portal, manifest: &Manifest, now: Timestamp) -> Self {
        let route = portal.upstream.find_route(manifest.name);
        let version = route.map_or(manifest.version.version, |route| &route.version).to_owned();
        let set = portal.settings.integration(manifest.name).version_ends;
        let shipped = if version == manifest.version.version { manifest.version.ends } else { "" };
        let ends = if set.is_empty() { shipped } else { &set }.parse().ok();
        let tag = ends.and_then(|ends: NaiveDate| Self::warn((ends - now.to_utc().date_naive()).num_days()));
        Self { version, ends, tag }
    }

    fn warn(days_left: i64) -> Option<Tag> {
        match days_left {
            ..0 => Some(Tag { class: "bad", text: "has ended" }),
            0..WARNED_BEFORE => Some(Tag { class: "warn", text: "ends soon" }),
            _ => None,
        }
    }
}

struct Line {
    title: &'static str,
    name: &'static str,
    own: ApiVersion,
}

struct Caller {
    tenant: TenantId,
    client: String,
    calls: i64,
    last: String,
}

/// A tool that is not to be used any more, and who still does.
struct Deprecated {
    integration: &'static str,
    tool: &'static str,
    since: &'static str,
    callers: Vec<Caller>,
}

#[derive(Template)]
#[template(path = "console/versions.html")]
struct VersionsPage {
    frame: Frame,
    versions: Vec<Line>,
    deprecated: Vec<Deprecated>,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let (clients, now) = (Clients::read(&portal).await?, portal.ambient.now());
    let manifests = portal.integrations.iter().map(|own| &own.manifest);
    let versions =
        manifests.map(|own| Line { title: own.title, name: own.name, own: ApiVersion::of(&portal, own, now) });
    let mut versions: Vec<_> = versions.collect();
    versions.sort_by_key(|line| (line.own.ends.is_none(), line.own.ends));
    let mut deprecated = vec![];
    for integration in &portal.integrations {
        for tool in &integration.tools {
            if let Some(since) = tool.spec.deprecated {
                let callers = callers(&portal, &clients, &integration.manifest, &tool.spec).await?;
                let integration = integration.manifest.title;
                deprecated.push(Deprecated { integration, tool: tool.spec.name, since, callers });
            }
        }
    }
    page(VersionsPage { frame, versions, deprecated })
}

async fn callers(
    portal: &Portal,
    clients: &Clients,
    manifest: &Manifest,
    tool: &ToolSpec,
) -> Result<Vec<Caller>, Failure> {
    let since = portal.ambient.now().minus(LATELY);
    let found = portal.store.system().callers_of(manifest.name, Some(tool.name), since).await?;
    let callers = found.into_iter().map(|(tenant, own)| Caller {
        tenant,
        client: clients.name(tenant),
        calls: own.calls,
        last: shown(own.last_at),
    });
    Ok(callers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_warned_of_sixty_days_ahead_and_its_day_still_counts() {
        let told = |days| ApiVersion::warn(days).map(|tag| tag.text);
        assert_eq!([told(60), told(59), told(0)], [None, Some("ends soon"), Some("ends soon")]);
        assert_eq!([told(-1), told(-400)], [Some("has ended"), Some("has ended")]);
    }
}

//! Every client's connections by the day on which they end: whom to speak to, and when.

use std::{collections::HashMap, time::Duration};

use askama::Template;
use axum::extract::State;
use turnpike_core::{ConnectionId, TenantId, Timestamp};
use turnpike_store::{ConnectionRow, ConnectionState};
use turnpike_tenancy::Prediction;

use super::{DAY, names::Clients};
use crate::{
    Portal,
    http::{Answer, Frame, page},
    pages::{Tag, connections, day},
};

/// The parts of the calendar: what they are called, and the days that they reach.
const PARTS: [(&str, Option<u64>); 5] =
    [("Over", Some(0)), ("In 3 days", Some(3)), ("In 14 days", Some(14)), ("In 30 days", Some(30)), ("Later", None)];

struct Line {
    tenant: TenantId,
    client: String,
    title: String,
    tag: Tag,
    sandbox: bool,
    ends: Option<String>,
    why: String,
}

struct Part {
    title: &'static str,
    lines: Vec<Line>,
}

#[derive(Template)]
#[template(path = "console/credentials.html")]
struct Calendar {
    frame: Frame,
    parts: Vec<Part>,
}

/// Whether a connection stays as it is until a person does something.
pub(super) fn needs_somebody(row: &ConnectionRow) -> bool {
    ["bad", "warn"].contains(&Tag::of_connection(row).class)
}

pub(crate) async fn calendar(State(portal): State<Portal>, frame: Frame) -> Answer {
    let (clients, now) = (Clients::read(&portal).await?, portal.ambient.now());
    let mut rows = portal.store.system().list_all_connections().await?;
    rows.sort_by_key(|(_, row)| row.predicted_end.map_or((true, Timestamp::default()), |end| (false, end)));
    let mut parts = PARTS.map(|(title, _)| Part { title, lines: vec![] });
    let refreshed = portal.store.system().list_all_refreshed().await?.into_iter();
    let refreshed: HashMap<_, _> =
        refreshed.map(|(tenant, own)| ((tenant, own.connection_id), own.stored_at)).collect();
    for (tenant, row) in rows {
        if let Some(part) = part_of(&row, now) {
            parts[part].lines.push(line(&portal, &clients, tenant, row, &refreshed));
        }
    }
    page(Calendar { frame, parts: parts.into_iter().filter(|part| !part.lines.is_empty()).collect() })
}

fn line(
    portal: &Portal,
    clients: &Clients,
    tenant: TenantId,
    row: ConnectionRow,
    refreshed: &HashMap<(TenantId, ConnectionId), Timestamp>,
) -> Line {
    let refreshed_at = refreshed.get(&(tenant, row.id)).copied();
    let why = match portal.find_integration(&row.integration) {
        Some(integration) => Prediction::of(&integration.manifest, &row, refreshed_at).why,
        None => row.reason.clone().unwrap_or_default(),
    };
    Line {
        tenant,
        client: clients.name(tenant),
        title: connections::title(portal, &row.integration),
        tag: Tag::of_connection(&row),
        sandbox: row.sandbox,
        ends: row.predicted_end.map(day),
        why,
    }
}

/// Where a connection stands in the calendar; nowhere when it has no end and needs nobody, or is disconnected.
fn part_of(row: &ConnectionRow, now: Timestamp) -> Option<usize> {
    match (row.state, row.predicted_end) {
        (ConnectionState::Disabled, _) => None,
        (ConnectionState::ReconnectNeeded, _) => Some(0),
        (_, Some(end)) => {
            let reaches = |days: Option<u64>| days.is_none_or(|days| end <= now.plus(Duration::from_secs(days * DAY)));
            PARTS.iter().position(|(_, days)| reaches(*days))
        }
        // Nobody knows until when: soon, then.
        (ConnectionState::Expiring, None) => Some(1),
        (ConnectionState::Ok, None) => needs_somebody(row).then_some(1),
    }
}

#[cfg(test)]
mod tests {
    use turnpike_core::Ambient;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn row(state: ConnectionState, days: Option<u64>) -> ConnectionRow {
        ConnectionRow {
            id: Ambient::system().id::<ConnectionId>(),
            integration: "linkedin-ads".into(),
            sandbox: false,
            accounts_json: r#"[{"id":"1"}]"#.into(),
            offered_json: "[]".into(),
            state,
            reason: None,
            predicted_end: days.map(|days| NOW.plus(Duration::from_secs(days * DAY))),
            created_at: NOW,
            updated_at: NOW,
        }
    }

    fn title(state: ConnectionState, days: Option<u64>) -> Option<&'static str> {
        part_of(&row(state, days), NOW).map(|part| PARTS[part].0)
    }

    #[test]
    fn a_connection_stands_under_the_first_part_that_reaches_its_end() {
        let ok = |days| title(ConnectionState::Ok, Some(days));
        assert_eq!([ok(0), ok(1), ok(3)], [Some("Over"), Some("In 3 days"), Some("In 3 days")]);
        assert_eq!([ok(4), ok(14), ok(15)], [Some("In 14 days"), Some("In 14 days"), Some("In 30 days")]);
        assert_eq!([ok(30), ok(31), ok(400)], [Some("In 30 days"), Some("Later"), Some("Later")]);
    }

    #[test]
    fn one_that_needs_somebody_stands_there_without_an_end_and_one_that_is_well_does_not() {
        assert_eq!(title(ConnectionState::ReconnectNeeded, None), Some("Over"));
        assert_eq!(title(ConnectionState::ReconnectNeeded, Some(90)), Some("Over"));
        assert_eq!(title(ConnectionState::Expiring, None), Some("In 3 days"));
        assert_eq!(title(ConnectionState::Expiring, Some(20)), Some("In 30 days"));
        assert_eq!(title(ConnectionState::Ok, None), None);
        assert_eq!(title(ConnectionState::Disabled, Some(1)), None);
        let without_accounts = ConnectionRow { accounts_json: "[]".into(), ..row(ConnectionState::Ok, None) };
        assert_eq!(part_of(&without_accounts, NOW), Some(1));
    }
}

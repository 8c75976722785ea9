//! The sums as a file, by day or by tool.

use axum::extract::{Query, State};

use super::{super::day, Asked};
use crate::{
    Member, Portal,
    http::{Answer, Failure, FieldErrors},
    pages::csv::{decimal, download, line},
};

pub(crate) async fn export(State(portal): State<Portal>, member: Member, Query(asked): Query<Asked>) -> Answer {
    let mut errors = FieldErrors::default();
    let period = asked.read(portal.ambient.now(), &mut errors);
    if !errors.is_empty() {
        return Err(Failure::Refused(errors.of("month").to_owned()));
    }
    let rows = portal.store.tenant(member.tenant.id);
    let (since, until) = (period.since, period.until);
    let text: String = match asked.by.as_str() {
        "" | "day" => {
            let header = ["day_utc", "integration", "calls", "failures", "upstream_requests", "price", "currency"]
                .map(str::to_owned);
            let lines = rows.usage_by_day(since, until).await?.into_iter().map(|own| {
                [
                    day(own.day),
                    own.integration,
                    own.calls.to_string(),
                    own.failures.to_string(),
                    own.upstream_requests.to_string(),
                    decimal(own.price),
                    own.currency.to_string(),
                ]
            });
            std::iter::once(header).chain(lines).map(line).collect()
        }
        "tool" => {
            let header = [
                "integration",
                "tool",
                "outcome",
                "calls",
                "upstream_requests",
                "price",
                "list_price",
                "currency",
                "units",
            ];
            let lines = rows.usage(since, until).await?.into_iter().map(|own| {
                [
                    own.integration,
                    own.tool,
                    own.outcome.to_string(),
                    own.calls.to_string(),
                    own.upstream_requests.to_string(),
                    decimal(own.price),
                    decimal(own.list_price),
                    own.currency.to_string(),
                    own.units.to_string(),
                ]
            });
            std::iter::once(header.map(str::to_owned)).chain(lines).map(line).collect()
        }
        _ => return Err(Failure::Refused("usage is given by day or by tool".into())),
    };
    let by = if asked.by == "tool" { "tool" } else { "day" };
    Ok(download(&format!("usage-{}-by-{by}.csv", period.word), text))
}

//! One call, opened: who asked for what, what came of it, what it cost and why, and each request to the vendor.

mod again;
mod meaning;

pub(crate) use again::run_again;
use again::{Repeatable, repeatable};
use askama::Template;
use axum::extract::{Path, State};
use serde::Deserialize;
use turnpike_core::{CallId, ConnectionId, InvoiceId, visible};
use turnpike_store::CallRow;

use super::{
    Tag,
    actors::Actors,
    billing,
    calendar::DAY,
    calls::{share, took},
    connections::title,
    money, shown,
};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, Frame, page},
};

/// A request to the vendor, as the ledger has it.
#[derive(Deserialize)]
struct Noted {
    method: String,
    path: String,
    status: u16,
    millis: i64,
    class: Option<String>,
    request_id: Option<String>,
}

struct Step {
    method: String,
    path: String,
    status: String,
    took: String,
    class: String,
    request_id: String,
    /// The same request as the failed one before it.
    retry: bool,
}

#[derive(Template)]
#[template(path = "pages/call.html")]
struct CallPage {
    frame: Frame,
    id: CallId,
    title: String,
    tool: String,
    tag: Tag,
    meaning: &'static str,
    /// The class of the failure, what it means and what to do.
    failure: Option<(String, &'static str, &'static str)>,
    at: String,
    agent: String,
    client: String,
    principal: String,
    units: i64,
    version: i64,
    /// When the hour begins whose batch has counted it.
    batch: Option<String>,
    /// Its invoice: id and number.
    invoice: Option<(InvoiceId, String)>,
    may_see_money: bool,
    price: String,
    list_price: String,
    share: i64,
    why: &'static str,
    took: String,
    trace_id: String,
    connection: Option<ConnectionId>,
    sandbox: bool,
    arguments: Option<String>,
    kept_until: String,
    steps: Vec<Step>,
    repeatable: Repeatable,
    may_call: bool,
    /// What it answered, where it was made just now.
    answer: Option<String>,
}

/// The tenant's call of that id; anything else is not there.
async fn find(portal: &Portal, member: &Member, id: &str) -> Result<CallRow, Failure> {
    let id: CallId = id.parse().map_err(|_| Failure::NotFound)?;
    portal.store.tenant(member.tenant.id).find_call(id).await?.ok_or(Failure::NotFound)
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member, Path(id): Path<String>) -> Answer {
    let row = find(&portal, &member, &id).await?;
    let rows = portal.store.tenant(member.tenant.id);
    let arguments = rows.find_call_arguments(row.call_id, portal.ambient.now()).await?;
    page(opened(&portal, frame, &member, row, arguments).await?)
}

async fn opened(
    portal: &Portal,
    frame: Frame,
    member: &Member,
    row: CallRow,
    arguments: Option<String>,
) -> Result<CallPage, Failure> {
    let actors = Actors::of(portal, member.tenant.id).await?;
    let actors = actors.with(portal, std::iter::once(row.principal.as_str())).await?;
    let rows = portal.store.tenant(member.tenant.id);
    let may_see_money = member.may(Permission::SeeMoney);
    let kept = DAY.saturating_mul(portal.settings.limits.keep_arguments_days);
    Ok(CallPage {
        frame,
        id: row.call_id,
        title: title(portal, &row.integration),
        tag: Tag::of_outcome(row.outcome),
        meaning: meaning::of_outcome(row.outcome),
        failure: row.class.as_deref().map(|class| {
            let (what, to_do) = meaning::of_class(class);
            (class.to_owned(), what, to_do)
        }),
        at: row.started_at.to_string(),
        agent: actors.full_caller(&row.principal, row.grant_id),
        client: visible(row.client.as_deref().unwrap_or_default()),
        units: row.units,
        version: row.price_version,
        batch: rows.find_batch_of_call(row.call_id).await?.map(|batch| shown(batch.window_start)),
        invoice: if may_see_money { billing::find_of_call(&rows, &row).await? } else { None },
        may_see_money,
        price: money(row.price, row.currency),
        list_price: money(row.list_price, row.currency),
        share: share(row.price, row.list_price),
        why: meaning::why_so_much(row.outcome),
        took: took(row.duration_micros),
        trace_id: row.trace_id.clone().unwrap_or_default(),
        connection: row.connection_id,
        sandbox: row.sandbox,
        kept_until: shown(row.started_at.plus(kept)),
        steps: steps(&row.steps)?,
        repeatable: repeatable(portal, &row, arguments.as_deref()),
        arguments: arguments.as_deref().map(readable),
        may_call: member.may(Permission::Call),
        answer: None,
        principal: row.principal,
        tool: row.tool,
    })
}

fn steps(json: &str) -> Result<Vec<Step>, Failure> {
    let noted: Vec<Noted> = serde_json::from_str(json).map_err(|error| Failure::Internal(error.to_string()))?;
    let mut steps: Vec<Step> = vec![];
    for own in noted {
        let again = |last: &Step| last.method == own.method && last.path == own.path && !last.class.is_empty();
        steps.push(Step {
            retry: steps.last().is_some_and(again),
            method: own.method,
            path: own.path,
            status: if own.status == 0 { "no answer".into() } else { own.status.to_string() },
            took: took(own.millis.saturating_mul(1000)),
            class: own.class.unwrap_or_default(),
            request_id: visible(&own.request_id.unwrap_or_default()),
        });
    }
    Ok(steps)
}

/// JSON with a line for each field, and nothing hidden in it.
fn readable(json: &str) -> String {
    let value: Option<serde_json::Value> = serde_json::from_str(json).ok();
    let lines = value.and_then(|value| serde_json::to_string_pretty(&value).ok());
    visible(&lines.unwrap_or_else(|| json.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_was_sent_again_is_marked() {
        let steps = steps(
            r#"[{"method":"GET","path":"/v1/a","status":0,"millis":1200,"class":"upstream"},
                {"method":"GET","path":"/v1/a","status":200,"millis":3,"request_id":"r-1"},
                {"method":"GET","path":"/v1/a","status":200,"millis":4}]"#,
        );
        let steps = steps.unwrap();
        let told: Vec<_> = steps.iter().map(|step| (step.status.as_str(), step.took.as_str(), step.retry)).collect();
        assert_eq!(told, [("no answer", "1.2 s", false), ("200", "3 ms", true), ("200", "4 ms", false)]);
    }

    #[test]
    fn arguments_are_shown_in_lines_without_anything_hidden() {
        assert_eq!(readable(r#"{"b":1,"a":"x\u202ey"}"#), "{\n  \"a\": \"x\u{fffd}y\",\n  \"b\": 1\n}");
        assert_eq!(readable("cut off {"), "cut off {");
    }
}

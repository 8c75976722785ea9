//! What was used and what it costs: figures, plots and tables of a month or of the last days.

mod export;
mod period;
mod sums;

use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
pub(crate) use export::export;
use http::StatusCode;
use period::{Asked, LATELY, Period};
use sums::{ByDay, ByTool, Sums};
use turnpike_core::Micros;

use super::{
    Tag,
    calendar::Month,
    connections::title,
    day, money,
    plot::{Day, Plot},
    shown,
};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, FieldErrors, Frame, page},
};

/// How many months can be chosen.
const MONTHS: usize = 12;

/// What the plan includes, and how much of that its present period has used.
struct Included {
    plan: String,
    units: i64,
    used: i64,
    from: String,
    until: String,
}

struct DayLine {
    day: String,
    calls: i64,
    failures: i64,
    price: String,
}

struct ToolLine {
    title: String,
    tool: String,
    calls: i64,
    outcomes: Vec<(Tag, i64)>,
    requests: i64,
    units: i64,
    price: String,
}

#[derive(Template)]
#[template(path = "pages/usage.html")]
struct Usage {
    frame: Frame,
    asked: Asked,
    errors: FieldErrors,
    months: Vec<Month>,
    period: Period,
    lately: u32,
    calls: i64,
    units: i64,
    spent: String,
    free_failures: i64,
    failures: i64,
    kept: i64,
    plots: [Plot; 2],
    days: Vec<DayLine>,
    tools: Vec<ToolLine>,
    included: Option<Included>,
    may_export: bool,
}

pub(crate) async fn show(
    State(portal): State<Portal>,
    frame: Frame,
    member: Member,
    Query(asked): Query<Asked>,
) -> Answer {
    let (rows, now) = (portal.store.tenant(member.tenant.id), portal.ambient.now());
    let mut errors = FieldErrors::default();
    let period = asked.read(now, &mut errors);
    let sums = Sums::of(&rows.usage(period.since, period.until).await?);
    let by_day = ByDay::of(&rows.usage_by_day(period.since, period.until).await?, &period);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let answer = page(Usage {
        frame,
        errors,
        months: std::iter::successors(Some(Month::of(now)), |month| month.before()).take(MONTHS).collect(),
        lately: LATELY,
        calls: sums.calls,
        units: sums.units,
        spent: sums.spent(&portal),
        free_failures: sums.free_failures,
        failures: sums.failures,
        kept: sums.kept_percent(),
        plots: plots(&portal, &by_day, &period),
        days: by_day.into_iter().rev().filter(|own| own.calls > 0).map(|own| day_line(&portal, own)).collect(),
        tools: sums.tools.into_iter().map(|own| tool_line(&portal, own)).collect(),
        included: included(&portal, &member).await?,
        may_export: member.may(Permission::Export),
        period,
        asked,
    })?;
    Ok((status, answer).into_response())
}

/// How many calls there were, and what they cost. Of several currencies the plot has that of the prices in force.
fn plots(portal: &Portal, by_day: &[ByDay], period: &Period) -> [Plot; 2] {
    let currency = portal.book().currency();
    let short = |own: &ByDay| own.day.to_utc().format("%-d %b").to_string();
    let calls = by_day.iter().map(|own| Day {
        name: short(own),
        parts: [own.calls - own.failures, own.failures],
        words: format!("{}: {} calls, {} failed", day(own.day), own.calls, own.failures),
    });
    let costs = by_day.iter().map(|own| {
        let price = own.price(currency);
        let words = format!("{}: {}", day(own.day), money(price, currency));
        Day { name: short(own), parts: [price.0, 0], words }
    });
    // The title names the currency once for all.
    let amount = |micros| money(Micros(micros), currency).split(' ').next().unwrap_or_default().to_owned();
    let told = |what: &str| format!("{what} by day, {}. The table below has the numbers.", period.name);
    [
        Plot::of("Calls by day".into(), told("Calls, those that failed on top,"), calls.collect(), |count| {
            count.to_string()
        }),
        Plot::of(format!("Cost by day in {currency}"), told("Cost"), costs.collect(), amount),
    ]
}

fn day_line(portal: &Portal, own: ByDay) -> DayLine {
    DayLine { day: day(own.day), calls: own.calls, failures: own.failures, price: own.spent(portal) }
}

fn tool_line(portal: &Portal, own: ByTool) -> ToolLine {
    ToolLine {
        title: title(portal, &own.integration),
        tool: own.tool,
        calls: own.outcomes.iter().map(|(_, calls)| calls).sum(),
        outcomes: own.outcomes.into_iter().map(|(outcome, calls)| (Tag::of_outcome(outcome), calls)).collect(),
        requests: own.upstream_requests,
        units: own.units,
        price: money(own.price, own.currency),
    }
}

/// What the plan includes. Calls that cost nothing use nothing up.
async fn included(portal: &Portal, member: &Member) -> Result<Option<Included>, Failure> {
    let Some(account) = portal.billing.find_account(member.tenant.id).await? else { return Ok(None) };
    let (own, used) = (account.subscription, account.used);
    let (from, until) = (shown(own.period_start), shown(own.period_end));
    Ok(account.plan.map(|plan| Included { plan: plan.title, units: plan.included_units, used, from, until }))
}

//! What is left of what clients pay: by client, integration and tool, those that cost more than they bring first.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;
use turnpike_billing::margin::{Margin, Margins};
use turnpike_core::{Currency, Micros, TenantId, Timestamp};
use turnpike_metering::payable;

use super::names::Clients;
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::{
        calendar::Month,
        connections::title,
        csv::{decimal, download, line},
        day, money,
        plot::{Day, Plot},
    },
};

/// How many months can be chosen.
const MONTHS: usize = 12;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    month: String,
    /// Of a file: what its lines are, `client`, `integration` or `tool`.
    by: String,
}

struct Line {
    client: Option<TenantId>,
    name: String,
    tool: String,
    calls: i64,
    units: i64,
    revenue: String,
    vendor: String,
    payment: String,
    left: String,
    under_water: bool,
}

#[derive(Template)]
#[template(path = "console/margin.html")]
struct MarginPage {
    frame: Frame,
    months: Vec<Month>,
    month: Month,
    total: Line,
    under_water: usize,
    plots: [Plot; 2],
    /// By client, by integration, by tool.
    tables: [(&'static str, &'static str, Vec<Line>); 3],
}

impl Asked {
    /// The month that is asked for; without one it is the present one.
    fn month(&self, now: Timestamp) -> Result<Month, Failure> {
        let month = if self.month.is_empty() { Some(Month::of(now)) } else { Month::read(&self.month) };
        month.filter(|month| month.begins() <= now).ok_or_else(|| Failure::Refused("there is no such month".into()))
    }
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, Query(asked): Query<Asked>) -> Answer {
    let now = portal.ambient.now();
    let month = asked.month(now)?;
    let all = portal.billing.margins(month.begins(), month.ends()).await?;
    let clients = Clients::read(&portal).await?;
    let currency = all.currency;
    let by_client =
        all.tenants.iter().map(|(id, own)| Line { client: Some(*id), ..told(own, clients.name(*id), currency) });
    // The fees of clients who have not called are shared by no integration.
    let titled = |name: &str| if name.is_empty() { "Without calls".to_owned() } else { title(&portal, name) };
    let by_integration = all.integrations.iter().map(|(name, own)| told(own, titled(name), currency));
    let by_tool =
        all.tools.iter().map(|(name, tool, own)| Line { tool: tool.clone(), ..told(own, titled(name), currency) });
    page(MarginPage {
        frame,
        months: std::iter::successors(Some(Month::of(now)), |month| month.before()).take(MONTHS).collect(),
        total: told(&all.total, "All".into(), currency),
        under_water: all.tenants.iter().filter(|(_, own)| own.left().0 < 0).count(),
        plots: plots(&all, month),
        tables: [
            ("By client", "Client", by_client.collect()),
            ("By integration", "Integration", by_integration.collect()),
            ("By tool", "Tool", by_tool.collect()),
        ],
        month,
    })
}

/// Rounded to the coin; the files have every digit.
fn told(own: &Margin, name: String, currency: Currency) -> Line {
    let told = |amount: Micros| money(payable(amount, currency), currency);
    Line {
        client: None,
        name,
        tool: String::new(),
        calls: own.calls,
        units: own.units,
        revenue: told(own.revenue),
        vendor: told(own.vendor_cost),
        payment: told(own.payment_cost),
        left: told(own.left()),
        under_water: own.left().0 < 0,
    }
}

/// What came in and what it cost, day by day.
fn plots(all: &Margins, month: Month) -> [Plot; 2] {
    let amount = |micros| money(Micros(micros), all.currency).split(' ').next().unwrap_or_default().to_owned();
    let day_of = |at: Timestamp, amount: Micros, part: usize| {
        let mut parts = [0; 2];
        parts[part] = amount.0.max(0);
        let name = at.to_utc().format("%-d %b").to_string();
        Day { name, parts, words: format!("{}: {}", day(at), money(amount, all.currency)) }
    };
    let cost = |own: &Margin| Micros(own.vendor_cost.0 + own.payment_cost.0);
    let revenue = all.days.iter().map(|(at, own)| day_of(*at, own.revenue, 0)).collect();
    let costs = all.days.iter().map(|(at, own)| day_of(*at, cost(own), 1)).collect();
    let words = |what: &str| format!("{what} by day, {}. The tables below have the sums.", month.name());
    [
        Plot::of(format!("Revenue by day in {}", all.currency), words("Revenue"), revenue, amount),
        Plot::of(format!("Cost by day in {}", all.currency), words("What vendors and payments cost"), costs, amount),
    ]
}

/// The same as a file.
pub(crate) async fn export(State(portal): State<Portal>, Query(asked): Query<Asked>) -> Answer {
    let month = asked.month(portal.ambient.now())?;
    let all = portal.billing.margins(month.begins(), month.ends()).await?;
    let clients = Clients::read(&portal).await?;
    let rows: Vec<([String; 2], &Margin)> = match asked.by.as_str() {
        "" | "client" => all.tenants.iter().map(|(id, own)| ([id.to_string(), clients.name(*id)], own)).collect(),
        "integration" => {
            all.integrations.iter().map(|(name, own)| ([name.clone(), title(&portal, name)], own)).collect()
        }
        "tool" => all.tools.iter().map(|(name, tool, own)| ([name.clone(), tool.clone()], own)).collect(),
        _ => return Err(Failure::Refused("margins are given by client, integration or tool".into())),
    };
    let by = if asked.by.is_empty() { "client" } else { asked.by.as_str() };
    let names = match by {
        "client" => ["client", "name"],
        "integration" => ["integration", "title"],
        _ => ["integration", "tool"],
    };
    let figures = ["calls", "units", "revenue", "vendor_cost", "payment_cost", "left", "currency"];
    let mut text = line(names.iter().chain(&figures));
    for (names, own) in rows {
        let amounts = [own.revenue, own.vendor_cost, own.payment_cost, own.left()].map(decimal);
        let counts = [own.calls, own.units].map(|count| count.to_string());
        text += &line(names.into_iter().chain(counts).chain(amounts).chain([all.currency.to_string()]));
    }
    Ok(download(&format!("margin-{}-by-{by}.csv", month.word()), text))
}

//! The price book: what is in force, what comes, and what was.

mod edit;

use askama::Template;
use axum::extract::State;
pub(crate) use edit::{edit, preview, set};
use turnpike_config::PlanSettings;
use turnpike_core::{Micros, Outcome, Timestamp, visible};
use turnpike_metering::PriceBook;
use turnpike_sdk::Cost;
use turnpike_store::PriceVersion;

use super::names::Actors;
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::{Tag, money, price_in_words, shown},
};

struct Share {
    tag: Tag,
    percent: u8,
}

struct Tool {
    name: &'static str,
    class: &'static str,
    price: String,
}

struct Tools {
    title: &'static str,
    tools: Vec<Tool>,
}

struct Plan {
    name: String,
    own: PlanSettings,
    monthly: String,
    yearly: Option<String>,
}

/// A version, as it was set.
struct Version {
    number: i64,
    tag: Tag,
    from: String,
    by: String,
    reason: String,
    text: String,
}

#[derive(Template)]
#[template(path = "console/prices.html")]
struct PricesPage {
    frame: Frame,
    version: i64,
    classes: [(&'static str, i64, String); 3],
    versions: Vec<Version>,
    shares: Vec<Share>,
    integrations: Vec<Tools>,
    plans: Vec<Plan>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame) -> Answer {
    let book = portal.book();
    let price = |class| price_in_words(&book, class);
    let share = |outcome: &Outcome| Share {
        tag: Tag::of_outcome(*outcome),
        percent: book.prices.percent.get(outcome).copied().unwrap_or_default(),
    };
    let integrations = portal.integrations.iter().map(|own| Tools {
        title: own.manifest.title,
        tools: own
            .tools
            .iter()
            .map(|tool| &tool.spec)
            .map(|spec| Tool { name: spec.name, class: spec.cost.as_str(), price: price(spec.cost) })
            .collect(),
    });
    let mut plans: Vec<_> = book.plans.iter().collect();
    plans.sort_by_key(|(_, own)| own.monthly);
    let plan = |(name, own): (&String, &PlanSettings)| Plan {
        name: name.clone(),
        own: own.clone(),
        monthly: money(Micros(own.monthly), book.currency()),
        yearly: (own.yearly > 0).then(|| money(Micros(own.yearly), book.currency())),
    };
    page(PricesPage {
        frame,
        classes: [Cost::Light, Cost::Standard, Cost::Heavy]
            .map(|class| (class.as_str(), book.units(class.as_str()), price(class))),
        version: book.version,
        versions: versions(&portal, &book).await?,
        shares: Outcome::ALL.iter().map(share).collect(),
        integrations: integrations.collect(),
        plans: plans.into_iter().map(plan).collect(),
    })
}

/// All versions, newest first.
async fn versions(portal: &Portal, present: &PriceBook) -> Result<Vec<Version>, Failure> {
    let (mut rows, now) = (portal.store.system().list_price_versions().await?, portal.ambient.now());
    // Nobody has set what the settings file said.
    rows.retain(|row| row.set_by != PriceVersion::BY_SETTINGS);
    let actors = Actors::read(portal, rows.iter().map(|row| row.set_by.as_str()).collect()).await?;
    let told = |book: &PriceBook| {
        let row = rows.iter().find(|row| row.version == book.version);
        Version {
            number: book.version,
            tag: tag(book, present, now),
            from: row.map_or_else(|| "the beginning".to_owned(), |row| shown(row.effective_at)),
            by: row.map_or_else(|| "the settings file".to_owned(), |row| actors.name(&row.set_by)),
            reason: row.map(|row| visible(&row.note)).unwrap_or_default(),
            text: book.text().to_toml(),
        }
    };
    Ok(portal.billing.books().all().iter().rev().map(|book| told(book)).collect())
}

fn tag(book: &PriceBook, present: &PriceBook, now: Timestamp) -> Tag {
    let (class, text) = match book.effective_at > now {
        _ if book.version == present.version => ("good", "in force"),
        true => ("warn", "to come"),
        false => ("", "before"),
    };
    Tag { class, text }
}

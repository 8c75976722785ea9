//! The price book and the plans, as the settings have them.

use askama::Template;
use axum::extract::State;
use turnpike_config::PlanSettings;
use turnpike_core::{Micros, Outcome};
use turnpike_sdk::Cost;

use crate::{
    Portal,
    http::{Answer, Frame, page},
    pages::{Tag, money, price_of},
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
}

#[derive(Template)]
#[template(path = "console/prices.html")]
struct PricesPage {
    frame: Frame,
    classes: [(&'static str, String); 3],
    shares: Vec<Share>,
    integrations: Vec<Tools>,
    plans: Vec<Plan>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame) -> Answer {
    let book = &portal.settings.prices;
    let price = |class| money(price_of(book, class), book.currency);
    let share = |outcome: &Outcome| Share {
        tag: Tag::of_outcome(*outcome),
        percent: book.percent.get(outcome).copied().unwrap_or_default(),
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
    let mut plans: Vec<_> = portal.settings.plans.iter().collect();
    plans.sort_by_key(|(_, own)| own.monthly);
    let plan = |(name, own): (&String, &PlanSettings)| Plan {
        name: name.clone(),
        own: own.clone(),
        monthly: money(Micros(own.monthly), book.currency),
    };
    page(PricesPage {
        frame,
        classes: [Cost::Light, Cost::Standard, Cost::Heavy].map(|class| (class.as_str(), price(class))),
        shares: Outcome::ALL.iter().map(share).collect(),
        integrations: integrations.collect(),
        plans: plans.into_iter().map(plan).collect(),
    })
}

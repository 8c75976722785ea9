//! The first step: which integrations, and which plan. Who has a plan changes it here.

use askama::Template;
use axum::extract::State;
use turnpike_billing::Account;
use turnpike_config::{Cap, PaymentProvider, PlanSettings};
use turnpike_core::{Currency, Micros, grouped};

use super::{Step, steps};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, FieldErrors, Frame, page},
    pages::{billing, money},
};

struct Offer {
    name: &'static str,
    title: &'static str,
    tools: usize,
    chosen: bool,
}

struct Plan {
    name: String,
    own: PlanSettings,
    monthly: String,
    /// None where the fee cannot be paid for a year.
    yearly: Option<String>,
    /// Units of a month.
    included: String,
    beyond: String,
    chosen: bool,
}

/// What was chosen, as the form says it.
pub(super) struct Chosen {
    pub(super) wanted: Vec<String>,
    pub(super) plan: String,
    pub(super) yearly: bool,
}

#[derive(Template)]
#[template(path = "start/plan.html")]
struct PlanPage {
    frame: Frame,
    steps: [Step; 4],
    errors: FieldErrors,
    offers: Vec<Offer>,
    plans: Vec<Plan>,
    /// Some plan's fee can be paid for a year.
    by_year: bool,
    yearly: bool,
    /// What is paid for already.
    present: Option<String>,
    stripe: bool,
    may_choose: bool,
}

/// The plan page with what was chosen, and what is wrong with it.
pub(super) async fn plan_page(
    portal: &Portal,
    frame: Frame,
    member: &Member,
    errors: FieldErrors,
    chosen: &Chosen,
) -> Result<impl Template + use<>, Failure> {
    let offers = portal.integrations.iter().map(|integration| Offer {
        name: integration.manifest.name,
        title: integration.manifest.title,
        tools: integration.tools.len(),
        chosen: chosen.wanted.iter().any(|own| own == integration.manifest.name),
    });
    let account = portal.billing.find_account(member.tenant.id).await?.filter(is_standing);
    let plans = plans(portal, &chosen.plan);
    Ok(PlanPage {
        steps: steps(portal, member).await?,
        errors,
        offers: offers.collect(),
        by_year: plans.iter().any(|plan| plan.yearly.is_some()),
        plans,
        yearly: chosen.yearly,
        present: account.as_ref().map(|account| {
            let title = account.plan.as_ref().map_or(&account.subscription.plan, |plan| &plan.title);
            format!("{title}, {}", billing::fee(account))
        }),
        stripe: portal.billing.provider() == PaymentProvider::Stripe,
        may_choose: member.may(Permission::ChoosePlan),
        frame,
    })
}

/// Whether it can be changed, rather than chosen anew.
pub(super) fn is_standing(account: &Account) -> bool {
    let state = account.subscription.state;
    billing::has_begun(state) && !state.is_over()
}

/// What can be chosen, the least fee first; of plans that are not offered any more the tenant's own.
fn plans(portal: &Portal, chosen: &str) -> Vec<Plan> {
    let book = portal.book();
    let currency = book.currency();
    let mut plans: Vec<_> = book.plans.iter().filter(|(name, own)| own.offered || *name == chosen).collect();
    plans.sort_by_key(|(_, own)| own.monthly);
    let known = plans.iter().any(|(name, _)| *name == chosen);
    let least = plans.first().map(|(name, _)| (*name).clone()).unwrap_or_default();
    let chosen = if known { chosen } else { least.as_str() };
    let plan = |(name, own): (&String, &PlanSettings)| Plan {
        name: name.clone(),
        monthly: money(Micros(own.monthly), currency),
        yearly: (own.yearly > 0).then(|| money(Micros(own.yearly), currency)),
        included: grouped(own.included_units),
        beyond: beyond(own, currency),
        chosen: name == chosen,
        own: own.clone(),
    };
    plans.into_iter().map(plan).collect()
}

/// What a unit beyond those included costs.
fn beyond(plan: &PlanSettings, currency: Currency) -> String {
    if plan.cap == Cap::Hard {
        return "Calls beyond them are refused until the month is over".into();
    }
    let tier = |own: &turnpike_config::TierSettings| {
        let price = money(Micros(own.price.saturating_mul(1000)), currency);
        own.up_to.map_or_else(|| price.clone(), |up_to| format!("{price} up to {}", grouped(up_to)))
    };
    let tiers: Vec<_> = plan.tiers.iter().map(tier).collect();
    format!("Beyond them 1,000 units cost {}", tiers.join(", then "))
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let own = portal.store.tenant(member.tenant.id).find_subscription().await?;
    let chosen = Chosen {
        wanted: member.tenant.wanted.clone(),
        plan: own.as_ref().map(|own| own.plan.clone()).or_else(|| member.tenant.plan.clone()).unwrap_or_default(),
        yearly: own.is_some_and(|own| own.yearly),
    };
    page(plan_page(&portal, frame, &member, FieldErrors::default(), &chosen).await?)
}

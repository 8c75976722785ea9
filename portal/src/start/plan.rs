//! The first step: which integrations, and which plan.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use serde_json::json;
use turnpike_config::PlanSettings;
use turnpike_core::Micros;

use super::{Step, steps};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, FieldErrors, Form, Frame, again, page},
    pages::money,
};

struct Choice {
    name: &'static str,
    title: &'static str,
    tools: usize,
    chosen: bool,
}

struct Plan {
    name: String,
    own: PlanSettings,
    monthly: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "start/plan.html")]
struct PlanPage {
    frame: Frame,
    steps: [Step; 4],
    errors: FieldErrors,
    choices: Vec<Choice>,
    plans: Vec<Plan>,
    may_choose: bool,
}

async fn plan_page(
    portal: &Portal,
    frame: Frame,
    member: &Member,
    errors: FieldErrors,
    wanted: &[String],
    plan: &str,
) -> Result<PlanPage, Failure> {
    let choices = portal.integrations.iter().map(|integration| Choice {
        name: integration.manifest.name,
        title: integration.manifest.title,
        tools: integration.tools.len(),
        chosen: wanted.iter().any(|own| own == integration.manifest.name),
    });
    let currency = portal.settings.prices.currency;
    let mut plans: Vec<_> = portal.settings.plans.iter().filter(|(name, own)| own.offered || *name == plan).collect();
    plans.sort_by_key(|(_, own)| own.monthly);
    let cheapest = plans.first().map(|(name, _)| name.as_str()).unwrap_or_default();
    let plan = if plan.is_empty() { cheapest } else { plan };
    let plans = plans.into_iter().map(|(name, own)| Plan {
        name: name.clone(),
        own: own.clone(),
        monthly: money(Micros(own.monthly), currency),
        chosen: name == plan,
    });
    Ok(PlanPage {
        steps: steps(portal, member).await?,
        errors,
        choices: choices.collect(),
        plans: plans.collect(),
        may_choose: member.may(Permission::ChoosePlan),
        frame,
    })
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    let plan = member.tenant.plan.clone().unwrap_or_default();
    page(plan_page(&portal, frame, &member, FieldErrors::default(), &member.tenant.wanted, &plan).await?)
}

pub(crate) async fn choose(State(portal): State<Portal>, frame: Frame, member: Member, form: Form) -> Answer {
    let served = |name: &&str| portal.find_integration(name).is_some();
    let wanted: Vec<String> = form.all("integration").filter(served).map(str::to_owned).collect();
    let plan = form.text("plan");
    let known = portal.settings.plans.get(plan);
    let own = member.tenant.plan.as_deref() == Some(plan);
    let mut errors = FieldErrors::default();
    errors.check(wanted.is_empty(), "integration", "Choose at least one.");
    errors.check(!known.is_some_and(|known| known.offered || own), "plan", "Choose one of these.");
    if !errors.is_empty() {
        return again(plan_page(&portal, frame, &member, errors, &wanted, plan).await?);
    }
    portal.store.tenant(member.tenant.id).set_plan(Some(plan), &wanted).await?;
    let details = json!({ "plan": plan, "integrations": wanted });
    portal.tenancy.record(member.tenant.id, &member.actor(), "plan.chosen", plan, details).await?;
    Ok(Redirect::to("/start/connect").into_response())
}

//! The tenant's rules: what it asks of those who use its tools, beyond what the tools themselves ask.

mod choices;
mod words;

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use turnpike_core::{LeastRole, parse_groups};
use turnpike_store::ToolGroup;
use turnpike_tenancy::ToolRule;

use super::{actors::Actors, shown};
use crate::{
    Member, Permission, Portal,
    http::{Answer, Failure, FieldErrors, Form, Frame, Notice, again, page},
};
use choices::{Choices, of_tools};
use words::{of_least_role, sentence};

struct Line {
    /// The tools, as the form names them.
    tools: String,
    sentence: String,
    set: String,
}

/// What was typed into the form.
#[derive(Default)]
struct Typed {
    tools: String,
    role: String,
    groups: String,
}

#[derive(Template)]
#[template(path = "pages/rules.html")]
struct Rules {
    frame: Frame,
    errors: FieldErrors,
    lines: Vec<Line>,
    typed: Typed,
    tools: Vec<Choices>,
    /// Each with what it means.
    roles: Vec<(&'static str, &'static str)>,
    /// The groups that members are in.
    known_groups: String,
    may_set: bool,
}

async fn rules(
    portal: &Portal,
    frame: Frame,
    member: &Member,
    errors: FieldErrors,
    typed: Typed,
) -> Result<Rules, Failure> {
    let policies = portal.store.tenant(member.tenant.id).list_tool_policies().await?;
    let named = policies.iter().map(|policy| policy.set_by.as_str());
    let actors = Actors::of(portal, member.tenant.id).await?.with(portal, named).await?;
    let lines = policies.iter().map(|policy| Line {
        tools: policy.tools.to_string(),
        sentence: sentence(portal, policy),
        set: format!("since {}, by {}", shown(policy.set_at), actors.name(&policy.set_by)),
    });
    let members = portal.store.system().list_members(member.tenant.id).await?;
    let known: BTreeSet<_> = members.iter().flat_map(|own| &own.groups).map(String::as_str).collect();
    Ok(Rules {
        frame,
        errors,
        lines: lines.collect(),
        typed,
        tools: of_tools(portal),
        roles: LeastRole::ALL.iter().map(|least| (least.as_str(), of_least_role(*least))).collect(),
        known_groups: known.into_iter().collect::<Vec<_>>().join(", "),
        may_set: member.may(Permission::ManageSettings),
    })
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame, member: Member) -> Answer {
    page(rules(&portal, frame, &member, FieldErrors::default(), Typed::default()).await?)
}

/// Sets a rule; one about the same tools gives way to it.
pub(crate) async fn set(State(portal): State<Portal>, frame: Frame, member: Member, form: Form) -> Answer {
    match read(&portal, &form) {
        Ok(rule) => {
            portal.tenancy.set_tool_policy(&member.actor(), member.tenant.id, rule).await?;
            Ok(Redirect::to(&Notice::RuleSet.at("/rules")).into_response())
        }
        Err(errors) => {
            let text = |name| form.text(name).to_owned();
            let typed = Typed { tools: text("tools"), role: text("role"), groups: text("groups") };
            again(rules(&portal, frame, &member, errors, typed).await?)
        }
    }
}

/// The rule that a form describes, or what is wrong with it.
fn read(portal: &Portal, form: &Form) -> Result<ToolRule, FieldErrors> {
    let mut errors = FieldErrors::default();
    let offered = of_tools(portal).iter().any(|group| group.has(form.text("tools")));
    let tools = form.text("tools").parse::<ToolGroup>().ok().filter(|_| offered);
    errors.check(tools.is_none(), "tools", "Choose one of these.");
    let least_role = form.text("role").parse::<LeastRole>().ok();
    errors.check(least_role.is_none(), "role", "Choose one of these.");
    let groups = parse_groups(form.text("groups")).map_err(|error| errors.add("groups", format!("Not so: {error}.")));
    let (Some(tools), Some(least_role), Ok(groups)) = (tools, least_role, groups) else { return Err(errors) };
    let rule = ToolRule { tools, least_role, groups };
    errors.check(!rule.asks(), "groups", "Choose a role or name a group: as it is, the rule asks for nothing.");
    if errors.is_empty() { Ok(rule) } else { Err(errors) }
}

/// Takes a rule away.
pub(crate) async fn delete(State(portal): State<Portal>, member: Member, form: Form) -> Answer {
    let tools: ToolGroup = form.text("tools").parse().map_err(|_| Failure::NotFound)?;
    if !portal.tenancy.delete_tool_policy(&member.actor(), member.tenant.id, &tools).await? {
        return Err(Failure::NotFound);
    }
    Ok(Redirect::to(&Notice::RuleDeleted.at("/rules")).into_response())
}

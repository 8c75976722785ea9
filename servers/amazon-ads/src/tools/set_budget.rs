//! `set_budget`: changes what a campaign may spend a day.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{ArgumentError, Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    api::{self, Campaign},
    arguments::{Amount, EntityId, ProfileId},
    budgets, money,
    money::Decimal,
    profile::{Collection, Profile},
};

pub(super) struct SetBudget;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// The campaign whose budget changes.
    campaign_id: EntityId,
    /// The new daily amount in units of the account's currency, such as 25.5.
    daily_amount: Amount,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A campaign's budget; of a campaign that does not exist, nothing.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Budget {
    campaign: String,
    campaign_status: String,
    /// In units of `currency`.
    daily_amount: f64,
    /// The same in millionths, exact.
    daily_amount_micros: i64,
    currency: String,
}

/// The whole record, as Amazon wants it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    campaign_id: String,
    budget: api::Budget,
}

impl WriteTool for SetBudget {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_budget",
        "Set a daily budget",
        "Sets the daily budget of one Sponsored Products campaign, in units of the account's currency. Without preview_id \
         it only previews; send the same arguments with the preview_id to apply.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let account = args.account_id.get(cx)?;
        let found = Profile::of(cx, account).find::<Campaign>(Collection::Campaigns, [&args.campaign_id]).await?;
        let campaign = found.into_iter().find(|campaign| campaign.campaign_id.0 == args.campaign_id.0);
        Ok(State { budget: campaign.and_then(|campaign| Budget::of(campaign, &account.currency)) })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let Some(budget) = &before.budget else {
            return Err(ToolError::Refused {
                reason: format!("this account has no campaign with the id {} and a daily budget", args.campaign_id),
                next_step: "Take the id from list_campaigns of the same account.".into(),
            });
        };
        if !matches!(budget.campaign_status.as_str(), "ENABLED" | "PAUSED") {
            return Err(ToolError::Refused {
                reason: format!("the campaign {} is {}", args.campaign_id, budget.campaign_status),
                next_step: "Choose a campaign that is enabled or paused.".into(),
            });
        }
        let amount = args.daily_amount.micros();
        check_bounds(amount, &budget.currency)?;
        let after = Budget { daily_amount: amount.to_units(), daily_amount_micros: amount.0, ..budget.clone() };
        let summary = format!(
            "Sets the daily budget of campaign {} from {} to {} {}.",
            args.campaign_id,
            money::text(Micros(budget.daily_amount_micros)),
            money::text(amount),
            budget.currency
        );
        let warning = "Amazon has no dry run: what it thinks of the amount is known only when this is applied.";
        Ok(Plan { after: State { budget: Some(after) }, summary, warnings: vec![warning.into()] })
    }

    fn spending(from: &State, to: &State) -> Spending {
        let amount = |state: &State| state.budget.as_ref().map(|budget| Micros(budget.daily_amount_micros));
        match &to.budget {
            Some(budget) => Spending::Amount {
                before: amount(from),
                after: Micros(budget.daily_amount_micros),
                currency: budget.currency.clone(),
            },
            None => Spending::NoMore,
        }
    }

    /// Amazon has none; the bounds of the marketplace have been looked at.
    async fn dry_run(_: &Args, _: &State, _: &Cx) -> Result<(), ToolError> {
        Ok(())
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let planned = target.budget.as_ref().ok_or_else(|| ToolError::Bug("a plan without a budget".into()))?;
        let budget = Decimal(Micros(planned.daily_amount_micros));
        let id = args.campaign_id.to_string();
        let change = Change { campaign_id: id.clone(), budget: api::Budget { budget, budget_type: "DAILY".into() } };
        Profile::of(cx, args.account_id.get(cx)?).update(Collection::Campaigns, &[(id, change)]).await
    }
}

/// Refuses what the marketplace would refuse, with its bounds.
fn check_bounds(amount: Micros, currency: &str) -> Result<(), ArgumentError> {
    let Some((least, most)) = budgets::bounds(currency) else { return Ok(()) };
    if (least..=most).contains(&amount) {
        return Ok(());
    }
    let (least, most) = (money::text(least), money::text(most));
    let problem = format!("in {currency} a campaign's daily budget is between {least} and {most}");
    Err(ArgumentError::new("daily_amount", problem, format!("Send at least {least} and at most {most}.")))
}

impl Budget {
    fn of(campaign: Campaign, currency: &str) -> Option<Self> {
        let amount = campaign.budget.filter(|budget| budget.budget_type == "DAILY")?.budget.0;
        Some(Self {
            campaign: campaign.name,
            campaign_status: campaign.state,
            daily_amount: amount.to_units(),
            daily_amount_micros: amount.0,
            currency: currency.to_owned(),
        })
    }
}

//! `set_budget`: changes what a campaign may spend a day.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    access,
    ad_account::AdAccount,
    api::{BudgetFields, Campaign, Money},
    arguments::{AdAccountId, Amount, EntityId},
    money,
};

pub(super) struct SetBudget;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
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
    /// In units of `currency`; absent when the campaign has a budget for its whole time only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daily_amount: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daily_amount_micros: Option<i64>,
    currency: String,
}

impl WriteTool for SetBudget {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_budget",
        "Set a daily budget",
        "Sets the daily budget of one campaign, in units of the account's currency. Without preview_id it only previews; \
         send the same arguments with the preview_id to apply.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let account = args.account_id.get(cx)?;
        let found = AdAccount::of(cx, account).batch::<Campaign>("adCampaigns", [args.campaign_id.0]).await?;
        Ok(State { budget: found.into_iter().next().map(|campaign| Budget::of(campaign, &account.currency)) })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let Some(budget) = &before.budget else {
            return Err(ToolError::Refused {
                reason: format!("this account has no campaign with the id {}", args.campaign_id),
                next_step: "Take the id from list_campaigns of the same account.".into(),
            });
        };
        if !matches!(budget.campaign_status.as_str(), "ACTIVE" | "PAUSED" | "DRAFT") {
            return Err(ToolError::Refused {
                reason: format!("the campaign {} is {}", args.campaign_id, budget.campaign_status),
                next_step: "Choose a campaign that is active, paused or a draft.".into(),
            });
        }
        let Some(present) = budget.daily_amount else {
            return Err(ToolError::Refused {
                reason: format!("the campaign {} has an amount for its whole time, not for a day", args.campaign_id),
                next_step: "Change it in LinkedIn's Campaign Manager.".into(),
            });
        };
        let Micros(micros) = args.daily_amount.micros();
        let (daily_amount, daily_amount_micros) = (Some(Micros(micros).to_units()), Some(micros));
        let after = Budget { daily_amount, daily_amount_micros, ..budget.clone() };
        let summary = format!(
            "Sets the daily budget of campaign {} from {present} to {} {}.",
            args.campaign_id,
            Micros(micros).to_units(),
            budget.currency
        );
        let warning = "LinkedIn has no dry run: its minimum for a day is checked only when this is applied.";
        Ok(Plan { after: State { budget: Some(after) }, summary, warnings: vec![warning.into()] })
    }

    fn spending(from: &State, to: &State) -> Spending {
        let amount = |state: &State| state.budget.as_ref()?.daily_amount_micros.map(Micros);
        match (&to.budget, amount(to)) {
            (Some(budget), Some(after)) => {
                Spending::Amount { before: amount(from), after, currency: budget.currency.clone() }
            }
            _ => Spending::NoMore,
        }
    }

    async fn dry_run(args: &Args, _: &State, cx: &Cx) -> Result<(), ToolError> {
        access::may_change(cx, args.account_id.get(cx)?).await
    }

    async fn apply(args: &Args, after: &State, cx: &Cx) -> Result<(), ToolError> {
        let planned = after.budget.as_ref().ok_or_else(|| ToolError::Bug("a plan without a budget".into()))?;
        let amount = money::decimal(Micros(planned.daily_amount_micros.unwrap_or_default()));
        // The whole record, so that the amount cannot meet another currency than the one previewed.
        let daily_budget = Money { amount, currency_code: planned.currency.clone() };
        AdAccount::of(cx, args.account_id.get(cx)?)
            .update("adCampaigns", args.campaign_id, BudgetFields { daily_budget })
            .await
    }
}

impl Budget {
    fn of(campaign: Campaign, currency: &str) -> Self {
        let daily = campaign.daily_budget.as_ref().and_then(|budget| Micros::from_decimal(&budget.amount));
        let given = campaign.daily_budget.map(|budget| budget.currency_code);
        Self {
            campaign: campaign.name,
            campaign_status: campaign.status,
            daily_amount: daily.map(Micros::to_units),
            daily_amount_micros: daily.map(|Micros(micros)| micros),
            currency: given.unwrap_or_else(|| currency.to_owned()),
        }
    }
}

//! `set_budget`: changes what a campaign may spend a day.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{
    Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool,
    arguments::{Amount, EntityId},
};

use crate::{
    api::{BudgetUpdate, Row},
    arguments::CustomerId,
    customer::Customer,
    gaql::{Query, Test},
};

pub(super) struct SetBudget;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: CustomerId,
    /// The campaign whose budget changes.
    campaign_id: EntityId,
    /// The new daily amount in units of the account's currency, such as 25.5; not in micros.
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
    budget_id: String,
    /// In units of `currency`.
    daily_amount: f64,
    daily_amount_micros: i64,
    currency: String,
    /// `DAILY`, or `CUSTOM_PERIOD` for an amount over the campaign's whole time.
    period: String,
    /// Made to serve several campaigns.
    explicitly_shared: bool,
    /// How many campaigns it serves.
    campaigns_served: i64,
}

impl WriteTool for SetBudget {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_budget",
        "Set a daily budget",
        "Sets the daily budget of one campaign, in units of the account's currency. Without preview_id it only \
         previews; send the same arguments with the preview_id to apply. Warns when the budget serves other campaigns.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let account = args.account_id.client(cx)?;
        let rows: Vec<Row> = Customer::of(cx, account).rows(&args.query()).await?;
        Ok(State { budget: rows.into_iter().next().map(|row| Budget::of(row, &account.currency)) })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let Some(budget) = &before.budget else {
            return Err(ToolError::Refused {
                reason: format!("this account has no campaign with the id {}", args.campaign_id),
                next_step: "Take the id from list_campaigns of the same account.".into(),
            });
        };
        if budget.campaign_status == "REMOVED" {
            return Err(ToolError::Refused {
                reason: format!("the campaign {} is removed, which cannot be undone", args.campaign_id),
                next_step: "Choose a campaign that is enabled or paused.".into(),
            });
        }
        if budget.period != "DAILY" {
            return Err(ToolError::Refused {
                reason: format!("the campaign {} has an amount for its whole time, not for a day", args.campaign_id),
                next_step: "Change it in Google Ads itself.".into(),
            });
        }
        let Micros(micros) = args.daily_amount.micros();
        let after = Budget { daily_amount: Micros(micros).to_units(), daily_amount_micros: micros, ..budget.clone() };
        let summary = format!(
            "Sets the daily budget of campaign {} from {} to {} {}.",
            args.campaign_id, budget.daily_amount, after.daily_amount, after.currency
        );
        let warnings = budget.shared_warning().into_iter().collect();
        Ok(Plan { after: State { budget: Some(after) }, summary, warnings })
    }

    fn spending(from: &State, to: &State) -> Spending {
        let amount = |state: &State| state.budget.as_ref().map(|budget| Micros(budget.daily_amount_micros));
        match (&to.budget, amount(to)) {
            (Some(budget), Some(after)) => {
                Spending::Amount { before: amount(from), after, currency: budget.currency.clone() }
            }
            _ => Spending::NoMore,
        }
    }

    async fn dry_run(args: &Args, after: &State, cx: &Cx) -> Result<(), ToolError> {
        let (customer, update) = args.update(after, cx)?;
        customer.check("campaignBudgets", "amount_micros", vec![update]).await
    }

    async fn apply(args: &Args, after: &State, cx: &Cx) -> Result<(), ToolError> {
        let (customer, update) = args.update(after, cx)?;
        customer.apply("campaignBudgets", "amount_micros", vec![update]).await
    }
}

impl Args {
    fn query(&self) -> Query {
        Query::select(&[
            "campaign.id",
            "campaign.name",
            "campaign.status",
            "campaign_budget.id",
            "campaign_budget.amount_micros",
            "campaign_budget.period",
            "campaign_budget.explicitly_shared",
            "campaign_budget.reference_count",
        ])
        .from("campaign")
        .filter("campaign.id", Test::is(self.campaign_id))
    }

    /// The budget that was previewed, and no other that the campaign may have got since.
    fn update<'a>(&self, after: &State, cx: &'a Cx) -> Result<(Customer<'a>, BudgetUpdate), ToolError> {
        let planned = after.budget.as_ref().ok_or_else(|| ToolError::Bug("a plan without a budget".into()))?;
        let customer = Customer::of(cx, self.account_id.client(cx)?);
        let resource_name = customer.resource("campaignBudgets", &planned.budget_id);
        Ok((customer, BudgetUpdate { resource_name, amount_micros: planned.daily_amount_micros.to_string() }))
    }
}

impl Budget {
    fn of(row: Row, currency: &str) -> Self {
        Self {
            campaign: row.campaign.name,
            campaign_status: row.campaign.status,
            budget_id: row.campaign_budget.id,
            daily_amount: Micros(row.campaign_budget.amount_micros).to_units(),
            daily_amount_micros: row.campaign_budget.amount_micros,
            currency: currency.to_owned(),
            period: row.campaign_budget.period,
            explicitly_shared: row.campaign_budget.explicitly_shared,
            campaigns_served: row.campaign_budget.reference_count,
        }
    }

    fn shared_warning(&self) -> Option<String> {
        let served = self.campaigns_served;
        (self.explicitly_shared || served > 1).then(|| {
            format!("This budget is shared: the change applies to all {served} campaign(s) that it serves, together.")
        })
    }
}

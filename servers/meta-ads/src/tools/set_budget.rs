//! `set_budget`: changes what a campaign or an ad set may spend, for a day or for its whole time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Micros;
use turnpike_sdk::{ArgumentError, Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool};

use super::budget;
use crate::{
    api::{AdSet, Campaign},
    arguments::{AdAccountId, Amount, EntityId},
    graph::AdAccount,
    money,
};

pub(super) struct SetBudget;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// Where the budget lies, as list_campaigns and list_ad_sets show it.
    level: BudgetLevel,
    /// Id of the campaign or the ad set.
    id: EntityId,
    /// The new amount for a day in units of the account's currency, such as 25.5 (not in cents). Either this or
    /// lifetime_amount, whichever kind the budget is of.
    #[serde(default)]
    daily_amount: Option<Amount>,
    /// The new amount for its whole time.
    #[serde(default)]
    lifetime_amount: Option<Amount>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum BudgetLevel {
    Campaign,
    AdSet,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A budget; of what does not exist, nothing.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Budget {
    name: String,
    status: String,
    /// Of an ad set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    campaign_id: Option<String>,
    /// In units of `currency`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    daily_amount: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lifetime_amount: Option<f64>,
    /// The same amount as Meta writes it: a whole number of the currency's smallest unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minor_units: Option<i64>,
    currency: String,
}

/// The two kinds of budget.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Daily,
    Lifetime,
}

impl WriteTool for SetBudget {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_budget",
        "Set a budget",
        "Sets the daily or the lifetime budget of one campaign or one ad set, in units of the account's currency. Without \
         preview_id it only previews, and Meta checks the change; send the same arguments with the preview_id to apply. It \
         never moves a budget to another level or makes a daily one a lifetime one.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let account = args.account_id.get(cx)?;
        let (target, currency) = (AdAccount::of(cx, account), &account.currency);
        let budget = match args.level {
            BudgetLevel::Campaign => {
                let found = target.find::<Campaign>(&[args.id]).await?;
                found.into_iter().next().map(|campaign| Budget::of_campaign(campaign, currency))
            }
            BudgetLevel::AdSet => {
                let found = target.find::<AdSet>(&[args.id]).await?;
                found.into_iter().next().map(|ad_set| Budget::of_ad_set(ad_set, currency))
            }
        };
        Ok(State { budget })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let (kind, micros) = args.wanted()?;
        let noun = args.level.noun();
        let Some(budget) = &before.budget else {
            return Err(ToolError::Refused {
                reason: format!("this account has no {noun} with the id {}", args.id),
                next_step: "Take the id from list_campaigns or list_ad_sets of the same account.".into(),
            });
        };
        if !matches!(budget.status.as_str(), "ACTIVE" | "PAUSED") {
            return Err(ToolError::Refused {
                reason: format!("the {noun} {} is {}", args.id, budget.status),
                next_step: format!("Choose one that is active or paused; a {noun} that is {} stays so.", budget.status),
            });
        }
        let Some((present_kind, present)) = budget.present() else { return Err(args.lies_elsewhere(budget)) };
        if present_kind != kind {
            let (is, send) = (present_kind.word(), present_kind.field());
            return Err(ToolError::Refused {
                reason: format!(
                    "the {noun} {} has a {is} budget, and Meta does not turn one kind into the other",
                    args.id
                ),
                next_step: format!("Send {send} instead."),
            });
        }
        let after = budget.with(kind, micros).ok_or_else(|| {
            let problem = format!("{} has no fractions of this size at Meta", budget.currency);
            ArgumentError::new(kind.field(), problem, "Send a whole number of the currency's units.")
        })?;
        let summary = format!(
            "Sets the {} budget of {noun} {} from {present} to {} {}.",
            kind.word(),
            args.id,
            micros.to_units(),
            budget.currency
        );
        let mut warnings = vec![];
        if args.level == BudgetLevel::AdSet {
            warnings.push("Meta lets an ad set's budget change only 4 times an hour.".to_owned());
        }
        Ok(Plan { after: State { budget: Some(after) }, summary, warnings })
    }

    fn spending(from: &State, to: &State) -> Spending {
        let amount = |state: &State| state.budget.as_ref()?.micros();
        match (&to.budget, amount(to)) {
            (Some(budget), Some(after)) => {
                Spending::Amount { before: amount(from), after, currency: budget.currency.clone() }
            }
            _ => Spending::NoMore,
        }
    }

    async fn dry_run(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let account = AdAccount::of(cx, args.account_id.get(cx)?);
        account.check(&args.id.to_string(), target.field()?).await
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let account = AdAccount::of(cx, args.account_id.get(cx)?);
        Ok(account.change(&args.id.to_string(), target.field()?).await?)
    }
}

impl Args {
    fn wanted(&self) -> Result<(Kind, Micros), ArgumentError> {
        match (self.daily_amount, self.lifetime_amount) {
            (Some(amount), None) => Ok((Kind::Daily, amount.micros())),
            (None, Some(amount)) => Ok((Kind::Lifetime, amount.micros())),
            (both, _) => {
                let problem =
                    if both.is_some() { "it is sent together with lifetime_amount" } else { "no amount is sent" };
                let fix = "Send daily_amount or lifetime_amount, whichever kind the budget is of.";
                Err(ArgumentError::new("daily_amount", problem, fix))
            }
        }
    }

    /// A budget is on the campaign or on its ad sets.
    fn lies_elsewhere(&self, budget: &Budget) -> ToolError {
        let (reason, next_step) = match &budget.campaign_id {
            Some(campaign) => (
                format!("the ad set {} has no budget of its own: it spends that of its campaign {campaign}", self.id),
                format!("Send level campaign and id {campaign}."),
            ),
            None => (
                format!("the campaign {} has no budget of its own: its ad sets have theirs", self.id),
                format!("See list_ad_sets with campaign_id {}, then send level ad_set and the id of one.", self.id),
            ),
        };
        ToolError::Refused { reason, next_step }
    }
}

impl State {
    /// What to send so that the budget becomes this one.
    fn field(&self) -> Result<(&'static str, String), ToolError> {
        let budget = self.budget.as_ref();
        let kind = budget.and_then(Budget::present).map(|(kind, _)| kind.parameter());
        let units = budget.and_then(|budget| budget.minor_units);
        kind.zip(units.map(|units| units.to_string())).ok_or_else(|| ToolError::Bug("a plan without a budget".into()))
    }
}

impl Budget {
    fn of_campaign(found: Campaign, currency: &str) -> Self {
        let amounts = (found.daily_budget.as_ref(), found.lifetime_budget.as_ref());
        Self::new(found.name, found.status, None, amounts, currency)
    }

    fn of_ad_set(found: AdSet, currency: &str) -> Self {
        let amounts = (found.daily_budget.as_ref(), found.lifetime_budget.as_ref());
        Self::new(found.name, found.status, Some(found.campaign_id), amounts, currency)
    }

    fn new(
        name: String,
        status: String,
        campaign_id: Option<String>,
        (daily, lifetime): (Option<&String>, Option<&String>),
        currency: &str,
    ) -> Self {
        let (daily, lifetime) = (budget(daily, currency), budget(lifetime, currency));
        Self {
            name,
            status,
            campaign_id,
            daily_amount: daily.map(Micros::to_units),
            lifetime_amount: lifetime.map(Micros::to_units),
            minor_units: daily.or(lifetime).and_then(|micros| money::minor_units(micros, currency)),
            currency: currency.to_owned(),
        }
    }

    fn present(&self) -> Option<(Kind, f64)> {
        let daily = self.daily_amount.map(|amount| (Kind::Daily, amount));
        daily.or(self.lifetime_amount.map(|amount| (Kind::Lifetime, amount)))
    }

    fn micros(&self) -> Option<Micros> {
        money::budget(&self.minor_units?.to_string(), &self.currency)
    }

    /// The same with another amount; `None` when the currency has no such fraction.
    fn with(&self, kind: Kind, micros: Micros) -> Option<Self> {
        let minor_units = Some(money::minor_units(micros, &self.currency)?);
        let amount = Some(micros.to_units());
        Some(match kind {
            Kind::Daily => Self { daily_amount: amount, minor_units, ..self.clone() },
            Kind::Lifetime => Self { lifetime_amount: amount, minor_units, ..self.clone() },
        })
    }
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Lifetime => "lifetime",
        }
    }

    /// Our argument.
    const fn field(self) -> &'static str {
        match self {
            Self::Daily => "daily_amount",
            Self::Lifetime => "lifetime_amount",
        }
    }

    /// Meta's parameter.
    const fn parameter(self) -> &'static str {
        match self {
            Self::Daily => "daily_budget",
            Self::Lifetime => "lifetime_budget",
        }
    }
}

impl BudgetLevel {
    const fn noun(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "ad set",
        }
    }
}

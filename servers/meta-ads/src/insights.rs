//! Insights: figures by what a tool asks for, at once or as a report that Meta makes in the background.
//!
//! <https://developers.facebook.com/docs/marketing-api/insights/best-practices>

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use turnpike_core::{AccountId, Class, Fault, Micros};
use turnpike_sdk::{Effect, Request, ToolError, answers::Figures};

use crate::{
    api::{Action, Listed, Row, Run, Started},
    arguments::{Day, Ids},
    errors,
    graph::AdAccount,
};

/// Insights have quotas of their own: what holds them does not hold changes.
const COUNTED_AS: &str = "insights";
/// At the level of ads, more days than these are asked for in the background from the start.
const DAYS_OF_ADS: i64 = 7;
const FIGURES: &str = "impressions,reach,clicks,spend,actions,action_values";

/// What rows are of.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowsOf {
    Account,
    #[default]
    Campaign,
    AdSet,
    Ad,
}

/// What rows are split by besides.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Breakdown {
    Age,
    Gender,
    Country,
    PublisherPlatform,
    DevicePlatform,
}

/// What figures are wanted.
pub(crate) struct Question<'a> {
    pub(crate) rows_of: RowsOf,
    pub(crate) by_day: bool,
    pub(crate) breakdown: Option<Breakdown>,
    pub(crate) days: (Day, Day),
    pub(crate) campaigns: Option<&'a Ids>,
}

/// How far a background report has come.
pub(crate) enum State {
    Ready,
    Working,
}

impl Question<'_> {
    /// Whether Meta is known to refuse this when it is asked for at once.
    pub(crate) fn is_long(&self) -> bool {
        let (Day(start), Day(end)) = self.days;
        self.breakdown.is_some() || self.rows_of == RowsOf::Ad && (end - start).num_days() >= DAYS_OF_ADS
    }

    /// The request that is answered with rows.
    pub(crate) fn at_once(&self, target: AdAccount<'_>) -> Request {
        let mut request = target.edge("insights").counted_as(COUNTED_AS);
        request.query = self.params();
        request
    }

    /// Lets Meta make the report in the background; its id.
    pub(crate) async fn start(&self, target: AdAccount<'_>) -> Result<String, ToolError> {
        // Changes nothing that anybody sees: a second one would only be made in vain.
        let path = format!("act_{}/insights", target.account.id);
        let request = target.post(&path, &self.params(), Effect::Read).counted_as(COUNTED_AS);
        let started: Started = target.cx.send(request).await?.json()?;
        match started.report_run_id.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(started.report_run_id),
            false => Err(Fault::new(Class::Upstream, "Meta named a report by what is no id").into()),
        }
    }

    /// Figures over everything: one row without anything to split by, so that reach is counted once for each person.
    pub(crate) async fn totals(&self, target: AdAccount<'_>) -> Result<MetaFigures, ToolError> {
        let whole = Question { rows_of: RowsOf::Account, by_day: false, breakdown: None, ..*self };
        let listed: Listed<Row> = target.cx.send(whole.at_once(target)).await?.json()?;
        // Without any delivery there is no row.
        Ok(listed.data.first().map(MetaFigures::try_from).transpose()?.unwrap_or_default())
    }

    fn params(&self) -> Vec<(&'static str, String)> {
        let (since, until) = self.days;
        let mut params = vec![
            ("level", self.rows_of.word().to_owned()),
            ("fields", format!("{}{FIGURES}", self.rows_of.fields())),
            ("time_range", json!({ "since": since, "until": until }).to_string()),
            ("use_unified_attribution_setting", "true".to_owned()),
        ];
        match self.by_day {
            true => params.push(("time_increment", "1".to_owned())),
            false => params.push(("sort", "[\"spend_descending\"]".to_owned())),
        }
        params.extend(self.breakdown.map(|breakdown| ("breakdowns", breakdown.word().to_owned())));
        params.extend(self.campaigns.map(|ids| ("filtering", filter("campaign.id", ids.iter()))));
        params
    }
}

/// Narrows an edge to what belongs to one of `ids`.
pub(crate) fn filter(field: &str, ids: impl Iterator<Item = impl ToString>) -> String {
    let ids: Vec<String> = ids.map(|id| id.to_string()).collect();
    json!([{ "field": field, "operator": "IN", "value": ids }]).to_string()
}

/// Looks once how far a background report has come. It is ready when it says so and is at 100 per cent.
pub(crate) async fn look(target: AdAccount<'_>, run: &str) -> Result<State, ToolError> {
    let mut request = target.node(run).counted_as(COUNTED_AS);
    request.query = vec![("fields", Run::FIELDS.to_owned())];
    let found: Run = target.cx.send(request).await?.json()?;
    if AccountId::new(found.account_id.clone()) != target.account.id {
        return Err(Fault::new(Class::Upstream, "Meta's report is of another account").into());
    }
    match found.async_status.as_str() {
        "Job Completed" if found.async_percent_completion >= 100 => Ok(State::Ready),
        "Job Failed" | "Job Skipped" => Err(errors::of_run(&found).into()),
        _ => Ok(State::Working),
    }
}

/// The request that is answered with the rows of a background report.
pub(crate) fn of_run(target: AdAccount<'_>, run: &str) -> Request {
    target.node(&format!("{run}/insights")).counted_as(COUNTED_AS)
}

/// When to look again: a small report takes seconds, a large one minutes.
pub(crate) fn pause(looks: u32) -> Duration {
    Duration::from_secs(match looks {
        0..3 => 1,
        3..10 => 3,
        _ => 10,
    })
}

impl RowsOf {
    const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Campaign => "campaign",
            Self::AdSet => "adset",
            Self::Ad => "ad",
        }
    }

    const fn fields(self) -> &'static str {
        match self {
            Self::Account => "",
            Self::Campaign => "campaign_id,campaign_name,",
            Self::AdSet => "campaign_id,campaign_name,adset_id,adset_name,",
            Self::Ad => "campaign_id,campaign_name,adset_id,adset_name,ad_id,ad_name,",
        }
    }
}

impl Breakdown {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Age => "age",
            Self::Gender => "gender",
            Self::Country => "country",
            Self::PublisherPlatform => "publisher_platform",
            Self::DevicePlatform => "device_platform",
        }
    }
}

/// Figures of a row, or of all rows together.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, JsonSchema)]
pub(crate) struct MetaFigures {
    #[serde(flatten)]
    figures: Figures,
    /// People who saw it at least once; rows do not add up.
    reach: i64,
    /// Part of the conversions.
    purchases: f64,
    /// Part of the conversions.
    leads: f64,
}

impl TryFrom<&Row> for MetaFigures {
    type Error = Fault;

    fn try_from(row: &Row) -> Result<Self, Fault> {
        let count = |text: &Option<String>| text.as_deref().map_or(Ok(0), |text| text.parse().map_err(|_| no_number()));
        let cost =
            row.spend.as_deref().map_or(Ok(Micros(0)), |text| Micros::from_decimal(text).ok_or_else(no_number))?;
        // Of the many names of a purchase this one counts each once.
        let purchases = value_of(&row.actions, &["omni_purchase", "purchase"])?;
        let leads = value_of(&row.actions, &["lead"])?;
        let value = value_of(&row.action_values, &["omni_purchase", "purchase"])?;
        let (impressions, clicks) = (count(&row.impressions)?, count(&row.clicks)?);
        let figures = Figures::new(impressions, clicks, cost, purchases + leads, value);
        Ok(Self { figures, reach: count(&row.reach)?, purchases, leads })
    }
}

/// The value of the first of these types that there is.
fn value_of(actions: &[Action], types: &[&str]) -> Result<f64, Fault> {
    let found = types.iter().find_map(|name| actions.iter().find(|action| action.action_type == *name));
    found.map_or(Ok(0.0), |action| action.value.parse().map_err(|_| no_number()))
}

fn no_number() -> Fault {
    Fault::new(Class::Upstream, "Meta's figures hold what is no number")
}

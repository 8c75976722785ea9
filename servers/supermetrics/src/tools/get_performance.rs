//! `get_performance`: the same figures of any data source that counts them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{ArgumentError, Cost, Cursor, Cx, LongTool, NamesAccounts, Progress, ToolError, ToolSpec, Touches};

use super::standard::{AD_GROUP, CAMPAIGN, CURRENCY, DATE, FIGURES, Standard};
use crate::{
    answers::{self, Answer},
    api::{self, FieldInfo, Query},
    arguments::{AccountRef, Day, MaxRows, days_in_order},
    job::{Job, MOST_ROWS, ROWS_CHARGED, Totals},
    source,
};

pub(super) struct GetPerformance;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AccountRef,
    /// First day.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// One row per campaign (if left out), per ad group, or for the account as a whole.
    #[serde(default)]
    level: Level,
    /// One row per day rather than one for the whole period.
    #[serde(default)]
    by_day: bool,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Account,
    #[default]
    Campaign,
    AdGroup,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

impl LongTool for GetPerformance {
    type Args = Args;
    type Job = Job;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::HeavyPerRows(ROWS_CHARGED),
        ..ToolSpec::read(
            "get_performance",
            "Get performance",
            "Impressions, clicks, cost and conversions of one account, as far as its data source counts them, by \
             campaign, ad group or account, for the whole period or by day, dearest first, with totals over all rows. \
             For other fields use run_query.",
        )
    };

    async fn begin(args: &Args, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        answers::begin(cx, args, args.days(), args.cursor.as_ref(), args.job(cx)).await
    }

    async fn poll(args: &Args, job: Job, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        answers::advance(cx, args, args.days(), job).await
    }
}

impl Args {
    fn days(&self) -> (Day, Day) {
        (self.start_date, self.end_date)
    }

    async fn job(&self, cx: &Cx) -> Result<Job, ToolError> {
        let account = self.account_id.get(cx)?;
        let (ds_id, id) = source::parts(account);
        let fields = api::fields(cx, ds_id).await?;
        let figures: Vec<_> = FIGURES.iter().filter_map(|figure| Some((figure.key, figure.find(&fields)?))).collect();
        if figures.is_empty() {
            return Err(ToolError::Refused {
                reason: format!("the data source {ds_id} has neither impressions, clicks, cost nor conversions"),
                next_step: "See its fields with list_fields and ask with run_query.".into(),
            });
        }
        let split = self.split(&fields)?;
        let columns = || split.iter().chain(&figures);
        let order = figures.iter().find(|(key, _)| *key == "cost").or(figures.first());
        let days = self.by_day.then(|| DATE.find(&fields)).flatten().map(|id| format!("{id} asc"));
        let rows = Query {
            ds_id: ds_id.to_owned(),
            ds_accounts: vec![id.to_owned()],
            ds_user: account.via.as_ref().map(ToString::to_string),
            fields: columns().map(|(_, id)| (*id).to_owned()).collect(),
            start_date: self.start_date.into(),
            end_date: self.end_date.into(),
            order_rows: days.into_iter().chain(order.map(|(_, id)| format!("{id} desc"))).collect(),
            max_rows: MOST_ROWS,
            ..Query::default()
        };
        let over_all: Vec<_> =
            CURRENCY.find(&fields).map(|id| (CURRENCY.key, id)).into_iter().chain(figures.clone()).collect();
        let totals = Totals {
            keys: over_all.iter().map(|(key, _)| (*key).to_owned()).collect(),
            query: Query {
                fields: over_all.iter().map(|(_, id)| (*id).to_owned()).collect(),
                order_rows: vec![],
                ..rows.clone()
            },
        };
        Ok(Job {
            account: account.id.clone(),
            keys: columns().map(|(key, _)| (*key).to_owned()).collect(),
            rows,
            totals: Some(totals),
            max_rows: self.max_rows.get(),
            offset: 0,
            waited: 0,
        })
    }

    /// The dimensions of the rows; those of the level must be there, or the rows would mean something else.
    fn split<'a>(&self, fields: &'a [FieldInfo]) -> Result<Vec<(&'static str, &'a str)>, ArgumentError> {
        let missing = |field: &str, what: &str| {
            let fix = "Leave it out or choose another level, or see list_fields and ask with run_query.";
            ArgumentError::new(field, format!("this data source has no field for the {what}"), fix)
        };
        let level: Vec<&'static Standard> = match self.level {
            Level::Account => vec![],
            Level::Campaign => CAMPAIGN.iter().collect(),
            Level::AdGroup => CAMPAIGN.iter().chain(&AD_GROUP).collect(),
        };
        let mut split = vec![];
        if self.by_day {
            split.push((DATE.key, DATE.find(fields).ok_or_else(|| missing("by_day", DATE.key))?));
        }
        for standard in level {
            split.push((standard.key, standard.find(fields).ok_or_else(|| missing("level", standard.key))?));
        }
        Ok(split)
    }
}

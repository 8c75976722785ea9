//! `run_query`: an agent's own choice of fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{ArgumentError, Cost, Cursor, Cx, LongTool, NamesAccounts, Progress, ToolError, ToolSpec, Touches};

use crate::{
    answers::{self, Answer},
    api::Query,
    arguments::{AccountRef, Day, FieldIds, MaxRows, OrderBy, days_in_order},
    job::{Job, MOST_ROWS, ROWS_CHARGED},
    source,
};

/// Characters of a filter that Supermetrics takes.
const LONGEST_FILTER: usize = 5000;

pub(super) struct RunQuery;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts; its data source decides which fields there are.
    account_id: AccountRef,
    /// Field ids from list_fields, in the order of the columns: dimensions split the rows, metrics are counted. Without
    /// dimensions the answer is one row of totals.
    fields: FieldIds,
    /// First day.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// Supermetrics' filter, such as `Impressions > 0 AND Campaignname =@ brand`.
    #[serde(default)]
    filter: Option<String>,
    /// Sort by these, first one first.
    #[serde(default)]
    order_by: Vec<OrderBy>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

impl LongTool for RunQuery {
    type Args = Args;
    type Job = Job;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::HeavyPerRows(ROWS_CHARGED),
        ..ToolSpec::read(
            "run_query",
            "Run a query",
            "Any fields of one account's data source over a range of days, filtered and sorted, for what get_performance \
             does not show. Look field ids up with list_fields rather than guess them.",
        )
    };

    async fn begin(args: &Args, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        args.check()?;
        answers::begin(cx, args, args.days(), args.cursor.as_ref(), async { args.job(cx) }).await
    }

    async fn poll(args: &Args, job: Job, cx: &Cx) -> Result<Progress<Job, Answer>, ToolError> {
        answers::advance(cx, args, args.days(), job).await
    }
}

impl Args {
    fn days(&self) -> (Day, Day) {
        (self.start_date, self.end_date)
    }

    fn check(&self) -> Result<(), ArgumentError> {
        if self.filter.as_ref().is_some_and(|filter| filter.chars().count() > LONGEST_FILTER) {
            let fix = "Shorten it, or filter the rows yourself.";
            return Err(ArgumentError::new("filter", "it is longer than 5000 characters", fix));
        }
        match self.order_by.iter().position(|order| !self.fields.contains(&order.field)) {
            Some(n) => {
                let fix = "Sort by one of `fields`.";
                Err(ArgumentError::new(format!("order_by[{n}].field"), "it is not among `fields`", fix))
            }
            None => Ok(()),
        }
    }

    fn job(&self, cx: &Cx) -> Result<Job, ToolError> {
        let account = self.account_id.get(cx)?;
        let (ds_id, id) = source::parts(account);
        let rows = Query {
            ds_id: ds_id.to_owned(),
            ds_accounts: vec![id.to_owned()],
            ds_user: account.via.as_ref().map(ToString::to_string),
            fields: self.fields.to_vec(),
            start_date: self.start_date.into(),
            end_date: self.end_date.into(),
            filter: self.filter.clone(),
            order_rows: self.order_by.iter().map(OrderBy::wire).collect(),
            max_rows: MOST_ROWS,
            ..Query::default()
        };
        let keys = self.fields.to_vec();
        Ok(Job {
            account: account.id.clone(),
            keys,
            rows,
            totals: None,
            max_rows: self.max_rows.get(),
            offset: 0,
            waited: 0,
        })
    }
}

//! `run_gaql`: an agent's own query, parsed and written anew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use turnpike_sdk::{
    ArgumentError, Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine,
    arguments::MaxRows,
};

use crate::{
    arguments::CustomerId,
    customer::Customer,
    gaql::{Name, Query},
};

pub(super) struct RunGaql;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: CustomerId,
    /// One SELECT in the Google Ads Query Language, such as `SELECT campaign.id, metrics.clicks FROM campaign WHERE
    /// segments.date DURING LAST_7_DAYS LIMIT 20`. Terms are joined by AND; there is no OR and no PARAMETERS.
    query: String,
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

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    account: AccountLine,
    /// The query as it was sent.
    query: String,
    /// One object per row, keyed by the selected fields. Null means empty, false or nought; fields named `..._micros`
    /// are in millionths of the currency's unit.
    rows: Vec<Map<String, Value>>,
    page: Page,
}

impl ReadTool for RunGaql {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Heavy,
        ..ToolSpec::read(
            "run_gaql",
            "Run a GAQL query",
            "Runs a read-only Google Ads Query Language SELECT against one account, for what the other tools do not \
             show. Look field names up with describe_resource rather than guess them.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let query = Query::parse(&args.query).map_err(ArgumentError::from)?;
        let account = if query.wants_metrics() { args.account_id.client(&cx)? } else { args.account_id.any(&cx)? };
        let customer = Customer::of(&cx, account);
        let (rows, page) = customer.page::<Value>(&query, &args, args.max_rows, args.cursor.as_ref()).await?;
        let rows = rows.iter().map(|row| flat(row, &query.select)).collect();
        Ok(Answer { account: account.into(), query: query.to_string(), rows, page })
    }
}

/// The selected fields of a row under their own names. What Google left out is nought or empty.
fn flat(row: &Value, select: &[Name]) -> Map<String, Value> {
    select.iter().map(|field| (field.as_str().to_owned(), value(row, field.as_str()))).collect()
}

fn value(row: &Value, field: &str) -> Value {
    let metric = field.starts_with("metrics.");
    let mut words = field.split('.').map(camel_case);
    match words.try_fold(row, |value, word| value.get(word)) {
        Some(Value::String(text)) if metric => text.parse::<i64>().map_or_else(|_| text.as_str().into(), Value::from),
        Some(value) => value.clone(),
        None if metric => 0.into(),
        None => Value::Null,
    }
}

/// `cost_micros` as JSON writes it: `costMicros`.
fn camel_case(word: &str) -> String {
    let mut upper = false;
    word.chars().fold(String::with_capacity(word.len()), |mut camel, c| {
        match c {
            '_' => upper = true,
            _ => camel.push(if std::mem::take(&mut upper) { c.to_ascii_uppercase() } else { c }),
        }
        camel
    })
}

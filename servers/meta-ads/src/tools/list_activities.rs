//! `list_activities`: who changed what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use turnpike_sdk::{
    Cursor, Cx, NamesAccounts, Page, Period, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine,
};

use crate::{
    api::Activity,
    arguments::{AdAccountId, Day, MaxRows, days_in_order},
    graph::AdAccount,
};

/// Characters of an event's details that an agent gets to see.
const LONGEST_DETAIL: usize = 300;

pub(super) struct ListActivities;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// First day, in the account's time zone.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
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
    period: Period,
    activities: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    time: String,
    /// Such as `update_campaign_budget`.
    event: String,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Who did it; `Meta` for the platform itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object_name: Option<String>,
    /// The value before, where Meta tells; budgets are in the currency's smallest unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_value: Option<String>,
    /// The value after.
    #[serde(skip_serializing_if = "Option::is_none")]
    new_value: Option<String>,
}

impl ReadTool for ListActivities {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_activities",
        "List activities",
        "The change log of one account, newest first: who changed which campaign, ad set or ad, when, and from what to what. \
         Use it to explain a sudden change in figures.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        let account = args.account_id.get(&cx)?;
        let target = AdAccount::of(&cx, account);
        let mut request = target.edge("activities");
        request.query = vec![
            ("fields", Activity::FIELDS.to_owned()),
            ("since", args.start_date.into()),
            // A day is an instant here: its first.
            ("until", args.end_date.0.succ_opt().map_or_else(|| args.end_date.into(), |next| Day(next).into())),
        ];
        let place = target.open(&args, args.cursor.as_ref())?;
        let (rows, page) = target.rows::<Activity>(request, &args, args.max_rows, place).await?;
        let (start, end) = (args.start_date.into(), args.end_date.into());
        Ok(Answer {
            account: account.into(),
            period: Period { start, end, time_zone: account.time_zone.clone() },
            activities: rows.into_iter().map(Line::from).collect(),
            page,
        })
    }
}

impl From<Activity> for Line {
    fn from(activity: Activity) -> Self {
        let extra: Value = activity.extra_data.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let value = |name: &str| {
            let text = match extra.get(name)? {
                Value::Null => return None,
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            Some(text.chars().take(LONGEST_DETAIL).collect())
        };
        Self {
            old_value: value("old_value"),
            new_value: value("new_value"),
            time: activity.event_time,
            event: activity.event_type,
            description: activity.translated_event_type,
            actor: activity.actor_name,
            object_type: activity.object_type,
            object_id: activity.object_id,
            object_name: activity.object_name,
        }
    }
}

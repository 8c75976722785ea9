//! `list_data_sources`: what this connection can be asked about, and whether its logins still work.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::Timestamp;
use turnpike_sdk::{
    Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches,
    answers::{cut, first_row},
};

use crate::{
    api::{self, Login},
    arguments::MaxRows,
    source,
};

pub(super) struct ListDataSources;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Only data sources whose name or id contains this, in any case.
    #[serde(default)]
    matching: Option<String>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        Touches::Connection
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    data_sources: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// What stands before the colon of its account_ids; for list_fields.
    data_source: String,
    name: String,
    /// Accounts of it on this connection's list. With nought it was logged in to after the connection was made, or the
    /// licence does not include it.
    accounts: usize,
    /// Stored logins that work.
    logins: usize,
    /// Stored logins that have expired or were revoked: their owner must log in again at Supermetrics.
    #[serde(skip_serializing_if = "is_nought")]
    broken_logins: usize,
}

fn is_nought(count: &usize) -> bool {
    *count == 0
}

impl ReadTool for ListDataSources {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        ..ToolSpec::read(
            "list_data_sources",
            "List data sources",
            "Lists the marketing sources that this Supermetrics team is logged in to, how many accounts of each this \
             connection has, and logins that have stopped working. Call it when figures of a source are missing.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let start = first_row(&cx, &args, args.cursor.as_ref())?;
        let mut lines: BTreeMap<String, Line> = BTreeMap::new();
        for login in api::logins(&cx).await? {
            let works = works(&login, cx.now());
            let id = login.ds_info.ds_id;
            let line = lines.entry(id.clone()).or_insert_with(|| Line {
                accounts: cx.accounts().iter().filter(|account| source::parts(account).0 == id).count(),
                data_source: id,
                name: login.ds_info.name,
                logins: 0,
                broken_logins: 0,
            });
            if works { line.logins += 1 } else { line.broken_logins += 1 }
        }
        let wanted = |line: &Line| super::matches(args.matching.as_deref(), &[&line.name, &line.data_source]);
        let wanted = lines.into_values().filter(wanted).collect();
        let (data_sources, page) = cut(&cx, wanted, &args, args.max_rows, start);
        Ok(Answer { data_sources, page })
    }
}

/// An expired login works as long as Supermetrics can renew it by itself.
fn works(login: &Login, now: Timestamp) -> bool {
    let expired = login.expiry_time.as_deref().and_then(|text| text.parse::<chrono::DateTime<chrono::Utc>>().ok());
    let expired = expired.is_some_and(|end| end <= now.to_utc()) && !login.is_refreshable;
    login.revoked_time.is_none() && !expired
}

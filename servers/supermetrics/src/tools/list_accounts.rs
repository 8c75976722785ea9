//! `list_accounts`: where every conversation starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    arguments::{MaxRows, SourceId},
    source,
};

pub(super) struct ListAccounts;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Only accounts of this data source, such as `AW`.
    #[serde(default)]
    data_source: Option<SourceId>,
    /// Only accounts whose name or id contains this, in any case.
    #[serde(default)]
    matching: Option<String>,
    /// Accounts in one answer, 1 to 1000; 30 if left out.
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
    accounts: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// For the `account_id` of the other tools: data source and id.
    account_id: String,
    name: String,
    data_source: String,
    /// The stored login through which it is reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    login: Option<String>,
}

impl ReadTool for ListAccounts {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        ..ToolSpec::read(
            "list_accounts",
            "List accounts",
            "Lists the accounts of this connection, of all data sources or of one, as found when it was connected. Call \
             it first: the other tools need an account_id from here.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let wanted: Vec<Line> = cx.accounts().iter().filter(|account| args.wants(account)).map(Line::from).collect();
        let (accounts, page) = super::page(&cx, &args, args.cursor.as_ref(), args.max_rows, wanted)?;
        Ok(Answer { accounts, page })
    }
}

impl Args {
    fn wants(&self, account: &Account) -> bool {
        self.data_source.as_ref().is_none_or(|wanted| **wanted == *source::parts(account).0)
            && super::matches(self.matching.as_deref(), &[&account.name, account.id.as_str()])
    }
}

impl From<&Account> for Line {
    fn from(account: &Account) -> Self {
        Self {
            account_id: account.id.to_string(),
            name: account.name.clone(),
            data_source: source::parts(account).0.to_owned(),
            login: account.via.as_ref().map(AccountId::to_string),
        }
    }
}

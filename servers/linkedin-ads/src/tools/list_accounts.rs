//! `list_accounts`: where every conversation starts.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{access, arguments::MaxRows};

pub(super) struct ListAccounts;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// Only accounts whose name or id contains this, in any case.
    #[serde(default)]
    matching: Option<String>,
    /// Accounts in one answer, 1 to 1000; 40 if left out.
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
    /// For the `account_id` of the other tools.
    account_id: String,
    name: String,
    currency: String,
    time_zone: String,
    /// What the connected member is in it. A VIEWER cannot change anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// Whether the connected member still has a role in it; if not, its figures come out empty.
    reachable: bool,
}

impl ReadTool for ListAccounts {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        ..ToolSpec::read(
            "list_accounts",
            "List accounts",
            "Lists the LinkedIn ad accounts of this connection with currency, the connected member's role and whether they \
             can be reached now. Call it first: every other tool needs an account_id from here.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let start: usize = args.cursor.as_ref().map(|cursor| cx.open_cursor(&args, cursor)).transpose()?.unwrap_or(0);
        let roles = access::roles(&cx).await?;

        let wanted: Vec<&Account> = cx.accounts().iter().filter(|account| args.wants(account)).collect();
        let accounts: Vec<Line> =
            wanted.iter().skip(start).take(args.max_rows.get()).map(|account| Line::of(account, &roles)).collect();
        let end = start.saturating_add(accounts.len());
        let next_cursor = (end < wanted.len()).then(|| cx.cursor(&args, &end));
        let page = Page {
            shown: accounts.len(),
            total: Some(wanted.len() as u64),
            truncated: next_cursor.is_some(),
            next_cursor,
        };
        Ok(Answer { accounts, page })
    }
}

impl Args {
    fn wants(&self, account: &Account) -> bool {
        self.matching.as_deref().is_none_or(|part| {
            account.name.to_lowercase().contains(&part.to_lowercase()) || account.id.as_str().contains(part)
        })
    }
}

impl Line {
    fn of(account: &Account, roles: &BTreeMap<AccountId, String>) -> Self {
        let role = roles.get(&account.id).cloned();
        Self {
            account_id: account.id.to_string(),
            name: account.name.clone(),
            currency: account.currency.clone(),
            time_zone: account.time_zone.clone(),
            reachable: role.is_some(),
            role,
        }
    }
}

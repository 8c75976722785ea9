//! `list_accounts`: where every conversation starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{accounts, arguments::MaxRows};

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
    /// For the `customer_id` of the other tools.
    customer_id: String,
    name: String,
    currency: String,
    time_zone: String,
    /// A manager holds other accounts and has no campaigns or figures: choose another.
    manager: bool,
    /// The manager through which it is reached, if it is not reached directly.
    #[serde(skip_serializing_if = "Option::is_none")]
    via_manager: Option<String>,
    /// Whether Google still lists it, or its manager, for this connection; if not, it must be reconnected.
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
            "Lists the Google Ads accounts of this connection with currency, time zone and whether they can be reached \
             now. Call it first: every other account tool needs a customer_id from here.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let start: usize = args.cursor.as_ref().map(|cursor| cx.open_cursor(&args, cursor)).transpose()?.unwrap_or(0);
        let direct = accounts::accessible(&cx).await?;

        let wanted: Vec<&Account> = cx.accounts().iter().filter(|account| args.wants(account)).collect();
        let accounts: Vec<Line> =
            wanted.iter().skip(start).take(args.max_rows.get()).map(|account| Line::of(account, &direct)).collect();
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
            let digits = part.replace('-', "");
            account.name.to_lowercase().contains(&part.to_lowercase())
                || (!digits.is_empty() && account.id.as_str().contains(&digits))
        })
    }
}

impl Line {
    fn of(account: &Account, direct: &[AccountId]) -> Self {
        Self {
            customer_id: account.id.as_str().to_owned(),
            name: account.name.clone(),
            currency: account.currency.clone(),
            time_zone: account.time_zone.clone(),
            manager: account.manager,
            via_manager: account.via.as_ref().map(AccountId::to_string),
            reachable: direct.contains(account.via.as_ref().unwrap_or(&account.id)),
        }
    }
}

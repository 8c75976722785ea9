//! `list_accounts`: where every conversation starts, the same in every integration.

use std::{future::Future, marker::PhantomData};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Account, Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches,
    answers::{AccountLine, cut, first_row},
    arguments::MaxRows,
};

/// What an integration tells of its accounts besides id, name, currency and time zone.
pub trait DescribeAccounts: Send + Sync + 'static {
    /// What is told of one account.
    type Detail: Serialize + JsonSchema + Send;
    /// The tool's description: what is listed, and what the details say.
    const DESCRIPTION: &'static str;

    /// The details of these accounts, in their order.
    fn describe(accounts: &[&Account], cx: &Cx) -> impl Future<Output = Result<Vec<Self::Detail>, ToolError>> + Send;
}

pub(crate) struct ListAccounts<D>(PhantomData<D>);

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Only accounts whose name or id contains this, in any case.
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
pub(crate) struct Answer<Detail> {
    accounts: Vec<Line<Detail>>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line<Detail> {
    #[serde(flatten)]
    account: AccountLine,
    #[serde(flatten)]
    detail: Detail,
}

impl<D: DescribeAccounts> ReadTool for ListAccounts<D> {
    type Args = Args;
    type Answer = Answer<D::Detail>;
    const SPEC: ToolSpec =
        ToolSpec { cost: Cost::Light, ..ToolSpec::read("list_accounts", "List accounts", D::DESCRIPTION) };

    async fn call(args: Args, cx: Cx) -> Result<Self::Answer, ToolError> {
        let start = first_row(&cx, &args, args.cursor.as_ref())?;
        let wanted: Vec<&Account> = cx.accounts().iter().filter(|account| args.wants(account)).collect();
        let (shown, page) = cut(&cx, wanted, &args, args.max_rows, start);
        let details = D::describe(&shown, &cx).await?;
        let lines = shown.into_iter().zip(details);
        let accounts = lines.map(|(account, detail)| Line { account: account.into(), detail }).collect();
        Ok(Answer { accounts, page })
    }
}

impl Args {
    /// Vendors' screens show some ids with dashes that the id has not.
    fn wants(&self, account: &Account) -> bool {
        self.matching.as_deref().is_none_or(|part| {
            let part = part.to_lowercase();
            let (id, bare) = (account.id.as_str().to_lowercase(), part.replace('-', ""));
            account.name.to_lowercase().contains(&part)
                || id.contains(&part)
                || (!bare.is_empty() && id.contains(&bare))
        })
    }
}

//! `list_items`: a read tool with pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Cursor, Cx, NamesAccounts, Page, ReadTool, Request, ToolError, ToolSpec, Touches, answers::AccountLine,
};

use crate::{
    api::{Item, Items, LARGEST_PAGE, Status},
    arguments::{AccountRef, MaxRows},
    paths,
};

pub(super) struct ListItems;

// CHANGE: what the listing can be narrowed by. Each field's comment is what agents read.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AccountRef,
    /// Only items of this status; all if left out.
    #[serde(default)]
    status: Option<Status>,
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
    items: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    item_id: String,
    name: String,
    status: Status,
}

impl ReadTool for ListItems {
    type Args = Args;
    type Answer = Answer;
    // CHANGE: name, title, and when to use it rather than another tool. ToolSpec tells what else can be said: cost, cache, time.
    const SPEC: ToolSpec = ToolSpec::read(
        "list_items",
        "List items",
        "Lists the items of one account with their status. Use it to find item ids.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let mut next: Option<String> = args.cursor.as_ref().map(|at| cx.open_cursor(&args, at)).transpose()?;
        let (mut lines, mut total) = (vec![], None);
        loop {
            let left = args.max_rows.get() - lines.len();
            let mut request = Request::get(paths::items(&cx, &args.account_id)).account(&account.id);
            request.query = vec![("limit", left.min(LARGEST_PAGE).to_string())];
            request.query.extend(args.status.map(|status| ("status", status.word().to_owned())));
            request.query.extend(next.take().map(|next| ("cursor", next)));
            let page: Items = cx.send(request).await?.json()?;
            lines.extend(page.items.into_iter().map(Line::from));
            (next, total) = (page.next, page.total.or(total));
            if next.is_none() || lines.len() >= args.max_rows.get() {
                break;
            }
        }
        // The vendor's cursor stays with us: an agent gets a sealed one, which opens only for the same arguments.
        let next_cursor = next.map(|next| cx.cursor(&args, &next));
        let page = Page::new(lines.len(), total, next_cursor);
        Ok(Answer { account: account.into(), items: lines, page })
    }
}

impl From<Item> for Line {
    fn from(item: Item) -> Self {
        Self { item_id: item.id, name: item.name, status: item.status }
    }
}

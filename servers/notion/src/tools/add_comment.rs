//! `add_comment`: adds a comment to a page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use turnpike_sdk::{
    ArgumentError, Cx, Effect, NamesAccounts, Plan, Request, Spending, ToolError, ToolSpec, Touches, WriteTool,
    arguments::MaxRows,
};

use super::list_comments::on_page;
use crate::{
    accounts,
    api::{Comment, Page, plain},
    id::{ObjectId, WorkspaceId},
    workspace::Workspace,
};

/// The most characters of a comment.
const LONGEST: usize = 2_000;
/// Open comments of a page that are looked through for those of the connection.
const MOST: u64 = 1_000;

pub(super) struct AddComment;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Of search or query_database, or the page's address in Notion.
    page_id: ObjectId,
    /// Plain text, at most 2,000 characters.
    text: String,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// The open comments that the connection itself has on a page, oldest first.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    page: String,
    own_comments: Vec<String>,
}

impl WriteTool for AddComment {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec {
        lasting: true,
        ..ToolSpec::write(
            "add_comment",
            "Add a comment",
            "Adds a comment to one page, in the connection's name; people who follow the page are told. Without preview_id it \
             only previews; send the same arguments with the preview_id to apply. It stays: revert_change does not take it \
             back.",
        )
    };

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let page: Page = workspace.get(format!("/v1/pages/{}", args.page_id.as_str())).await?;
        let me = accounts::me(cx).await?.id;
        let most = MaxRows::try_from(MOST).map_err(|words| ToolError::Bug(words.into()))?;
        let found = workspace.page::<Comment>(&on_page(&args.page_id), &args.page_id, most, None).await?;
        if found.page.truncated {
            return Err(ToolError::Refused {
                reason: format!("the page has more than {MOST} open comments"),
                next_step: "Comment it in Notion, or have comments resolved first.".into(),
            });
        }
        let own = found.rows.iter().filter(|comment| comment.created_by.id == me);
        Ok(State { page: page.title(), own_comments: own.map(|comment| plain(&comment.rich_text)).collect() })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let text = args.text.trim();
        if !(1..=LONGEST).contains(&text.chars().count()) {
            let fix = "Send 1 to 2000 characters; split a longer text over several comments.";
            return Err(ArgumentError::new("text", "it is empty or too long", fix).into());
        }
        let again = before.own_comments.iter().any(|own| own == text);
        let warnings = again.then(|| "The connection has commented the same on this page before.".to_owned());
        let mut after = before.clone();
        after.own_comments.push(text.to_owned());
        let summary = format!("Adds a comment of {} characters to the page \"{}\".", text.chars().count(), before.page);
        Ok(Plan { after, summary, warnings: warnings.into_iter().collect() })
    }

    fn spending(_: &State, _: &State) -> Spending {
        Spending::NoMore
    }

    /// Notion has no dry run for comments.
    async fn dry_run(_: &Args, _: &State, _: &Cx) -> Result<(), ToolError> {
        Ok(())
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        // The state says what is added: its last comment.
        let Some(text) = target.own_comments.last() else {
            return Err(ToolError::Bug("a comment without text was to be added".into()));
        };
        let body = json!({
            "parent": { "page_id": args.page_id.as_str() },
            "rich_text": [{ "type": "text", "text": { "content": text } }],
        });
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        workspace.send::<Value>(Request::post("/v1/comments", &body, Effect::Write)?).await.map(drop)
    }
}

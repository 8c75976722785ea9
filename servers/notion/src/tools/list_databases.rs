//! `list_databases`: the databases that are shared with the connection.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine, arguments::MaxRows,
};

use super::search::{Kind, body};
use crate::{
    api::{DataSource, plain},
    id::WorkspaceId,
    workspace::{Listing, Workspace},
};

pub(super) struct ListDatabases;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Only databases with these words in the title.
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
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    account: AccountLine,
    databases: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// For describe_database and query_database; Notion calls it a data source.
    database_id: String,
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    properties: usize,
    last_edited: String,
    url: String,
}

impl ReadTool for ListDatabases {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_databases",
        "List databases",
        "Lists the databases of the workspace that are shared with the connection. A database that holds several tables \
         appears once for each. Use describe_database for the properties.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let workspace = Workspace::of(&cx, account);
        let start = workspace.start(&args, args.cursor.as_ref())?;
        let body = body(args.matching.as_deref(), Some(Kind::Database));
        let listing = Listing::Post { path: "/v1/search".into(), body };
        let found = workspace.page::<DataSource>(&listing, &args, args.max_rows, start).await?;
        let databases = found.rows.into_iter().map(Line::from).collect();
        Ok(Answer { account: account.into(), databases, page: found.page })
    }
}

impl From<DataSource> for Line {
    fn from(source: DataSource) -> Self {
        Self {
            title: source.title(),
            description: plain(&source.description).chars().take(200).collect(),
            properties: source.properties.len(),
            last_edited: source.last_edited_time,
            url: source.url,
            database_id: source.id,
        }
    }
}

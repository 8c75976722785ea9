//! `search`: pages and databases by title.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use turnpike_sdk::{
    Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine, arguments::MaxRows,
};

use crate::{
    api::Found,
    id::WorkspaceId,
    workspace::{Listing, Workspace},
};

pub(super) struct Search;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Words of the title; if left out, what was edited last comes first.
    #[serde(default)]
    query: Option<String>,
    /// Only pages, or only databases.
    #[serde(default)]
    kind: Option<Kind>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Page,
    Database,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    account: AccountLine,
    results: Vec<Line>,
    page: Page,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    kind: Kind,
    id: String,
    title: String,
    /// The page or database that it lies in, or `workspace`.
    parent: String,
    last_edited: String,
    url: String,
}

impl ReadTool for Search {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "search",
        "Search by title",
        "Finds pages and databases of the workspace by words of their titles, among those shared with the connection; texts \
         are not searched. Use get_page for a page's text, query_database for rows by their properties. Rows of databases \
         are pages too.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let workspace = Workspace::of(&cx, account);
        let start = workspace.start(&args, args.cursor.as_ref())?;
        let listing = Listing::Post { path: "/v1/search".into(), body: body(args.query.as_deref(), args.kind) };
        let found = workspace.page::<Found>(&listing, &args, args.max_rows, start).await?;
        let results = found.rows.into_iter().map(Line::from).collect();
        Ok(Answer { account: account.into(), results, page: found.page, note: found.incomplete.then_some(super::CUT) })
    }
}

/// What is sent for words of a title; databases are what Notion calls data sources.
pub(super) fn body(query: Option<&str>, kind: Option<Kind>) -> Map<String, Value> {
    let mut body = Map::new();
    if let Some(kind) = kind {
        let value = if kind == Kind::Page { "page" } else { "data_source" };
        body.insert("filter".into(), json!({ "property": "object", "value": value }));
    }
    match query.filter(|query| !query.trim().is_empty()) {
        Some(query) => body.insert("query".into(), query.into()),
        None => body.insert("sort".into(), json!({ "timestamp": "last_edited_time", "direction": "descending" })),
    };
    body
}

impl From<Found> for Line {
    fn from(found: Found) -> Self {
        match found {
            Found::Page(page) => Self {
                kind: Kind::Page,
                title: page.title(),
                parent: page.parent.in_words(),
                last_edited: page.last_edited_time,
                url: page.url,
                id: page.id,
            },
            Found::DataSource(source) => Self {
                kind: Kind::Database,
                title: source.title(),
                parent: source.parent.in_words(),
                last_edited: source.last_edited_time,
                url: source.url,
                id: source.id,
            },
        }
    }
}

//! `describe_database`: the properties of a database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine};

use crate::{
    api::{Property, plain},
    id::{ObjectId, WorkspaceId},
    property::{SETTABLE, options},
    workspace::Workspace,
};

/// Options of one property that are shown.
const MOST_OPTIONS: usize = 100;

pub(super) struct DescribeDatabase;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Of list_databases, or the database's address in Notion.
    database_id: ObjectId,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    account: AccountLine,
    database_id: String,
    title: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
    url: String,
    properties: Vec<Line>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    name: String,
    /// Notion's word: title, rich_text, number, select and so on.
    kind: String,
    /// Whether set_property can set it.
    settable: bool,
    /// Of a select, multi-select or status.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    options: Vec<String>,
    /// How many options are not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    more_options: Option<usize>,
}

impl ReadTool for DescribeDatabase {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "describe_database",
        "Describe a database",
        "The properties of one database: names, kinds and options. Use it before query_database or set_property, whose \
         arguments depend on the kinds.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let source = Workspace::of(&cx, account).data_source(&args.database_id).await?;
        Ok(Answer {
            account: account.into(),
            title: source.title(),
            description: plain(&source.description),
            properties: source.properties.into_iter().map(Line::from).collect(),
            url: source.url,
            database_id: source.id,
        })
    }
}

impl From<(String, Property)> for Line {
    fn from((name, property): (String, Property)) -> Self {
        let mut options = options(&property).unwrap_or_default();
        let more = options.len().saturating_sub(MOST_OPTIONS);
        options.truncate(MOST_OPTIONS);
        let settable = SETTABLE.split(", ").any(|kind| kind == property.kind);
        Self { name, kind: property.kind, settable, options, more_options: (more > 0).then_some(more) }
    }
}

//! `query_database`: rows of a database by their properties.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use turnpike_sdk::{
    ArgumentError, Cursor, Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches, answers::AccountLine,
    arguments::MaxRows,
};

use crate::{
    api::{DataSource, Page, Property},
    id::{ObjectId, WorkspaceId},
    property::{Condition, filter_of, show, unknown},
    workspace::{Listing, Workspace},
};

/// The most conditions; Notion takes a hundred in a group.
const MOST_CONDITIONS: usize = 10;

pub(super) struct QueryDatabase;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Of list_databases, or the database's address in Notion.
    database_id: ObjectId,
    /// Rows must meet all of them, at most 10; if left out, all rows.
    #[serde(default)]
    conditions: Vec<Condition>,
    /// If left out, what was edited last comes first.
    #[serde(default)]
    sort: Option<Sort>,
    /// Names of the properties to show; if left out, all.
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Sort {
    /// Name of a property, or `created_time` or `last_edited_time`.
    by: String,
    #[serde(default)]
    descending: bool,
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
    rows: Vec<Line>,
    page: turnpike_sdk::Page,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    page_id: String,
    title: String,
    last_edited: String,
    url: String,
    /// By name, as text; empty ones and the title are left out.
    properties: BTreeMap<String, String>,
}

impl ReadTool for QueryDatabase {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "query_database",
        "Query a database",
        "Rows of one database by conditions on their properties, sorted, with the values as text. Look names, kinds and \
         options up with describe_database rather than guess them. E-mail addresses are not shown.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let account = args.account_id.get(&cx)?;
        let workspace = Workspace::of(&cx, account);
        // Before anything is asked: another's cursor opens nothing.
        let start = workspace.start(&args, args.cursor.as_ref())?;
        let source = workspace.data_source(&args.database_id).await?;
        let listing =
            Listing::Post { path: format!("/v1/data_sources/{}/query", source.id), body: args.body(&source)? };
        let found = workspace.page::<Page>(&listing, &args, args.max_rows, start).await?;
        let rows = found.rows.into_iter().map(|page| Line::of(page, &args.properties)).collect();
        let note = found.incomplete.then_some(super::CUT);
        Ok(Answer {
            account: account.into(),
            title: source.title(),
            database_id: source.id,
            rows,
            page: found.page,
            note,
        })
    }
}

impl Args {
    fn body(&self, source: &DataSource) -> Result<Map<String, Value>, ArgumentError> {
        if self.conditions.len() > MOST_CONDITIONS {
            let fix = "Send at most 10, and leave the rest to yourself.";
            return Err(ArgumentError::new("conditions", "they are too many", fix));
        }
        if let Some(at) = self.properties.iter().position(|name| !source.properties.contains_key(name)) {
            return Err(unknown(&format!("properties[{at}]"), &source.properties));
        }
        let filter = filter_of(&self.conditions, &source.properties)?;
        // Wikis hold databases too: only pages are rows here.
        let mut body = Map::from_iter([("sorts".to_owned(), json!([self.sort(&source.properties)?]))]);
        body.insert("result_type".into(), "page".into());
        body.extend(filter.map(|filter| ("filter".to_owned(), filter)));
        Ok(body)
    }

    fn sort(&self, schema: &BTreeMap<String, Property>) -> Result<Value, ArgumentError> {
        let Some(Sort { by, descending }) = &self.sort else {
            return Ok(json!({ "timestamp": "last_edited_time", "direction": "descending" }));
        };
        let direction = if *descending { "descending" } else { "ascending" };
        if schema.contains_key(by) {
            return Ok(json!({ "property": by, "direction": direction }));
        }
        match by.as_str() {
            "created_time" | "last_edited_time" => Ok(json!({ "timestamp": by, "direction": direction })),
            _ => Err(unknown("sort.by", schema)),
        }
    }
}

impl Line {
    fn of(page: Page, wanted: &[String]) -> Self {
        let title = page.title();
        let shown = page.properties.iter().filter(|(name, property)| {
            property.kind != "title" && (wanted.is_empty() || wanted.iter().any(|wanted| wanted == *name))
        });
        let properties = shown.filter_map(|(name, property)| Some((name.clone(), show(property)?))).collect();
        Self { title, properties, page_id: page.id, last_edited: page.last_edited_time, url: page.url }
    }
}

//! `set_property`: sets one property of a page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use turnpike_sdk::{
    ArgumentError, Cx, NamesAccounts, Plan, Request, Spending, ToolError, ToolSpec, Touches, WriteTool,
};

use crate::{
    api::{DataSource, Page},
    id::{ObjectId, WorkspaceId},
    property::{SETTABLE, canonical, options, setting, shortened, unknown, wire_value},
    workspace::Workspace,
};

pub(super) struct SetProperty;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: WorkspaceId,
    /// Of search or query_database, or the page's address in Notion.
    page_id: ObjectId,
    /// Name of the property, as get_page shows it.
    property: String,
    /// The new value as text: a number as 12.5, a checkbox as true or false, a date as 2026-11-01 or
    /// 2026-11-01/2026-11-03, several options with commas between them.
    value: String,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A property of a page, and what it holds.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    page: String,
    property: String,
    kind: String,
    /// As text; absent when it is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    /// Why it cannot be set here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fixed: Option<String>,
}

impl WriteTool for SetProperty {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_property",
        "Set a property",
        "Sets one property of one page, its title among them. Without preview_id it only previews; send the same arguments \
         with the preview_id to apply. It empties nothing, makes no new options, and leaves the page's text alone.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let mut page: Page = workspace.get(args.path()).await?;
        let name = &args.property;
        let Some(property) = page.properties.remove(name) else {
            return Err(unknown("property", &page.properties).into());
        };
        page.properties.insert(name.clone(), property);
        let fixed = |why: &str| (None, Some(why.to_owned()));
        let (value, fixed) = match page.properties.get(name).map(setting) {
            _ if page.in_trash => fixed("the page is in the trash"),
            Some(Ok(value)) => (value, None),
            Some(Err(why)) => fixed(why),
            None => (None, None),
        };
        let kind = page.properties.get(name).map(|property| property.kind.clone()).unwrap_or_default();
        Ok(State { page: page.title(), property: name.clone(), kind, value, fixed })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        if let Some(why) = &before.fixed {
            return Err(ToolError::Refused {
                reason: format!("the property \"{}\" ({}) cannot be set: {why}", before.property, before.kind),
                next_step: format!("Set it in Notion, or choose a property of one of these kinds: {SETTABLE}."),
            });
        }
        let after = State { value: Some(canonical(&before.kind, &args.value)?), ..before.clone() };
        // The title is the page's name too.
        let after = match (before.kind.as_str(), &after.value) {
            ("title", Some(title)) => State { page: title.clone(), ..after },
            _ => after,
        };
        let words =
            |value: &Option<String>| value.as_ref().map_or("nothing".to_owned(), |value| format!("\"{}\"", cut(value)));
        let (page, property) = (cut(&before.page), &before.property);
        let summary = format!(
            "Sets \"{property}\" of the page \"{page}\" from {} to {}.",
            words(&before.value),
            words(&after.value)
        );
        Ok(Plan { after, summary, warnings: vec![] })
    }

    fn spending(_: &State, _: &State) -> Spending {
        Spending::NoMore
    }

    /// Notion has no dry run, and makes an option that it does not know: options are checked against the database.
    async fn dry_run(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let (true, Some(value)) = (matches!(target.kind.as_str(), "select" | "multi_select" | "status"), &target.value)
        else {
            return Ok(());
        };
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let page: Page = workspace.get(args.path()).await?;
        let Some(id) = page.parent.data_source_id else { return Ok(()) };
        let source: DataSource = workspace.get(format!("/v1/data_sources/{id}")).await?;
        let known = source.properties.get(&args.property).and_then(options).unwrap_or_default();
        let named = if target.kind == "multi_select" { value.split(", ").collect() } else { vec![value.as_str()] };
        match named.into_iter().find(|name| !known.iter().any(|option| option == name)) {
            None => Ok(()),
            Some(name) => {
                let fix = format!("Choose one of {}.", shortened(&known));
                Err(ArgumentError::new("value", format!("the property has no option \"{name}\""), fix).into())
            }
        }
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let value = wire_value(&target.kind, target.value.as_deref())?;
        let body = json!({ "properties": Map::from_iter([(args.property.clone(), value)]) });
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        workspace.send::<Value>(Request::patch(args.path(), &body)?).await.map(drop)
    }
}

impl Args {
    fn path(&self) -> String {
        format!("/v1/pages/{}", self.page_id.as_str())
    }
}

/// The beginning of a long text, for a sentence.
fn cut(text: &str) -> String {
    let more = if text.chars().count() > 80 { "…" } else { "" };
    text.chars().take(80).collect::<String>() + more
}

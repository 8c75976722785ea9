//! `describe_resource`: the fields that a query may name, so that none is guessed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    ArgumentError, Cost, Cx, Effect, NamesAccounts, ReadTool, Request, ToolError, ToolSpec, Touches, try_join,
};

use crate::{
    api::{FieldInfo, FieldsRequest, SearchResponse},
    gaql::{Name, Query, Test},
};

/// Names of one kind in one answer.
const MOST: usize = 60;
/// Values of one enum in one answer.
const MOST_VALUES: usize = 12;

pub(super) struct DescribeResource;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// A resource that may stand after FROM, such as `campaign`, `ad_group`, `search_term_view` or `customer`.
    resource: String,
    /// Only fields, metrics and segments whose name contains this, such as `conversions`.
    #[serde(default)]
    matching: Option<String>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        Touches::Connection
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    resource: String,
    fields: Vec<Field>,
    /// Metrics that may be selected with it.
    metrics: Vec<String>,
    /// Segments that may be selected with it.
    segments: Vec<String>,
    /// Further resources whose fields may be selected with it.
    joined_resources: Vec<String>,
    /// True when a list was cut: ask again with `matching`.
    truncated: bool,
}

#[derive(Serialize, JsonSchema)]
struct Field {
    name: String,
    data_type: String,
    /// Where it may stand: `select`, `where`, `order_by`.
    allowed_in: Vec<&'static str>,
    /// True for a list: filter it with CONTAINS ANY, ALL or NONE.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    enum_values: Vec<String>,
}

impl ReadTool for DescribeResource {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        cache: Some(std::time::Duration::from_secs(24 * 3600)),
        ..ToolSpec::read(
            "describe_resource",
            "Describe a resource",
            "The fields of a Google Ads resource with their types and where a query may use them, and the metrics and \
             segments that go with it. Use it before run_gaql.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let unknown = || {
            let fix = "Send the name that stands after FROM, such as campaign, ad_group, search_term_view or customer.";
            ArgumentError::new("resource", "there is no such resource", fix)
        };
        let name = Name::read(&args.resource).filter(|name| !name.as_str().contains('.')).ok_or_else(unknown)?;
        let (itself, fields) = try_join(
            search(&cx, Query::select(&ITSELF).filter("name", Test::is(name.as_str()))),
            search(&cx, Query::select(&FIELDS).filter("name", Test::starts_with(&format!("{}.", name.as_str())))),
        )
        .await?;
        let itself = itself.into_iter().find(|info| info.category == "RESOURCE").ok_or_else(unknown)?;
        Ok(Answer::of(itself, fields, args.matching.as_deref().unwrap_or_default()))
    }
}

const ITSELF: [&str; 5] = ["name", "category", "attribute_resources", "metrics", "segments"];
const FIELDS: [&str; 8] =
    ["name", "category", "data_type", "selectable", "filterable", "sortable", "is_repeated", "enum_values"];

async fn search(cx: &Cx, query: Query) -> Result<Vec<FieldInfo>, ToolError> {
    let path = format!("/{}/googleAdsFields:search", cx.version());
    let request = Request::post(path, &FieldsRequest { query: query.to_string() }, Effect::Read)?;
    let found: SearchResponse<FieldInfo> = cx.send(request).await?.json()?;
    Ok(found.results)
}

impl Answer {
    fn of(itself: FieldInfo, fields: Vec<FieldInfo>, matching: &str) -> Self {
        let mut truncated = false;
        let mut cut = |names: Vec<String>| {
            let wanted: Vec<String> = names.into_iter().filter(|name| name.contains(matching)).collect();
            truncated |= wanted.len() > MOST;
            wanted.into_iter().take(MOST).collect()
        };
        let (metrics, segments) = (cut(itself.metrics), cut(itself.segments));
        let mut fields: Vec<Field> =
            fields.into_iter().filter(|info| info.name.contains(matching)).map(Field::from).collect();
        truncated |= fields.len() > MOST;
        fields.truncate(MOST);
        Self {
            resource: itself.name,
            fields,
            metrics,
            segments,
            joined_resources: itself.attribute_resources,
            truncated,
        }
    }
}

impl From<FieldInfo> for Field {
    fn from(info: FieldInfo) -> Self {
        let places = [(info.selectable, "select"), (info.filterable, "where"), (info.sortable, "order_by")];
        Self {
            name: info.name,
            data_type: info.data_type,
            allowed_in: places.into_iter().filter_map(|(allowed, place)| allowed.then_some(place)).collect(),
            repeated: info.is_repeated,
            enum_values: info.enum_values.into_iter().take(MOST_VALUES).collect(),
        }
    }
}

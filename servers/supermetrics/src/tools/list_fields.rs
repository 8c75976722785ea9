//! `list_fields`: the fields that a query may name, so that none is guessed.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Cost, Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches,
    answers::{cut, first_row},
};

use crate::{
    api::{self, FieldInfo},
    arguments::{MaxRows, SourceId},
    source,
};

pub(super) struct ListFields;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The data source, such as the `AW` of `AW:1234567890`.
    data_source: SourceId,
    /// Only fields whose id, name or group contains this, in any case, such as `conversion`.
    #[serde(default)]
    matching: Option<String>,
    /// Only dimensions, or only metrics.
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
enum Kind {
    Dimension,
    Metric,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        Touches::Connection
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    data_source: String,
    fields: Vec<Line>,
    page: Page,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    /// For the `fields` of run_query.
    field: String,
    name: String,
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
}

impl ReadTool for ListFields {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Light,
        cache: Some(Duration::from_secs(24 * 3600)),
        ..ToolSpec::read(
            "list_fields",
            "List fields",
            "The fields of one data source: dimensions to split by and metrics to count. Use it before run_query; some \
             sources have hundreds, so say what you look for with `matching`.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let start = first_row(&cx, &args, args.cursor.as_ref())?;
        let ds_id = source::connected(&cx, &args.data_source)?;
        let lines =
            api::fields(&cx, ds_id).await?.into_iter().map(Line::from).filter(|line| args.wants(line)).collect();
        let (fields, page) = cut(&cx, lines, &args, args.max_rows, start);
        Ok(Answer { data_source: ds_id.to_owned(), fields, page })
    }
}

impl Args {
    fn wants(&self, line: &Line) -> bool {
        let group = line.group.as_deref().unwrap_or_default();
        self.kind.is_none_or(|kind| kind == line.kind)
            && super::matches(self.matching.as_deref(), &[&line.field, &line.name, group])
    }
}

impl From<FieldInfo> for Line {
    fn from(info: FieldInfo) -> Self {
        Self {
            kind: if info.is_metric() { Kind::Metric } else { Kind::Dimension },
            field: info.field_id,
            name: info.field_name,
            group: info.group_name.filter(|group| !group.is_empty()),
        }
    }
}

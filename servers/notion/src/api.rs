//! Notion's objects on the wire, as far as the tools read them: <https://developers.notion.com/reference/intro>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One page of a listing.
#[derive(Deserialize)]
pub(crate) struct List<T> {
    pub(crate) results: Vec<T>,
    pub(crate) next_cursor: Option<String>,
    #[serde(default)]
    pub(crate) has_more: bool,
    #[serde(default)]
    pub(crate) request_status: RequestStatus,
}

/// Whether a query was cut: Notion reads at most so many rows for one.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RequestStatus {
    #[serde(rename = "type")]
    pub(crate) kind: String,
}

/// A person or a bot. Their e-mail addresses are not read.
#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) bot: Bot,
}

/// What a bot is, of the connection's own.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Bot {
    pub(crate) workspace_id: Option<String>,
    pub(crate) workspace_name: Option<String>,
    pub(crate) owner: Owner,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Owner {
    pub(crate) user: Option<Box<User>>,
}

/// A run of text of one kind and one look.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct RichText {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) plain_text: String,
    pub(crate) href: Option<String>,
    pub(crate) annotations: Map<String, Value>,
}

impl RichText {
    /// Whether the text alone says all: no mention, no link, no look of its own.
    pub(crate) fn is_plain(&self) -> bool {
        let plain = |(name, value): (&String, &Value)| match name.as_str() {
            "color" => value == "default",
            _ => value == false,
        };
        self.kind == "text" && self.href.is_none() && self.annotations.iter().all(plain)
    }
}

/// All runs, one after the other.
pub(crate) fn plain(text: &[RichText]) -> String {
    text.iter().map(|run| run.plain_text.as_str()).collect()
}

/// Where something lies.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Parent {
    #[serde(rename = "type")]
    kind: String,
    page_id: Option<String>,
    pub(crate) database_id: Option<String>,
    pub(crate) data_source_id: Option<String>,
    block_id: Option<String>,
}

impl Parent {
    /// Kind and id in one line.
    pub(crate) fn in_words(&self) -> String {
        let of = |kind: &str, id: &Option<String>| format!("{kind} {}", id.as_deref().unwrap_or_default());
        match self.kind.as_str() {
            "page_id" => of("page", &self.page_id),
            "data_source_id" => of("database", &self.data_source_id),
            "database_id" => of("database", &self.database_id),
            "block_id" => of("block", &self.block_id),
            other => other.to_owned(),
        }
    }
}

/// A page, or what a search finds of one.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) in_trash: bool,
    #[serde(default)]
    pub(crate) last_edited_time: String,
    #[serde(default)]
    pub(crate) parent: Parent,
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Property>,
}

impl Page {
    /// The text of the one property that is the title.
    pub(crate) fn title(&self) -> String {
        let title = self.properties.values().find(|property| property.kind == "title");
        title.and_then(|property| property.text()).map(|text| plain(&text)).unwrap_or_default()
    }
}

/// The value of a property of a page: its kind, and under the kind's name the value.
#[derive(Deserialize)]
pub(crate) struct Property {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Property {
    pub(crate) fn value(&self) -> &Value {
        self.rest.get(&self.kind).unwrap_or(&Value::Null)
    }

    /// The runs of a text.
    pub(crate) fn text(&self) -> Option<Vec<RichText>> {
        Vec::deserialize(self.value()).ok()
    }
}

/// What people call a database: its properties and its rows.
#[derive(Deserialize)]
pub(crate) struct DataSource {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) title: Vec<RichText>,
    #[serde(default)]
    pub(crate) description: Vec<RichText>,
    #[serde(default)]
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) last_edited_time: String,
    #[serde(default)]
    pub(crate) parent: Parent,
    #[serde(default)]
    pub(crate) properties: BTreeMap<String, Property>,
}

/// What holds one data source, or several.
#[derive(Deserialize)]
pub(crate) struct Database {
    #[serde(default)]
    pub(crate) data_sources: Vec<Named>,
}

/// Something by id and name: a data source, or the option of a property.
#[derive(Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What a search finds.
#[derive(Deserialize)]
#[serde(tag = "object", rename_all = "snake_case")]
pub(crate) enum Found {
    Page(Page),
    DataSource(DataSource),
}

/// A page's text.
#[derive(Deserialize)]
pub(crate) struct Markdown {
    pub(crate) markdown: String,
    #[serde(default)]
    pub(crate) truncated: bool,
}

/// A comment that nobody has resolved.
#[derive(Deserialize)]
pub(crate) struct Comment {
    pub(crate) id: String,
    pub(crate) discussion_id: String,
    pub(crate) created_time: String,
    pub(crate) created_by: Author,
    #[serde(default)]
    pub(crate) rich_text: Vec<RichText>,
    #[serde(default)]
    pub(crate) display_name: DisplayName,
}

#[derive(Deserialize)]
pub(crate) struct Author {
    pub(crate) id: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct DisplayName {
    pub(crate) resolved_name: Option<String>,
}

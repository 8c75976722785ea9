//! Searching by title, and the pages in which every listing comes.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    refusal::Refusal,
    world::{Page, Source, Space},
};

/// What Notion gives at once, and unless asked otherwise.
const MOST: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    query: Option<String>,
    filter: Option<Filter>,
    sort: Option<Sort>,
    page_size: Option<usize>,
    start_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    property: String,
    value: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Page,
    DataSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sort {
    timestamp: Timestamp,
    direction: Direction,
}

#[derive(Deserialize)]
enum Timestamp {
    #[serde(rename = "last_edited_time")]
    LastEdited,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Direction {
    Ascending,
    Descending,
}

/// `/v1/search`: titles that contain the words, in any case; what is in the trash or not shared is not found.
pub(super) fn search(space: &Space, search: Search) -> Result<Value, Refusal> {
    if search.filter.as_ref().is_some_and(|filter| filter.property != "object") {
        return Err(Refusal::invalid("body failed validation: body.filter.property should be `\"object\"`."));
    }
    let kind = search.filter.map(|filter| filter.value);
    let words = search.query.unwrap_or_default().to_lowercase();
    let takes = |own: Kind, title: &str| kind.is_none_or(|kind| kind == own) && title.to_lowercase().contains(&words);
    let pages = space.pages.iter().filter(|page| page.shared && !page.in_trash && takes(Kind::Page, &page.title()));
    let sources = space.sources.iter().filter(|source| takes(Kind::DataSource, source.title));
    let pages = pages.map(|page| (page.edited.clone(), page.id.clone(), Page::body(page)));
    let sources = sources.map(|source| (source.edited.clone(), source.id.clone(), Source::body(source)));
    let mut found: Vec<_> = pages.chain(sources).collect();
    found.sort_by(|one, other| (&other.0, &one.1).cmp(&(&one.0, &other.1)));
    if search.sort.is_some_and(|Sort { timestamp: Timestamp::LastEdited, direction }| direction == Direction::Ascending)
    {
        found.reverse();
    }
    let found = found.into_iter().map(|(_, id, body)| (id, body)).collect();
    paged("page_or_data_source", found, search.page_size, search.start_cursor.as_deref())
}

/// One page of what was found. A cursor is the id with which the next page begins.
pub(super) fn paged(
    kind: &str,
    found: Vec<(String, Value)>,
    page_size: Option<usize>,
    start_cursor: Option<&str>,
) -> Result<Value, Refusal> {
    let size = page_size.unwrap_or(MOST);
    if !(1..=MOST).contains(&size) {
        let message = format!("body failed validation: body.page_size should be ≤ `100`, instead was `{size}`.");
        return Err(Refusal::invalid(message));
    }
    let start = match start_cursor {
        None => 0,
        Some(cursor) => found
            .iter()
            .position(|(id, _)| id == cursor)
            .ok_or_else(|| Refusal::invalid(format!("The start_cursor provided is invalid: {cursor}")))?,
    };
    let next = found.get(start + size).map(|(id, _)| id.clone());
    let results: Vec<Value> = found.into_iter().skip(start).take(size).map(|(_, body)| body).collect();
    Ok(json!({
        "object": "list", "type": kind, kind: {}, "results": results, "has_more": next.is_some(), "next_cursor": next,
    }))
}

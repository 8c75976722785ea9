//! Rows of a table by a filter, in an order.

use std::cmp::Ordering;

use serde::Deserialize;
use serde_json::Value;

use super::{
    filter::Filter,
    listing::{Direction, paged},
    refusal::Refusal,
    world::{Page, Source, Space},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Query {
    filter: Option<Value>,
    #[serde(default)]
    sorts: Vec<Sort>,
    page_size: Option<usize>,
    start_cursor: Option<String>,
    result_type: Option<ResultType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ResultType {
    Page,
    DataSource,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sort {
    property: Option<String>,
    timestamp: Option<Stamp>,
    direction: Direction,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stamp {
    CreatedTime,
    LastEditedTime,
}

/// `/v1/data_sources/{id}/query`.
pub(super) fn rows(space: &Space, id: &str, query: Query) -> Result<Value, Refusal> {
    let source = space.sources.iter().find(|source| source.id == id);
    let source = source.ok_or_else(|| Refusal::not_found("data_source", id))?;
    let filter = query.filter.map(|filter| Filter::read(&filter, source)).transpose()?;
    let rows = space.pages.iter().filter(|page| page.source() == Some(id) && page.shared && !page.in_trash);
    let rows = rows.filter(|_| !matches!(query.result_type, Some(ResultType::DataSource)));
    let mut rows: Vec<&Page> = rows.filter(|page| filter.as_ref().is_none_or(|filter| filter.takes(page))).collect();
    for sort in query.sorts.iter().rev() {
        sort.check(source)?;
        rows.sort_by(|one, other| sort.compare(one, other));
    }
    let found = rows.into_iter().map(|page| (page.id.clone(), page.body())).collect();
    paged("page_or_data_source", found, query.page_size, query.start_cursor.as_deref())
}

impl Sort {
    fn check(&self, source: &Source) -> Result<(), Refusal> {
        match (&self.property, &self.timestamp) {
            (Some(name), None) if source.properties.contains_key(name) => Ok(()),
            (Some(name), None) => {
                Err(Refusal::invalid(format!("Could not find sort property with name or id: {name}")))
            }
            (None, Some(_)) => Ok(()),
            _ => Err(Refusal::invalid("body failed validation: a sort has a property or a timestamp.")),
        }
    }

    fn compare(&self, one: &Page, other: &Page) -> Ordering {
        let order = match (&self.property, self.timestamp) {
            (Some(name), _) => compare(key(one, name), key(other, name)),
            (None, Some(Stamp::CreatedTime)) => one.created.cmp(&other.created),
            (None, _) => one.edited.cmp(&other.edited),
        };
        if self.direction == Direction::Descending { order.reverse() } else { order }
    }
}

/// What a row is put in order by: a number, or a text.
fn key(page: &Page, name: &str) -> (Option<f64>, String) {
    let Some(property) = page.properties.get(name) else { return (None, String::new()) };
    let value = &property[property["type"].as_str().unwrap_or_default()];
    let text = value["start"].as_str().or_else(|| value["name"].as_str()).or_else(|| value.as_str());
    let number = value.as_f64().or_else(|| value["number"].as_f64());
    (number, text.map_or_else(|| value[0]["plain_text"].as_str().unwrap_or_default().to_owned(), str::to_owned))
}

fn compare(one: (Option<f64>, String), other: (Option<f64>, String)) -> Ordering {
    let numbers = one.0.unwrap_or(f64::MIN).total_cmp(&other.0.unwrap_or(f64::MIN));
    numbers.then_with(|| one.1.cmp(&other.1))
}

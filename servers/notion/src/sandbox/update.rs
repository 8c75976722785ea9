//! Setting properties of a page.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use turnpike_core::Timestamp;

use super::{
    refusal::Refusal,
    value::{option, property, run},
    world::{Source, Space},
};

/// The most characters of a run, and runs of a text.
const LONGEST: usize = 2_000;
const MOST_RUNS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    properties: BTreeMap<String, Map<String, Value>>,
}

/// `PATCH /v1/pages/{id}`: all of it or nothing.
pub(super) fn page(space: &mut Space, id: &str, update: Update, now: Timestamp) -> Result<Value, Refusal> {
    let page = space.find_page(id).ok_or_else(|| Refusal::not_found("page", id))?;
    if page.in_trash {
        let message = "Can't edit block that is archived. You must unarchive the block before editing.";
        return Err(Refusal::invalid(message));
    }
    let source = page.source().map(str::to_owned);
    let given = update.properties.into_iter();
    let changed =
        given.map(|(name, given)| read(page.properties.get(&name), name, given)).collect::<Result<Vec<_>, _>>()?;
    if let Some(source) = space.sources.iter_mut().find(|own| Some(&own.id) == source.as_ref()) {
        changed.iter().try_for_each(|change| source.learn(change))?;
    }
    let page = space.find_page(id).ok_or_else(|| Refusal::not_found("page", id))?;
    for Change { name, kind, value } in changed {
        page.properties.insert(name, property(&kind, value));
    }
    page.edited = now.to_string();
    Ok(page.body())
}

struct Change {
    name: String,
    kind: String,
    value: Value,
}

fn read(own: Option<&Value>, name: String, given: Map<String, Value>) -> Result<Change, Refusal> {
    let own = own.ok_or_else(|| Refusal::invalid(format!("{name} is not a property that exists.")))?;
    let kind = own["type"].as_str().unwrap_or_default().to_owned();
    let mut fields = given.into_iter().filter(|(field, _)| field != "type" && field != "id");
    let (Some((of, value)), None) = (fields.next(), fields.next()) else {
        return Err(Refusal::invalid(format!("body failed validation: body.properties.{name} holds one value.")));
    };
    if of != kind {
        return Err(Refusal::invalid(format!("{name} is expected to be {kind}.")));
    }
    let value = stored(&kind, value)?;
    Ok(Change { name, kind, value })
}

impl Source {
    /// An option that is not known is made, but for a status.
    fn learn(&mut self, Change { name, kind, value }: &Change) -> Result<(), Refusal> {
        let Some(schema) = self.properties.get_mut(name) else { return Ok(()) };
        let Some(options) = schema[kind]["options"].as_array_mut() else { return Ok(()) };
        let chosen = value.as_array().map_or_else(|| vec![value], |all| all.iter().collect());
        for wanted in chosen.into_iter().filter_map(|chosen| chosen["name"].as_str()) {
            match options.iter().any(|option| option["name"] == wanted) {
                true => {}
                false if kind == "status" => {
                    return Err(Refusal::invalid(format!("Status option \"{wanted}\" does not exist")));
                }
                false => options.push(option(wanted)),
            }
        }
        Ok(())
    }
}

/// The value as it is kept, if it is one of the kind.
fn stored(kind: &str, value: Value) -> Result<Value, Refusal> {
    let wrong = || Refusal::invalid(format!("body failed validation: {value} is no {kind}."));
    let named = |value: &Value| value["name"].as_str().filter(|name| !name.contains(',')).map(option);
    match (kind, &value) {
        ("number" | "select" | "status" | "date" | "url" | "phone_number" | "email", Value::Null) => Ok(Value::Null),
        ("number", Value::Number(_)) | ("checkbox", Value::Bool(_)) => Ok(value),
        ("url" | "phone_number" | "email", Value::String(text)) if (1..=LONGEST).contains(&text.chars().count()) => {
            Ok(value)
        }
        ("select" | "status", chosen) => named(chosen).ok_or_else(wrong),
        ("multi_select", Value::Array(chosen)) => {
            chosen.iter().map(named).collect::<Option<Vec<_>>>().map(Value::from).ok_or_else(wrong)
        }
        ("title" | "rich_text", _) => text(&value),
        ("date", Value::Object(date)) => {
            let start = date.get("start").and_then(Value::as_str).filter(|day| is_day(day)).ok_or_else(wrong)?;
            let end = date.get("end").filter(|end| !end.is_null());
            if end.is_some_and(|end| !end.as_str().is_some_and(|end| is_day(end) && start <= end)) {
                return Err(wrong());
            }
            Ok(json!({ "start": start, "end": end, "time_zone": null }))
        }
        _ => Err(wrong()),
    }
}

/// A text of plain runs, as Notion gives it back.
pub(super) fn text(value: &Value) -> Result<Value, Refusal> {
    let runs = value.as_array().ok_or_else(|| Refusal::invalid("body failed validation: rich text is a list."))?;
    if runs.len() > MOST_RUNS {
        return Err(Refusal::invalid("body failed validation: rich_text.length should be ≤ `100`."));
    }
    let kept = runs.iter().map(|given| match given["text"]["content"].as_str() {
        Some(content) if content.chars().count() <= LONGEST => Ok(run(content, false)),
        Some(content) => Err(Refusal::invalid(format!(
            "body failed validation: text.content.length should be ≤ `2000`, instead was `{}`.",
            content.chars().count()
        ))),
        None => Err(Refusal::invalid("body failed validation: text.content should be defined.")),
    });
    kept.collect::<Result<Vec<_>, _>>().map(Value::from)
}

fn is_day(text: &str) -> bool {
    text.chars().take(10).collect::<String>().parse::<chrono::NaiveDate>().is_ok()
}

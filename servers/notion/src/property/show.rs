//! What a property holds, as one line of text.

use std::collections::BTreeMap;

use serde::Deserialize as _;
use serde_json::Value;

use crate::api::{Property, RichText, plain};

/// Characters of one value that are shown.
const LONGEST: usize = 500;
/// Parts of a rollup that are shown.
const MOST_PARTS: usize = 10;
/// What stands for an e-mail address: nothing here needs one.
const WITHHELD: &str = "(an e-mail address, not shown)";

/// All values that are there, by name.
pub(crate) fn show_all(properties: &BTreeMap<String, Property>) -> BTreeMap<String, String> {
    properties.iter().filter_map(|(name, property)| Some((name.clone(), show(property)?))).collect()
}

/// The value as text, cut where it is long; `None` where there is none.
pub(crate) fn show(property: &Property) -> Option<String> {
    let text = in_words(&property.kind, property.value())?;
    if text.chars().count() <= LONGEST {
        return Some(text);
    }
    Some(text.chars().take(LONGEST).chain(['…']).collect())
}

fn in_words(kind: &str, value: &Value) -> Option<String> {
    let text = match kind {
        "title" | "rich_text" => plain(&Vec::<RichText>::deserialize(value).ok()?),
        "number" => value.as_f64()?.to_string(),
        "checkbox" => value.as_bool()?.to_string(),
        "url" | "phone_number" | "created_time" | "last_edited_time" => value.as_str()?.to_owned(),
        "email" => value.as_str().map(|_| WITHHELD.to_owned())?,
        "select" | "status" => name(value)?,
        "multi_select" | "people" | "files" => join(value, name),
        "relation" => join(value, |page| Some(page["id"].as_str()?.to_owned())),
        "created_by" | "last_edited_by" => name(value)?,
        "date" => date(value)?,
        "unique_id" => match (value["prefix"].as_str(), value["number"].as_i64()?) {
            (Some(prefix), number) => format!("{prefix}-{number}"),
            (None, number) => number.to_string(),
        },
        "verification" => value["state"].as_str()?.to_owned(),
        "place" => name(value).or_else(|| Some(value["address"].as_str()?.to_owned()))?,
        "formula" | "rollup" => computed(value)?,
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// What Notion has worked out: of a kind of its own.
fn computed(value: &Value) -> Option<String> {
    let kind = value["type"].as_str()?;
    let inner = &value[kind];
    match kind {
        "string" => Some(inner.as_str()?.to_owned()),
        "boolean" => Some(inner.as_bool()?.to_string()),
        "array" => {
            let parts = inner.as_array()?.iter().take(MOST_PARTS);
            let shown: Vec<String> =
                parts.filter_map(|part| in_words(part["type"].as_str()?, &part[part["type"].as_str()?])).collect();
            Some(shown.join(", "))
        }
        kind => in_words(kind, inner),
    }
}

/// The name of a person, an option or a file; of a person without one the id.
fn name(value: &Value) -> Option<String> {
    value["name"].as_str().or_else(|| value["id"].as_str()).map(str::to_owned)
}

fn join(values: &Value, word: impl Fn(&Value) -> Option<String>) -> String {
    values.as_array().into_iter().flatten().filter_map(word).collect::<Vec<_>>().join(", ")
}

/// A day, an instant, or two with a slash between them.
pub(super) fn date(value: &Value) -> Option<String> {
    let start = value["start"].as_str()?;
    Some(match value["end"].as_str() {
        Some(end) => format!("{start}/{end}"),
        None => start.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn shown(value: Value) -> Option<String> {
        show(&from_value(value).expect("a property"))
    }

    #[test]
    fn each_kind_of_value_is_one_line() {
        let text =
            |words: &str| json!([{ "type": "text", "plain_text": words }, { "type": "mention", "plain_text": "!" }]);
        let people = json!([{ "id": "u1", "name": "Ann", "person": { "email": "ann@example.com" } }, { "id": "u2" }]);
        for (value, words) in [
            (json!({ "type": "title", "title": text("Launch") }), "Launch!"),
            (json!({ "type": "rich_text", "rich_text": text("a") }), "a!"),
            (json!({ "type": "number", "number": 2.5 }), "2.5"),
            (json!({ "type": "number", "number": 3 }), "3"),
            (json!({ "type": "checkbox", "checkbox": false }), "false"),
            (json!({ "type": "select", "select": { "name": "High" } }), "High"),
            (json!({ "type": "multi_select", "multi_select": [{ "name": "a" }, { "name": "b" }] }), "a, b"),
            (json!({ "type": "people", "people": people }), "Ann, u2"),
            (json!({ "type": "date", "date": { "start": "2026-11-01", "end": null } }), "2026-11-01"),
            (
                json!({ "type": "date", "date": { "start": "2026-11-01", "end": "2026-11-03" } }),
                "2026-11-01/2026-11-03",
            ),
            (json!({ "type": "unique_id", "unique_id": { "prefix": "TASK", "number": 7 } }), "TASK-7"),
            (json!({ "type": "formula", "formula": { "type": "number", "number": 12 } }), "12"),
            (
                json!({ "type": "rollup", "rollup": { "type": "array", "array": [{ "type": "number", "number": 1 }] } }),
                "1",
            ),
            (json!({ "type": "relation", "relation": [{ "id": "p1" }] }), "p1"),
        ] {
            assert_eq!(shown(value.clone()).as_deref(), Some(words), "{value}");
        }
    }

    #[test]
    fn an_address_is_not_shown_nothing_is_nothing_and_long_text_is_cut() {
        let email = shown(json!({ "type": "email", "email": "ann@example.com" })).expect("a word");
        assert!(!email.contains('@'), "{email}");
        for empty in [
            json!({ "type": "email", "email": null }),
            json!({ "type": "select", "select": null }),
            json!({ "type": "date", "date": null }),
            json!({ "type": "rich_text", "rich_text": [] }),
            json!({ "type": "button", "button": {} }),
            json!({ "type": "of a later year" }),
        ] {
            assert_eq!(shown(empty.clone()), None, "{empty}");
        }
        let long = json!({ "type": "rich_text", "rich_text": [{ "type": "text", "plain_text": "ä".repeat(2_000) }] });
        assert_eq!(shown(long).expect("text").chars().count(), LONGEST + 1);
    }
}

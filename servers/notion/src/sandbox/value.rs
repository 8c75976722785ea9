//! Values as Notion writes them.

use serde_json::{Value, json};

/// A text of one run, without any look.
pub(super) fn text(words: &str) -> Value {
    if words.is_empty() { json!([]) } else { json!([run(words, false)]) }
}

/// A run of text, bold or not.
pub(super) fn run(words: &str, bold: bool) -> Value {
    json!({
        "type": "text", "text": { "content": words, "link": null }, "plain_text": words, "href": null,
        "annotations": {
            "bold": bold, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default",
        },
    })
}

/// An option of a select, multi-select or status.
pub(super) fn option(name: &str) -> Value {
    json!({ "id": format!("opt-{}", name.len()), "name": name, "color": "default" })
}

/// The value of a property, under the name of its kind.
pub(super) fn property(kind: &str, value: Value) -> Value {
    json!({ "id": kind, "type": kind, kind: value })
}

/// The schema of a property.
pub(super) fn schema(name: &str, kind: &str, options: &[&str]) -> Value {
    let options: Vec<Value> = options.iter().map(|name| option(name)).collect();
    let inner = match kind {
        "select" | "multi_select" => json!({ "options": options }),
        "status" => json!({ "options": options, "groups": [] }),
        "number" => json!({ "format": "number" }),
        "formula" => json!({ "expression": "prop(\"Estimate\") * 2" }),
        _ => json!({}),
    };
    json!({ "id": name, "name": name, "type": kind, "description": null, kind: inner })
}

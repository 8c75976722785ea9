//! Text from an upstream is somebody's writing: campaign names, search terms. It goes to agents as data, with the characters
//! that hide or reorder text made visible.

use serde_json::Value;
use turnpike_core::{hides, visible};

/// The value with its texts cleaned, and its JSON.
pub(super) fn clean(mut value: Value) -> (Value, String) {
    let json = text(&value);
    if !suspicious(&json) {
        return (value, json);
    }
    clean_in_place(&mut value);
    let json = text(&value);
    (value, json)
}

/// Straight into a string: the way through `Display` checks every piece again and costs twice as much.
fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Whether JSON text may hold a character to be cleaned: control characters stand there escaped, the others are not ASCII.
fn suspicious(json: &str) -> bool {
    !json.is_ascii()
        || json.contains("\\u")
        || json.contains("\\b")
        || json.contains("\\f")
        || json.contains("\\r")
        || json.contains('\u{7f}')
}

fn clean_in_place(value: &mut Value) {
    match value {
        Value::String(text) if text.chars().any(hides) => *text = visible(text),
        Value::Array(items) => items.iter_mut().for_each(clean_in_place),
        Value::Object(fields) => fields.values_mut().for_each(clean_in_place),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hidden_and_reordering_characters_become_visible() {
        let (value, json) =
            clean(json!({ "name": "a\u{202e}b\u{200b}c\u{0}\u{e0041}", "rows": ["ok\n\ttab", "Größe 漢字"] }));
        assert_eq!(value["name"], "a\u{fffd}b\u{fffd}c\u{fffd}\u{fffd}");
        assert_eq!(value["rows"], json!(["ok\n\ttab", "Größe 漢字"]));
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }
}

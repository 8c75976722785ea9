//! Fields of objects that are known to be there.

use serde_json::Value;

/// A number, or 0.
pub(crate) fn int(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_default()
}

/// A text, or nothing.
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    object[field].as_str().unwrap_or_default()
}

/// The entries of a list in Stripe's form, or of an array.
pub(crate) fn entries(list: &Value) -> Vec<Value> {
    list.get("data").unwrap_or(list).as_array().cloned().unwrap_or_default()
}

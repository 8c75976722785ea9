//! What differs between two states, field by field.

use serde_json::Value;
use turnpike_core::visible;

/// A field of what is or would be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Field {
    /// Where it is: `items[0].status`.
    pub(crate) place: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) changed: bool,
}

/// All fields of two states, in their order.
pub(super) fn all(before: &Value, after: &Value) -> Vec<Field> {
    let mut fields = vec![];
    walk("", Some(before), Some(after), &mut fields);
    fields
}

/// The same of states as they are stored.
pub(super) fn stored(before_json: &str, after_json: &str) -> Result<Vec<Field>, serde_json::Error> {
    Ok(all(&serde_json::from_str(before_json)?, &serde_json::from_str(after_json)?))
}

fn walk(place: &str, before: Option<&Value>, after: Option<&Value>, fields: &mut Vec<Field>) {
    let holds = |value: Option<&Value>| match value {
        Some(Value::Object(inner)) => !inner.is_empty(),
        Some(Value::Array(inner)) => !inner.is_empty(),
        _ => false,
    };
    if !holds(before) && !holds(after) {
        let place = if place.is_empty() { "value".to_owned() } else { visible(place) };
        fields.push(Field { place, before: words(before), after: words(after), changed: before != after });
        return;
    }
    let (names, places) = (names(before, after), items(before).max(items(after)));
    for name in names {
        let inner = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
        let of = |value: Option<&'_ Value>| value.and_then(|value| value.get(&name)).cloned();
        walk(&inner, of(before).as_ref(), of(after).as_ref(), fields);
    }
    for index in 0..places {
        let of = |value: Option<&'_ Value>| value.and_then(|value| value.get(index)).cloned();
        walk(&format!("{place}[{index}]"), of(before).as_ref(), of(after).as_ref(), fields);
    }
}

/// The fields of both, those of the first one first.
fn names(before: Option<&Value>, after: Option<&Value>) -> Vec<String> {
    let own =
        |value: Option<&Value>| value.and_then(Value::as_object).map(|own| own.keys().cloned().collect::<Vec<_>>());
    let mut names = own(before).unwrap_or_default();
    let added: Vec<_> = own(after).unwrap_or_default().into_iter().filter(|name| !names.contains(name)).collect();
    names.extend(added);
    names
}

fn items(value: Option<&Value>) -> usize {
    value.and_then(Value::as_array).map_or(0, Vec::len)
}

fn words(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "not set".to_owned(),
        Some(Value::String(text)) => visible(text),
        Some(value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_field_stands_beside_what_becomes_of_it() {
        let before = json!({ "items": [{ "id": "1", "status": "ON" }, { "id": "2" }], "amount": 10 });
        let after = json!({ "items": [{ "id": "1", "status": "OFF" }], "amount": 10, "note": "a\u{202e}b" });
        let told: Vec<_> = all(&before, &after)
            .into_iter()
            .map(|field| format!("{} {} → {} {}", field.place, field.before, field.after, field.changed))
            .collect();
        assert_eq!(
            told,
            [
                "amount 10 → 10 false",
                "items[0].id 1 → 1 false",
                "items[0].status ON → OFF true",
                "items[1].id 2 → not set true",
                "note not set → a\u{fffd}b true",
            ]
        );
    }

    #[test]
    fn a_state_may_be_a_value_or_become_another_kind() {
        let one = |before, after| all(&before, &after).into_iter().map(|field| field.place).collect::<Vec<_>>();
        assert_eq!(one(json!("a"), json!("b")), ["value"]);
        assert_eq!(one(json!({}), json!({})), ["value"]);
        assert_eq!(one(json!({ "a": [] }), json!({ "a": [1, 2] })), ["a[0]", "a[1]"]);
        assert_eq!(one(json!({ "a": { "b": 1 } }), json!({ "a": 2 })), ["a.b"]);
    }
}

//! Rows as Google writes them: lowerCamelCase, 64-bit integers as strings, and nothing that is nought or empty.

use serde_json::{Map, Value, json};

use super::catalogue::{Cell, Field, Row};

/// A row with the selected fields.
pub(super) fn row(row: &Row<'_>, select: &[&Field]) -> Value {
    let mut object = Map::new();
    for field in select {
        let resource = camel_case(field.resource());
        let part = object.entry(resource).or_insert_with(|| match row.entity.resource_name(field.resource()) {
            Some(name) => json!({ "resourceName": name }),
            None => json!({}),
        });
        let name = field.name.split_once('.').map(|(_, name)| camel_case(name)).unwrap_or_default();
        if let (Some(value), Some(part)) = ((field.read)(row).and_then(present), part.as_object_mut()) {
            part.insert(name, value);
        }
    }
    Value::Object(object)
}

/// The field mask of the answer.
pub(super) fn mask(select: &[&Field]) -> String {
    select.iter().map(|field| camel_case(field.name)).collect::<Vec<_>>().join(",")
}

/// The value, unless it is one that Google leaves out.
fn present(cell: Cell<'_>) -> Option<Value> {
    match cell {
        Cell::Int(number) => (number != 0).then(|| number.to_string().into()),
        Cell::Real(number) => (number != 0.0).then(|| number.into()),
        Cell::Text(text) => (!text.is_empty()).then(|| text.into()),
        Cell::Flag(flag) => flag.then(|| true.into()),
    }
}

/// `search_term_view` as JSON writes it: `searchTermView`.
pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |camel, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        camel + &initial.to_ascii_uppercase() + rest
    })
}

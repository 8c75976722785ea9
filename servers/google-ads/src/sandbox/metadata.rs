//! `googleAdsFields`: what may stand in a query.

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    answer::camel_case,
    catalogue::{Cell, FIELDS, Field, Kind, RESOURCES, Resource},
    condition::Predicate,
    refusal::Refusal,
};
use crate::gaql::Query;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Search {
    query: String,
}

pub(super) fn search(request: &Search) -> Result<Value, Refusal> {
    let query =
        Query::parse_metadata(&request.query).map_err(|error| Refusal::query("UNEXPECTED_INPUT", error.problem()))?;
    let mut results = all();
    for condition in &query.filters {
        let field = condition.field.as_str();
        if !matches!(field, "name" | "category") {
            return Err(Refusal::query(
                "PROHIBITED_FIELD_IN_WHERE_CLAUSE",
                format!("'{field}' cannot be filtered on."),
            ));
        }
        let predicate = Predicate::of(field, Kind::Text, &condition.test)?;
        results.retain(|info| {
            let text = info.get(field).and_then(Value::as_str).map(|text| Cell::Text(text.into()));
            predicate.holds(text.as_ref())
        });
    }
    let mut selected = vec![];
    for name in &query.select {
        let json_name = camel_case(name.as_str());
        if !PROPERTIES.contains(&json_name.as_str()) {
            let message = format!("Unrecognized field in the query: '{}'.", name.as_str());
            return Err(Refusal::query("UNRECOGNIZED_FIELD", message));
        }
        selected.push(json_name);
    }
    for info in &mut results {
        info.retain(|key, value| key == "resourceName" || selected.contains(key) && !is_empty(value));
    }
    let count = results.len().to_string();
    Ok(json!({ "results": results, "totalResultsCount": count }))
}

pub(super) fn get(name: &str) -> Result<Value, Refusal> {
    let found = all().into_iter().find(|info| info.get("name").and_then(Value::as_str) == Some(name));
    found.map(Value::Object).ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.")
    })
}

const PROPERTIES: [&str; 11] = [
    "name",
    "category",
    "dataType",
    "selectable",
    "filterable",
    "sortable",
    "isRepeated",
    "enumValues",
    "attributeResources",
    "metrics",
    "segments",
];

fn all() -> Vec<Map<String, Value>> {
    RESOURCES
        .iter()
        .map(resource)
        .chain(FIELDS.iter().map(field))
        .filter_map(|info| info.as_object().cloned())
        .collect()
}

fn resource(resource: &Resource) -> Value {
    let of = |category: &str| -> Vec<&str> {
        let fields = FIELDS.iter().filter(|field| resource.has_metrics && field.category() == category);
        fields.map(|field| field.name).collect()
    };
    json!({
        "resourceName": format!("googleAdsFields/{}", resource.name), "name": resource.name, "category": "RESOURCE",
        "dataType": "MESSAGE", "selectable": false, "filterable": false, "sortable": false, "isRepeated": false,
        "attributeResources": resource.joined, "metrics": of("METRIC"), "segments": of("SEGMENT"),
    })
}

fn field(field: &Field) -> Value {
    let (data_type, values): (_, &[&str]) = match field.kind {
        Kind::Int64 => ("INT64", &[]),
        Kind::Double => ("DOUBLE", &[]),
        Kind::Text => ("STRING", &[]),
        Kind::Flag => ("BOOLEAN", &[]),
        Kind::Date => ("DATE", &[]),
        Kind::Enum(values) => ("ENUM", values),
    };
    json!({
        "resourceName": format!("googleAdsFields/{}", field.name), "name": field.name, "category": field.category(),
        "dataType": data_type, "selectable": true, "filterable": true, "sortable": true, "isRepeated": false,
        "enumValues": values,
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Array(items) => items.is_empty(),
        _ => false,
    }
}

//! JSON Schemas as agents' hosts like them.

use schemars::{JsonSchema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

/// Schema of what a tool takes.
pub(crate) fn input<T: JsonSchema>() -> Map<String, Value> {
    object(SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>())
}

/// Schema of what a tool answers.
pub(crate) fn output<T: JsonSchema>() -> Map<String, Value> {
    object(SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>())
}

/// Adds the confirmation field that every write tool has.
pub(crate) fn with_preview_id(schema: Map<String, Value>) -> Map<String, Value> {
    let description = "Leave out to preview. To apply the previewed change, send the same arguments again with the `preview_id` \
                       that the preview returned.";
    with("preview_id", json!({ "type": "string", "description": description }), schema)
}

/// Adds the field by which every long tool is told not to wait.
pub(crate) fn with_background(schema: Map<String, Value>) -> Map<String, Value> {
    let description = "True: start it and answer at once with a job_id for get_job.";
    with("background", json!({ "type": "boolean", "default": false, "description": description }), schema)
}

/// The answer of a long tool: the result, or word that it takes longer, which has none of the result's fields.
pub(crate) fn or_pending(mut schema: Map<String, Value>) -> Map<String, Value> {
    schema.insert("required".into(), json!(["status"]));
    let status = json!({ "type": "string", "enum": ["done", "pending"], "description": "Pending: send job_id to get_job for the result." });
    let seconds = json!({ "type": "integer", "description": "How long to wait before that." });
    let schema = with("status", status, schema);
    let schema = with("job_id", json!({ "type": "string" }), schema);
    with("poll_after_seconds", seconds, schema)
}

fn with(name: &str, field: Value, mut schema: Map<String, Value>) -> Map<String, Value> {
    if let Some(properties) = schema.entry("properties").or_insert_with(|| json!({})).as_object_mut() {
        properties.insert(name.into(), field);
    }
    schema
}

fn object(mut schema: schemars::Schema) -> Map<String, Value> {
    let mut tidy = RecursiveTransform(|schema: &mut schemars::Schema| {
        drop_null(schema);
        drop_number_format(schema);
        // Says nothing here: a field is in the arguments or in the answer.
        schema.remove("writeOnly");
        schema.remove("readOnly");
    });
    schemars::transform::Transform::transform(&mut tidy, &mut schema);
    schema.remove("$schema");
    schema.remove("title");
    match schema.to_value() {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// An optional field is one that may be left out. Several hosts cannot read `["string", "null"]`, so null is not offered.
fn drop_null(schema: &mut schemars::Schema) {
    if schema.get("default").is_some_and(Value::is_null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            schema.remove("anyOf");
            for (key, value) in only {
                if schema.get(&key).is_none() {
                    schema.insert(key, value);
                }
            }
        }
    }
}

/// `uint64` and the like are formats of no standard: clients warn of each, and some hosts refuse them.
fn drop_number_format(schema: &mut schemars::Schema) {
    if schema.get("type").is_some_and(|kind| kind == "integer" || kind == "number") {
        schema.remove("format");
    }
}

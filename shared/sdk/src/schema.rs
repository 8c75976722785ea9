//! JSON Schemas as agents' hosts like them: plain, and short, because every conversation carries them.

use schemars::{JsonSchema, generate::SchemaSettings, transform::RecursiveTransform};
use serde_json::{Map, Value, json};

/// Schema of what a tool takes.
pub(crate) fn input<T: JsonSchema>() -> Map<String, Value> {
    object(SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<T>())
}

/// Schema of what a tool answers.
pub(crate) fn output<T: JsonSchema>() -> Map<String, Value> {
    let mut schema =
        object(SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>());
    schema.remove("description");
    schema
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
        join_constants(schema);
        // Says nothing here: a field is in the arguments or in the answer.
        schema.remove("writeOnly");
        schema.remove("readOnly");
    });
    schemars::transform::Transform::transform(&mut tidy, &mut schema);
    schema.remove("$schema");
    schema.remove("title");
    let Value::Object(mut schema) = schema.to_value() else { return Map::new() };
    // What a field says of itself is enough; what its type is for in our code is not an agent's concern.
    for definition in schema.get_mut("$defs").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        definition.as_object_mut().map(|definition| definition.remove("description"));
    }
    inline_what_is_used_once(schema)
}

/// Puts a definition where it is referred to, if that is one place only.
fn inline_what_is_used_once(mut schema: Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Object(mut definitions)) = schema.remove("$defs") else { return schema };
    let mut root = Value::Object(schema);
    loop {
        let uses =
            |name: &str| count_uses(&root, name) + definitions.values().map(|one| count_uses(one, name)).sum::<usize>();
        let Some(name) = definitions.keys().find(|name| uses(name) <= 1).cloned() else { break };
        let Some(definition) = definitions.remove(&name) else { break };
        replace(&mut root, &name, &definition);
        definitions.values_mut().for_each(|other| replace(other, &name, &definition));
    }
    if !definitions.is_empty() {
        root["$defs"] = definitions.into();
    }
    match root {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn refers(schema: &Map<String, Value>, name: &str) -> bool {
    schema.get("$ref").and_then(Value::as_str).and_then(|path| path.strip_prefix("#/$defs/")) == Some(name)
}

fn count_uses(schema: &Value, name: &str) -> usize {
    match schema {
        Value::Object(map) => {
            usize::from(refers(map, name)) + map.values().map(|value| count_uses(value, name)).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(|item| count_uses(item, name)).sum(),
        _ => 0,
    }
}

fn replace(schema: &mut Value, name: &str, definition: &Value) {
    match schema {
        Value::Object(map) if refers(map, name) => {
            map.remove("$ref");
            for (key, value) in definition.as_object().into_iter().flatten() {
                map.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        Value::Object(map) => map.values_mut().for_each(|value| replace(value, name, definition)),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name, definition)),
        _ => {}
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

/// A word of several is an `enum`, which every host reads; schemars makes a `oneOf` of them when each is explained.
fn join_constants(schema: &mut schemars::Schema) {
    let Some(Value::Array(choices)) = schema.get("oneOf") else { return };
    let words: Option<Vec<Value>> = choices.iter().map(|choice| choice.get("const").cloned()).collect();
    if let Some(words) = words {
        schema.remove("oneOf");
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), words.into());
    }
}

/// `uint64` and the like are formats of no standard: clients warn of each, and some hosts refuse them.
fn drop_number_format(schema: &mut schemars::Schema) {
    if schema.get("type").is_some_and(|kind| kind == "integer" || kind == "number") {
        schema.remove("format");
        if schema.get("minimum") == Some(&json!(0)) {
            schema.remove("minimum");
        }
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Serialize;

    use super::*;

    /// Whole.
    #[derive(Serialize, JsonSchema)]
    struct Whole {
        /// The first.
        one: Part,
        two: Part,
        inner: Inner,
        #[serde(skip_serializing_if = "Option::is_none")]
        word: Option<Word>,
        count: u64,
    }

    /// A part.
    #[derive(Serialize, JsonSchema)]
    struct Part {
        id: String,
    }

    #[derive(Serialize, JsonSchema)]
    struct Inner {
        innermost: Innermost,
    }

    #[derive(Serialize, JsonSchema)]
    struct Innermost {
        id: String,
    }

    #[derive(Serialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Word {
        /// With a meaning.
        First,
        /// With another.
        Second,
    }

    #[test]
    fn a_definition_stands_where_it_is_used_unless_that_is_in_several_places() {
        let id = json!({ "type": "object", "properties": { "id": { "type": "string" } }, "required": ["id"] });
        assert_eq!(
            Value::Object(output::<Whole>()),
            json!({
                "type": "object",
                "properties": {
                    "one": { "$ref": "#/$defs/Part", "description": "The first." },
                    "two": { "$ref": "#/$defs/Part" },
                    "inner": { "type": "object", "properties": { "innermost": id }, "required": ["innermost"] },
                    "word": { "type": "string", "enum": ["first", "second"] },
                    "count": { "type": "integer" },
                },
                "required": ["one", "two", "inner", "count"],
                "$defs": { "Part": id },
            })
        );
    }

    #[test]
    fn a_long_tool_promises_no_more_than_a_status() {
        let schema = Value::Object(or_pending(output::<Part>()));
        assert_eq!(schema["required"], json!(["status"]));
        let fields: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(fields, ["id", "job_id", "poll_after_seconds", "status"]);
    }
}

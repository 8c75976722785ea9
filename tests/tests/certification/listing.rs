//! What agents and their hosts rely on: the tools as they are listed, and answers that have the shape they promise.

use serde_json::{Value, json};
use turnpike_sdk::Integration;
use turnpike_tests::tour::tour;

use crate::scene::{certified, folder, start, start_unlimited};

/// The longest name that every host takes, and the characters that all of them take.
const LONGEST_NAME: usize = 64;
/// `tools/list` of one server stays below this: it is in every conversation's context. That is 6,000 tokens: a tokenizer of
/// today makes one of 4.2 characters of it.
const LONGEST_LIST: usize = 25_000;

/// Reviewed by eye when it changes: a host shows it to people, and agents choose by it.
#[tokio::test]
async fn the_tools_are_listed_as_agreed() {
    let app = start().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let name = integration.manifest.name;
        let tools = tenant.agent.tools(&format!("/{name}/mcp")).await;
        insta::with_settings!({ snapshot_path => folder(name).join("tests/snapshots"), prepend_module_to_snapshot => false }, {
            insta::assert_json_snapshot!("tools", tools);
        });
        let length = Value::from(tools.clone()).to_string().len();
        assert!(length < LONGEST_LIST, "{name}: tools/list has {length} characters");
        let count = tools.len();
        assert!((5..=11).contains(&count), "{name} has {count} tools: an agent chooses best among a few");
    }
}

#[tokio::test]
async fn every_tool_is_described_as_hosts_need_it() {
    let app = start().await;
    let tenant = app.tenant("one").await;
    let alone = certified().into_iter().map(|integration| format!("/{}/mcp", integration.manifest.name));
    for path in alone.chain(["/mcp".into()]) {
        for tool in tenant.agent.tools(&path).await {
            let name = tool["name"].as_str().unwrap();
            let plain =
                |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            assert!(name.len() <= LONGEST_NAME && plain(name), "{name}");
            for (schema, which) in [(&tool["inputSchema"], "input"), (&tool["outputSchema"], "output")] {
                assert_eq!(schema["type"], "object", "{name}: {which}");
                jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{name}: {which}: {error}"));
                let text = schema.to_string();
                assert!(!text.contains("\"null\"") && !text.contains("\"writeOnly\""), "{name}: {which}: {text}");
            }
            assert_eq!(tool["inputSchema"]["additionalProperties"], false, "{name} takes unknown fields");
            for (field, property) in tool["inputSchema"]["properties"].as_object().unwrap() {
                let described = property["description"].is_string() || property["$ref"].is_string();
                assert!(described, "{name}: nothing is said of `{field}`");
            }
            let hints = &tool["annotations"];
            for hint in ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] {
                assert!(hints[hint].is_boolean(), "{name} lacks {hint}");
            }
            assert_ne!(hints["readOnlyHint"], hints["destructiveHint"], "{name}");
            assert!(tool["description"].as_str().unwrap().len() > 10 && tool["title"].is_string(), "{name}");
        }
    }
}

#[tokio::test]
async fn every_answer_has_the_shape_that_its_tool_promises_and_fits_an_agent() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified().into_iter().map(Integration::with_kit) {
        let name = integration.manifest.name;
        for stop in tour(&integration, &tenant.agent).await {
            let schema = Value::Object(integration.find_tool(stop.tool).unwrap().output_schema.clone());
            let validator = jsonschema::validator_for(&schema).unwrap();
            let problems: Vec<_> = validator.iter_errors(stop.answer()).map(|error| error.to_string()).collect();
            assert!(problems.is_empty(), "{name} {}: {problems:?}\n{}", stop.tool, stop.answer());
            let text = stop.result["content"][0]["text"].as_str().unwrap();
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *stop.answer(), "the text says the same");
            assert!(text.len() < 16_000, "{name} {}: {} characters are more than 4,000 tokens", stop.tool, text.len());
        }
    }
}

/// Errors are not of the tool's output schema: clients check what they get against it.
#[tokio::test]
async fn a_refusal_is_text_and_meta_and_no_structured_content() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        for tool in &integration.tools {
            let result = tenant.agent.call(integration.manifest.name, tool.spec.name, json!({ "no such": 1 })).await;
            assert_eq!((&result["isError"], result.get("structuredContent")), (&json!(true), None), "{result}");
            let text = result["content"][0]["text"].as_str().unwrap();
            assert!(text.contains("no such") && text.contains("call id"), "{text}");
            assert_eq!(result["_meta"]["error"]["class"], "invalid_argument");
        }
    }
}

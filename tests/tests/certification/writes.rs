//! Every write that an integration shows is taken back, and none acts twice.

use serde_json::{Value, json};
use turnpike_sdk::{Behaviour, Example, Integration, Recorded};
use turnpike_tests::tour::writes;

use crate::scene::{certified, start_unlimited};

/// Lets one request pass as it is.
const PASS: Behaviour = Behaviour::Slow { millis: 0 };

fn revert(change: &Value) -> Value {
    json!({ "change_id": change["change_id"] })
}

/// The arguments with the preview that they confirm.
fn with_preview(mut arguments: Value, preview: &Value) -> Value {
    arguments["preview_id"] = preview["preview_id"].clone();
    arguments
}

/// Whether what the tool does stays: it adds something, and no tool deletes.
fn lasting(integration: &Integration, tool: &str) -> bool {
    integration.find_tool(tool).is_some_and(|tool| tool.spec.lasting)
}

/// The writes that an integration shows as its examples.
fn written(integration: &Integration) -> Vec<Example> {
    (integration.examples)().into_iter().filter(|example| writes(integration, example.tool)).collect()
}

#[tokio::test]
async fn every_integrations_writes_are_taken_back_to_the_old_value() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    let (mut tried, mut stay) = (0, 0);
    for integration in certified() {
        let integration = integration.with_kit();
        let (name, before) = (integration.manifest.name, tried);
        let schema = integration.find_tool("revert_change").map(|tool| Value::Object(tool.output_schema.clone()));
        let validator = jsonschema::validator_for(&schema.unwrap_or(json!({}))).unwrap();
        for Example { tool, arguments, .. } in written(&integration) {
            let preview = tenant.agent.ok(name, tool, arguments.clone()).await;
            let change = tenant.agent.ok(name, tool, with_preview(arguments.clone(), &preview)).await;
            assert_eq!(change["status"], "applied", "{name} {tool}: {change}");
            if lasting(&integration, tool) {
                assert!(change["warnings"].to_string().contains("stays"), "{name} {tool}: {change}");
                let error = tenant.agent.refused(name, "revert_change", revert(&change)).await;
                assert!(
                    error["message"].as_str().is_some_and(|words| words.contains("stays")),
                    "{name} {tool}: {error}"
                );
                stay += 1;
                continue;
            }
            let shown = tenant.agent.ok(name, "revert_change", revert(&change)).await;
            let back = tenant.agent.ok(name, "revert_change", with_preview(revert(&change), &shown)).await;
            assert_eq!((&back["status"], &back["after"]), (&json!("applied"), &change["before"]), "{name} {tool}");
            for answer in [&shown, &back] {
                assert!(validator.is_valid(answer), "{name} {tool}: {answer}");
            }
            // Read anew: the same call would change the same from the same again.
            let anew = tenant.agent.ok(name, tool, arguments.clone()).await;
            assert_eq!((&anew["before"], &anew["after"]), (&change["before"], &change["after"]), "{name} {tool}");
            tenant.agent.ok(name, tool, with_preview(arguments, &anew)).await;
            tried += 1;
        }
        let changes = integration.find_tool("revert_change").is_some();
        assert_eq!(tried > before, changes, "{name}: the examples show no write");
    }
    println!("{tried} writes are taken back, {stay} add what stays");
}

/// How often the same has arrived.
fn times(all: &[Recorded], one: &Recorded) -> usize {
    let same = |other: &&Recorded| (&other.method, &other.uri, &other.body) == (&one.method, &one.uri, &one.body);
    all.iter().filter(same).count()
}

/// When the answer to a change is lost, it is not sent again, and everybody is told of it.
#[tokio::test]
async fn no_integrations_write_acts_twice_when_its_answer_is_cut_off() {
    let app = start_unlimited().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let name = integration.manifest.name;
        let script = &app.vendor(name).script;
        for Example { tool, arguments, .. } in written(&integration) {
            // One that goes well shows which of the requests is the change: what is read is read before and after.
            let preview = tenant.agent.ok(name, tool, arguments.clone()).await;
            let quiet = script.recorded().len();
            let mut change = tenant.agent.ok(name, tool, with_preview(arguments.clone(), &preview)).await;
            let requests = script.recorded().split_off(quiet);
            let place = requests.iter().position(|one| times(&requests, one) == 1).expect("a change");

            for behaviour in [Behaviour::Reset, Behaviour::ActThenFail] {
                if !lasting(&integration, tool) {
                    let shown = tenant.agent.ok(name, "revert_change", revert(&change)).await;
                    tenant.agent.ok(name, "revert_change", with_preview(revert(&change), &shown)).await;
                }
                let preview = tenant.agent.ok(name, tool, arguments.clone()).await;
                let confirmation = with_preview(arguments.clone(), &preview);
                let before = times(&script.recorded(), &requests[place]);
                script.next(place, PASS);
                script.next(1, behaviour);
                change = tenant.agent.ok(name, tool, confirmation.clone()).await;
                assert_eq!(change["status"], "applied", "{name} {tool}: {change}");
                assert!(change["warnings"].to_string().contains("no answer"), "{name} {tool}: {change}");
                let again = tenant.agent.call(name, tool, confirmation).await;
                assert_eq!((&again["structuredContent"], &again["_meta"]["outcome"]), (&change, &json!("replayed")));
                assert_eq!(times(&script.recorded(), &requests[place]), before + 1, "{name} {tool} is sent twice");
            }
        }
    }
}

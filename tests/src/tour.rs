//! An integration's examples, played one after the other as an agent would.

use serde_json::Value;
use turnpike_sdk::{Access, Example, Integration};

use crate::agent::Agent;

/// One call of a tour.
#[derive(Debug)]
pub struct Stop {
    /// The tool.
    pub tool: &'static str,
    /// Its arguments, whole.
    pub arguments: Value,
    /// The result as it is on the wire.
    pub result: Value,
}

impl Stop {
    /// What the tool answered.
    pub fn answer(&self) -> &Value {
        &self.result["structuredContent"]
    }
}

/// Plays all examples; what is previewed is confirmed. Every call must succeed.
pub async fn tour(integration: &Integration, agent: &Agent) -> Vec<Stop> {
    let mut stops: Vec<Stop> = vec![];
    for example in (integration.examples)() {
        let before = stops.last().map_or(Value::Null, |stop| stop.answer().clone());
        let stop = visit(integration, agent, &example, example.arguments_after(&before)).await;
        let preview_id = stop.answer()["preview_id"].clone();
        let confirmation = (stop.answer()["status"] == "preview" && writes(integration, example.tool)).then(|| {
            let mut arguments = stop.arguments.clone();
            arguments["preview_id"] = preview_id;
            arguments
        });
        stops.push(stop);
        if let Some(arguments) = confirmation {
            stops.push(visit(integration, agent, &example, arguments).await);
        }
    }
    stops
}

async fn visit(integration: &Integration, agent: &Agent, example: &Example, arguments: Value) -> Stop {
    let (name, tool) = (integration.manifest.name, example.tool);
    let result = agent.call(name, tool, arguments.clone()).await;
    assert_eq!(result["isError"], false, "{name} {tool}: {result}");
    Stop { tool, arguments, result }
}

/// Whether the tool changes something.
pub fn writes(integration: &Integration, tool: &str) -> bool {
    integration.find_tool(tool).is_some_and(|tool| tool.spec.access == Access::Write)
}

/// The first example that reads and makes the upstream work.
pub async fn first_read(integration: &Integration, agent: &Agent, received: impl Fn() -> u64) -> Example {
    for example in (integration.examples)() {
        let touches_account = example.arguments.get("account_id").is_some();
        if touches_account && !writes(integration, example.tool) {
            let before = received();
            visit(integration, agent, &example, example.arguments.clone()).await;
            if received() > before {
                return example;
            }
        }
    }
    panic!("no example of {} reads from the upstream", integration.manifest.name)
}

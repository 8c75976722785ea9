//! What the real clients are to call, written to files for them: one for each server and one for the combined endpoint.

use std::{fs, path::Path};

use serde_json::{Value, json};
use turnpike_sdk::{Access, Example};

#[test]
fn every_tool_is_among_the_examples_of_its_server() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/examples");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let write = |server: &str, steps: &[Value]| {
        fs::write(folder.join(format!("{server}.json")), json!(steps).to_string()).unwrap();
    };
    let mut all = vec![];
    for integration in turnpike_catalog::integrations() {
        let name = integration.manifest.name;
        let mut planned = (integration.examples)();
        for tool in &integration.tools {
            assert!(
                planned.iter().any(|step| step.tool == tool.spec.name),
                "the examples of {name} lack {}",
                tool.spec.name
            );
        }
        // Those of the kit may be called too; of them, get_job need not be.
        let integration = integration.with_kit();
        let access = |name: &str| integration.tools.iter().find(|tool| tool.spec.name == name).unwrap().spec.access;
        let (mut alone, prefix) = (vec![], name.replace('-', "_"));
        if let Some(last) = planned.iter().rposition(|step| access(step.tool) == Access::Write) {
            // The last change is taken back, and that is taken back: everything is as it was.
            let revert = Example { takes: Some("change_id"), ..Example::of("revert_change", json!({})) };
            planned.splice(last + 1..last + 1, [revert.clone(), revert]);
        }
        for step in planned {
            let write = access(step.tool) == Access::Write;
            let written = |tool: &str| {
                let mut written = json!({ "tool": tool, "arguments": step.arguments, "write": write });
                if let Some(name) = step.takes {
                    written["takes"] = name.into();
                }
                written
            };
            alone.push(written(step.tool));
            all.push(written(&format!("{prefix}_{}", step.tool)));
        }
        write(name, &alone);
    }
    write("all", &all);
}

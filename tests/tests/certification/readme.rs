//! Each integration's README lists its tools as agents see them; the table is made from `tools/list`.

use std::{env, fs};

use serde_json::Value;

use crate::scene::{certified, folder, start};

const BEGIN: &str = "<!-- tools: made by `UPDATE_README=1 cargo nextest run -p turnpike-tests -E 'test(readme)'` -->\n";
const END: &str = "<!-- end of tools -->\n";

#[tokio::test]
async fn the_table_of_tools_is_the_list_that_agents_see() {
    let app = start().await;
    let tenant = app.tenant("one").await;
    for integration in certified() {
        let name = integration.manifest.name;
        let table = table(&tenant.agent.tools(&format!("/{name}/mcp")).await);
        let path = folder(name).join("README.md");
        let readme = fs::read_to_string(&path).unwrap();
        let (before, rest) = readme.split_once(BEGIN).unwrap_or_else(|| panic!("{name}: its README lacks {BEGIN}"));
        let (present, after) = rest.split_once(END).unwrap_or_else(|| panic!("{name}: its README lacks {END}"));
        if env::var_os("UPDATE_README").is_some() {
            fs::write(&path, [before, BEGIN, &table, END, after].concat()).unwrap();
        } else {
            assert_eq!(present, table, "{name}: the table of its README is not what agents see");
        }
    }
}

fn table(tools: &[Value]) -> String {
    let mut table = "| Tool | Kind | What agents are told |\n|---|---|---|\n".to_owned();
    for tool in tools {
        let text = |field: &str| tool[field].as_str().unwrap();
        let kind = if tool["annotations"]["readOnlyHint"] == true { "read" } else { "write" };
        table += &format!("| `{}` | {kind} | {} |\n", text("name"), text("description").replace('|', "\\|"));
    }
    table
}

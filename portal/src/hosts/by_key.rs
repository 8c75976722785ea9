//! Programs that send a key.
//!
//! No link holds the key: links are kept in histories. The program asks for it, or takes it from the environment.

use serde_json::{Value, json};

use super::{HostSettings, cursor_link, list_tools, pretty, vs_code_link};

/// What the settings are for.
pub struct HostTarget<'a> {
    /// What the server is called in the programs.
    pub name: &'a str,
    /// The MCP endpoint.
    pub url: &'a str,
    /// The key, while it can be shown; else a placeholder stands in its place.
    pub key: Option<&'a str>,
}

/// The settings for each program.
pub fn host_settings(target: &HostTarget<'_>) -> Vec<HostSettings> {
    let HostTarget { name, url, key } = target;
    let key = key.unwrap_or("YOUR-API-KEY");
    let variable = format!("{}_API_KEY", name.replace('-', "_").to_uppercase());
    let headers = |value: &str| json!({ "Authorization": format!("Bearer {value}") });
    let own = |id, title, how: &str, text, link| HostSettings { id, title, how: how.to_owned(), text, link };

    let claude = format!("claude mcp add --transport http {name} {url} --header \"Authorization: Bearer {key}\"");
    let cursor = json!({ "mcpServers": { *name: { "url": url, "headers": headers(key) } } });
    let from_environment = json!({ "url": url, "headers": headers(&format!("${{env:{variable}}}")) });
    let cursor_link = cursor_link(name, &from_environment);
    let asked = json!([{ "id": "api-key", "type": "promptString", "description": "API key", "password": true }]);
    let server = json!({ "type": "http", "url": url, "headers": headers("${input:api-key}") });
    let vs_code = json!({ "inputs": asked, "servers": { *name: server } });
    let mut install = json!({ "name": name, "inputs": asked });
    merge(&mut install, server);
    let vs_code_link = vs_code_link(&install);
    let openai = json!({ "type": "mcp", "server_label": name, "server_url": url, "authorization": key });
    let desktop = json!({ "mcpServers": { *name: {
        "command": "npx",
        "args": ["-y", "mcp-remote", url, "--header", format!("Authorization:${{{variable}}}")],
        "env": { variable.clone(): format!("Bearer {key}") },
    }}});
    vec![
        own("claude-code", "Claude Code", "Run this in a terminal.", claude, None),
        own(
            "claude-desktop",
            "Claude Desktop",
            "Put this into claude_desktop_config.json and restart the program. It needs Node.js.",
            pretty(&desktop),
            None,
        ),
        own(
            "cursor",
            "Cursor",
            &format!("Put this into .cursor/mcp.json. The link takes the key from the variable {variable}."),
            pretty(&cursor),
            Some(cursor_link),
        ),
        own(
            "vs-code",
            "VS Code",
            "Put this into .vscode/mcp.json, or use the link. VS Code asks for the key.",
            pretty(&vs_code),
            Some(vs_code_link),
        ),
        own(
            "openai",
            "OpenAI API",
            "Add this to `tools` of a request. It reaches public https addresses only.",
            pretty(&openai),
            None,
        ),
        own("curl", "curl", "Lists the tools.", list_tools(url, key), None),
    ]
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_holds_the_key_and_no_link_does() {
        let target = HostTarget { name: "north-light", url: "https://mcp.example/mcp", key: Some("tpk_test_CANARY") };
        for own in host_settings(&target) {
            // VS Code asks for it.
            assert_eq!(own.text.contains("CANARY"), own.id != "vs-code", "{}", own.id);
            assert!(own.text.contains("https://mcp.example/mcp"), "{}", own.id);
            assert!(!own.link.unwrap_or_default().contains("CANARY"));
        }
        let without = HostTarget { key: None, ..target };
        assert!(host_settings(&without).iter().all(|own| !own.text.contains("CANARY")));
    }
}

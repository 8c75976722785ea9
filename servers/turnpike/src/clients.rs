//! Settings to paste into the programs that people use.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};
use turnpike_core::TenantId;

/// One block for each program.
pub(crate) fn settings(
    url: &str,
    servers: &[(&str, String)],
    key: &str,
    tenant: TenantId,
    data: &Path,
) -> Result<String> {
    let combined = format!("{url}/mcp");
    let bearer = format!("Bearer {key}");
    let headers = json!({ "Authorization": bearer });
    let program = std::env::current_exe()?;
    let data = std::path::absolute(data)?;
    let stdio = |name: &str| json!({ "command": program, "args": ["stdio", "--server", name, "--tenant", tenant, "--data", data] });
    let desktop: Map<String, Value> = servers.iter().map(|(name, _)| ((*name).to_owned(), stdio(name))).collect();
    let desktop = json!({ "mcpServers": desktop });
    let cursor = json!({ "mcpServers": { "turnpike": { "url": combined, "headers": headers } } });
    let vs_code = json!({ "servers": { "turnpike": { "type": "http", "url": combined, "headers": headers } } });
    let openai = json!({ "type": "mcp", "server_label": "turnpike", "server_url": "https://YOUR-PUBLIC-HOST/mcp", "authorization": key });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    let list = servers.iter().map(|(name, url)| format!("  {name:<14} {url}\n")).collect::<String>();
    Ok(format!(
        "MCP servers\n  all in one     {combined}\n{list}\nAPI key (sandbox only)\n  {key}\n\n\
         Claude Code\n  claude mcp add --transport http turnpike {combined} --header \"Authorization: {bearer}\"\n\n\
         Claude Desktop, in claude_desktop_config.json\n{}\n\n\
         Cursor, in .cursor/mcp.json\n{}\n\n\
         VS Code, in .vscode/mcp.json\n{}\n\n\
         ChatGPT reaches public https addresses only, and its connectors sign in by OAuth. With a public host, the API takes the key:\n{}\n\n\
         curl\n  curl -s {combined} -H 'Authorization: {bearer}' -H 'Content-Type: application/json' \\\n    \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \\\n    \
         -d '{call}'\n",
        indented(&desktop)?,
        indented(&cursor)?,
        indented(&vs_code)?,
        indented(&openai)?,
    ))
}

fn indented(value: &Value) -> Result<String> {
    Ok(serde_json::to_string_pretty(value)?.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}

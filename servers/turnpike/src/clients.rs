//! Settings to paste into the programs that people use, as text.

use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};
use turnpike_core::TenantId;
use turnpike_portal::{HostTarget, host_settings, sign_in_settings};

/// One block for each program.
pub(crate) fn settings(
    url: &str,
    servers: &[(&str, String)],
    key: &str,
    tenant: TenantId,
    data: &Path,
) -> Result<String> {
    let combined = format!("{url}/mcp");
    let list = servers.iter().map(|(name, url)| format!("  {name:<14} {url}\n")).collect::<String>();
    let mut text = format!("MCP servers\n  all in one     {combined}\n{list}");
    text += "\nPrograms that sign you in need no key: they open a page of the portal, where you sign up and agree.\n";
    for host in sign_in_settings("turnpike", &combined) {
        // Both run at their makers', and reach public https addresses only.
        if !["sign-in-claude", "sign-in-chatgpt"].contains(&host.id) {
            text += &format!("\n{}: {}\n{}\n", host.title, host.how, indented(&host.text));
        }
    }
    text += &format!("\nThe others send an API key (sandbox only)\n  {key}\n");
    for host in host_settings(&HostTarget { name: "turnpike", url: &combined, key: Some(key) }) {
        // On this machine no bridge is needed: the program itself speaks over standard input and output.
        let (how, settings) = match host.id {
            "claude-desktop" => {
                ("In claude_desktop_config.json.".to_owned(), format!("{:#}", desktop(servers, tenant, data)?))
            }
            _ => (host.how, host.text),
        };
        text += &format!("\n{}: {how}\n{}\n", host.title, indented(&settings));
    }
    text += "\nClaude on the web and ChatGPT reach public https addresses only: not this one.\n";
    Ok(text)
}

fn desktop(servers: &[(&str, String)], tenant: TenantId, data: &Path) -> Result<Value> {
    let program = std::env::current_exe()?;
    let data = std::path::absolute(data)?;
    let stdio = |name: &str| json!({ "command": program, "args": ["stdio", "--server", name, "--tenant", tenant, "--data", data] });
    let servers: Map<String, Value> = servers.iter().map(|(name, _)| ((*name).to_owned(), stdio(name))).collect();
    Ok(json!({ "mcpServers": servers }))
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

//! Settings for the programs that people use: to paste, and one click where a program takes a link.
//!
//! Programs that sign a person in need the address only, and come first. The others send a key.

mod by_key;
mod by_sign_in;

use base64::{Engine as _, engine::general_purpose::STANDARD};
pub use by_key::{HostTarget, host_settings};
pub use by_sign_in::sign_in_settings;
use serde_json::{Value, json};
use url::form_urlencoded;

/// How one program is set up.
#[derive(Clone, Debug)]
pub struct HostSettings {
    /// Names it in the page.
    pub id: &'static str,
    /// The program.
    pub title: &'static str,
    /// What to do with the text.
    pub how: String,
    /// What to paste.
    pub text: String,
    /// What opens the program and sets it up.
    pub link: Option<String>,
}

/// Opens Cursor, which asks whether to add the server.
fn cursor_link(name: &str, server: &Value) -> String {
    form_urlencoded::Serializer::new("cursor://anysphere.cursor-deeplink/mcp/install?".to_owned())
        .append_pair("name", name)
        .append_pair("config", &STANDARD.encode(server.to_string()))
        .finish()
}

/// Opens VS Code, which asks whether to add the server.
fn vs_code_link(server: &Value) -> String {
    let encoded: String = form_urlencoded::byte_serialize(server.to_string().as_bytes()).collect();
    format!("vscode:mcp/install?{}", encoded.replace('+', "%20"))
}

/// A command that lists the tools, with a key or an access token.
pub(crate) fn list_tools(url: &str, credential: &str) -> String {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": { "_meta": {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    }}});
    format!(
        "curl -s {url} -H 'Authorization: Bearer {credential}' -H 'Content-Type: application/json' \\\n  \
         -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \\\n  \
         -d '{list}'"
    )
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

//! Programs that sign a person in: they need the address and nothing else.

use serde_json::json;

use super::{HostSettings, cursor_link, pretty, vs_code_link};

/// The settings for each program that signs a person in. `name` is what the server is called in the programs.
pub fn sign_in_settings(name: &str, url: &str) -> Vec<HostSettings> {
    let own = |id, title, how: &str, text, link| HostSettings { id, title, how: how.to_owned(), text, link };

    let terminal = format!("claude mcp add --transport http {name} {url}");
    let cursor = json!({ "mcpServers": { name: { "url": url } } });
    let server = json!({ "type": "http", "url": url });
    let vs_code = json!({ "servers": { name: server } });
    let link = json!({ "name": name, "type": "http", "url": url });
    let copilot = json!({ "mcpServers": { name: { "type": "http", "url": url, "tools": ["*"] } } });
    vec![
        own(
            "sign-in-claude",
            "Claude",
            "On the web and in Claude Desktop: Settings, Connectors, Add custom connector. Paste the address, then connect.",
            url.to_owned(),
            None,
        ),
        own(
            "sign-in-claude-code",
            "Claude Code",
            "Run this in a terminal. Then type /mcp in Claude Code, choose the server and sign in.",
            terminal,
            None,
        ),
        own(
            "sign-in-chatgpt",
            "ChatGPT",
            "Settings, Apps and connectors, Create (developer mode must be on). Paste the address as the server's URL and choose OAuth.",
            url.to_owned(),
            None,
        ),
        own(
            "sign-in-cursor",
            "Cursor",
            "Use the link, or put this into .cursor/mcp.json. Cursor then asks you to sign in.",
            pretty(&cursor),
            Some(cursor_link(name, &json!({ "url": url }))),
        ),
        own(
            "sign-in-vs-code",
            "VS Code",
            "Use the link, or put this into .vscode/mcp.json. VS Code then asks you to sign in.",
            pretty(&vs_code),
            Some(vs_code_link(&link)),
        ),
        own(
            "sign-in-copilot-cli",
            "Copilot CLI",
            "Put this into ~/.copilot/mcp-config.json, or type /mcp add. Copilot then asks you to sign in.",
            pretty(&copilot),
            None,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use url::Url;

    use super::*;

    #[test]
    fn each_program_is_given_the_address_and_no_place_for_a_key() {
        for own in sign_in_settings("north-light", "https://mcp.example/mcp") {
            assert!(own.text.contains("https://mcp.example/mcp"), "{}", own.id);
            let all = format!("{}{}", own.text, own.link.unwrap_or_default()).to_lowercase();
            assert!(!all.contains("authorization") && !all.contains("api-key"), "{}: {all}", own.id);
        }
    }

    #[test]
    fn links_hold_what_the_programs_read() {
        let all = sign_in_settings("north-light", "https://mcp.example/mcp");
        let link = |id: &str| Url::parse(all.iter().find(|own| own.id == id).unwrap().link.as_ref().unwrap()).unwrap();
        let cursor = link("sign-in-cursor");
        let config = cursor.query_pairs().find(|(name, _)| name == "config").unwrap().1;
        assert_eq!(STANDARD.decode(config.as_bytes()).unwrap(), br#"{"url":"https://mcp.example/mcp"}"#);
        let vs_code = link("sign-in-vs-code");
        let (server, _) = url::form_urlencoded::parse(vs_code.query().unwrap().as_bytes()).next().unwrap();
        let server: serde_json::Value = serde_json::from_str(&server).unwrap();
        assert_eq!(server, json!({ "name": "north-light", "type": "http", "url": "https://mcp.example/mcp" }));
    }
}

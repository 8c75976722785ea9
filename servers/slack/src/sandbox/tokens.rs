//! The tokens that the simulated Slack knows, and what each is good for.

use axum::http::{HeaderMap, header::AUTHORIZATION};
use serde_json::{Map, Value, json};
use turnpike_sdk::read_minted;

use super::{
    refusal::Refusal,
    world::{APP, BOT, BOT_USER, TEAM},
};
use crate::manifest::MANIFEST;

/// The token of the sandbox's connection: of an app that the workspace has made for itself.
pub(super) const WORKSPACE: &str = "xoxb-sandbox-workspace";
/// Of an app that is sold outside Slack's marketplace: its calls are counted, and it reads messages once a minute.
const DISTRIBUTED: &str = "xoxb-sandbox-distributed";
/// Of an app that may only read.
const READER: &str = "xoxb-sandbox-reader";
/// Of an app that rotates its tokens.
const ROTATED: &str = "xoxb-sandbox-rotated";
/// Of an app that is installed for a whole organization.
const ORGANIZATION: &str = "xoxb-sandbox-organization";
/// Of an app that was removed.
const REMOVED: &str = "xoxb-sandbox-removed";
/// Of a person.
const PERSON: &str = "xoxp-sandbox-person";

/// A token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Token {
    pub(super) scopes: &'static [&'static str],
    /// Whether its calls are counted, and messages read once a minute, fifteen at a time.
    pub(super) distributed: bool,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Bot,
    Rotated,
    Organization,
    Person,
}

/// The token of a request, which must be in its header.
pub(super) fn admit(headers: &HeaderMap) -> Result<Token, Refusal> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let text = header.and_then(|value| value.strip_prefix("Bearer ")).ok_or_else(|| Refusal::new("not_authed"))?;
    let bot = Token { scopes: MANIFEST.auth.scopes(), distributed: false, kind: Kind::Bot };
    let reads: &[&str] = &["channels:read", "channels:history", "users:read"];
    match text {
        WORKSPACE => Ok(bot),
        DISTRIBUTED => Ok(Token { distributed: true, ..bot }),
        READER => Ok(Token { scopes: reads, ..bot }),
        ROTATED => Ok(Token { kind: Kind::Rotated, ..bot }),
        ORGANIZATION => Ok(Token { kind: Kind::Organization, ..bot }),
        PERSON => Ok(Token { kind: Kind::Person, ..bot }),
        REMOVED => Err(Refusal::new("account_inactive")),
        text if read_minted(WORKSPACE, text) == Some("") => Ok(bot),
        _ => Err(Refusal::new("invalid_auth")),
    }
}

impl Token {
    /// Refuses a token that has none of these permissions.
    pub(super) fn needs(&self, one_of: &[&str]) -> Result<(), Refusal> {
        match one_of.iter().any(|scope| self.scopes.contains(scope)) {
            true => Ok(()),
            false => Err(Refusal::missing_scope(one_of.first().unwrap_or(&""), self.scopes)),
        }
    }

    /// `auth.test`
    pub(super) fn describe(&self) -> Value {
        let mut identity = Map::from_iter(
            [
                ("ok", json!(true)),
                ("url", json!("https://sandbox.slack.example/")),
                ("team", json!("Sandbox Workspace")),
                ("team_id", json!(TEAM)),
                ("user", json!("sandbox_bot")),
                ("user_id", json!(BOT_USER)),
                ("bot_id", json!(BOT)),
                ("app_id", json!(APP)),
                ("is_enterprise_install", json!(self.kind == Kind::Organization)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        );
        match self.kind {
            Kind::Person => drop((identity.remove("bot_id"), identity.insert("user_id".into(), json!("U0100000001")))),
            Kind::Rotated => drop(identity.insert("expires_in".into(), json!(43_200))),
            Kind::Bot | Kind::Organization => {}
        }
        Value::Object(identity)
    }
}

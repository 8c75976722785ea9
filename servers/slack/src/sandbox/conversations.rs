//! Channels: `conversations.list`, `users.conversations`, `conversations.info` and `conversations.setTopic`.

use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{
    page::{Cut, cut},
    params::Params,
    refusal::Refusal,
    tokens::Token,
    world::{BOT_USER, Channel, Message, World},
};
use crate::text::unescape;

/// Rows of one page, however many are asked for.
const PAGE: usize = 50;

impl World {
    /// `conversations.list`, and `users.conversations` of what the bot is in. What is archived is left out after the page was
    /// cut, so that a page may have any number of rows.
    pub(super) fn list_channels(&self, token: &Token, method: &str, mut params: Params) -> Result<Value, Refusal> {
        let types = params.text("types")?.unwrap_or_else(|| "public_channel".to_owned());
        for kind in types.split(',') {
            match kind {
                "public_channel" => token.needs(&["channels:read"])?,
                "private_channel" => token.needs(&["groups:read"])?,
                _ => return Err(Refusal::new("invalid_types")),
            }
        }
        let (no_archived, limit) = (params.flag("exclude_archived")?, params.limit(100, 999)?);
        let cursor = params.text("cursor")?;
        params.end()?;
        let kind = |channel: &Channel| {
            if channel.private { "private_channel" } else { "public_channel" }
        };
        let (joined_only, wanted): (bool, Vec<&str>) = (method == "users.conversations", types.split(',').collect());
        let all = self
            .channels
            .iter()
            .filter(|channel| wanted.contains(&kind(channel)) && channel.visible() && (channel.joined || !joined_only));
        let all = all.map(|channel| (channel.id.clone(), channel)).collect();
        let Cut { mut rows, next } = cut(all, method, cursor, limit.min(PAGE))?;
        rows.retain(|channel| !(channel.archived && no_archived));
        Ok(Cut { rows, next }.answer("channels", |channel| channel.show(!joined_only)))
    }

    /// `conversations.info`
    pub(super) fn channel_info(&mut self, token: &Token, mut params: Params) -> Result<Value, Refusal> {
        let id = params.need("channel")?;
        params.end()?;
        let channel = self.channel(&id)?;
        token.needs(channel.scope(&["channels:read"], &["groups:read"]))?;
        Ok(json!({ "ok": true, "channel": channel.show(true) }))
    }

    /// `conversations.setTopic`
    pub(super) fn set_topic(&mut self, token: &Token, mut params: Params, now: Timestamp) -> Result<Value, Refusal> {
        let (id, topic) = (params.need("channel")?, params.text("topic")?);
        params.end()?;
        let topic = topic.ok_or_else(|| Refusal::arguments("missing required field: topic"))?;
        let channel = self.channel(&id)?;
        let scopes =
            channel.scope(&["channels:write.topic", "channels:manage"], &["groups:write.topic", "groups:write"]);
        token.needs(scopes)?;
        channel.check_open()?;
        if unescape(&topic).chars().count() > 250 {
            return Err(Refusal::new("too_long"));
        }
        channel.topic = entities(&topic);
        let text = format!("<@{BOT_USER}> set the channel topic: {}", channel.topic);
        channel.say(now, Message { subtype: Some("channel_topic"), ..Message::of_bot(text) });
        Ok(json!({ "ok": true, "channel": channel.show(true) }))
    }
}

impl Channel {
    /// Where something may change.
    pub(super) fn check_open(&self) -> Result<(), Refusal> {
        match self {
            Self { archived: true, .. } => Err(Refusal::new("is_archived")),
            Self { joined: false, .. } => Err(Refusal::new("not_in_channel")),
            _ => Ok(()),
        }
    }

    fn show(&self, whole: bool) -> Value {
        let mut shown = json!({
            "id": self.id, "name": self.name, "is_channel": !self.private, "is_private": self.private,
            "is_archived": self.archived, "is_general": self.name == "general", "created": 1_700_000_000,
            "topic": { "value": self.topic, "creator": "U0100000001", "last_set": 1_700_000_000 },
            "purpose": { "value": format!("What {} is for", self.name), "creator": "", "last_set": 0 },
        });
        if whole {
            shown["is_member"] = self.joined.into();
            shown["num_members"] = 21.into();
        }
        shown
    }
}

/// As Slack keeps a text: three characters are entities, and those that are already stay so.
pub(super) fn entities(text: &str) -> String {
    let mut kept = String::new();
    for (at, character) in text.char_indices() {
        let is_entity = ["&amp;", "&lt;", "&gt;"].iter().any(|entity| text[at..].starts_with(entity));
        match character {
            '&' if !is_entity => kept.push_str("&amp;"),
            '<' => kept.push_str("&lt;"),
            '>' => kept.push_str("&gt;"),
            other => kept.push(other),
        }
    }
    kept
}

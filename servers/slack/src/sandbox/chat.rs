//! Messages of the bot's: `chat.postMessage` and `chat.update`.

use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{
    history::micros,
    params::Params,
    refusal::Refusal,
    tokens::Token,
    world::{BOT_USER, Message, World, ts},
};

/// What is far longer Slack cuts in silence; here it is refused.
const LONGEST: usize = 4000;

impl World {
    /// `chat.postMessage`
    pub(super) fn post(&mut self, token: &Token, mut params: Params, now: Timestamp) -> Result<Value, Refusal> {
        token.needs(&["chat:write"])?;
        let (id, text) = (params.need("channel")?, text(&mut params)?);
        let (thread, metadata) = (params.text("thread_ts")?, metadata(&mut params)?);
        for name in ["unfurl_links", "unfurl_media"] {
            if params.flag(name)? {
                return Err(Refusal::arguments("the sandbox fetches nothing"));
            }
        }
        params.end()?;
        let channel = self.channel(&id)?;
        channel.check_open()?;
        if channel.read_only {
            return Err(Refusal::new("restricted_action_read_only_channel"));
        }
        let parent = match thread {
            None => None,
            Some(thread) => {
                let parent = channel.messages.iter().find(|message| message.ts() == thread && message.parent.is_none());
                Some(parent.ok_or_else(|| Refusal::new("cannot_reply_to_message"))?.at)
            }
        };
        let at = channel.say(now, Message { parent, metadata, ..Message::of_bot(text) });
        Ok(json!({ "ok": true, "channel": id, "ts": ts(at), "message": { "type": "message", "ts": ts(at) } }))
    }

    /// `chat.update`: the bot's own messages only.
    pub(super) fn update(&mut self, token: &Token, mut params: Params) -> Result<Value, Refusal> {
        token.needs(&["chat:write"])?;
        let (id, at, text) = (params.need("channel")?, params.need("ts")?, text(&mut params)?);
        let metadata = metadata(&mut params)?;
        params.end()?;
        let at = micros(&at).ok_or_else(|| Refusal::new("message_not_found"))?;
        let channel = self.channel(&id)?;
        channel.check_open()?;
        let found = channel.messages.iter_mut().find(|message| message.at == at);
        let message = found.ok_or_else(|| Refusal::new("message_not_found"))?;
        if message.user != BOT_USER || message.subtype.is_some() {
            return Err(Refusal::new("cant_update_message"));
        }
        (message.text, message.edited) = (text, true);
        // What is not named stays.
        message.metadata = metadata.or_else(|| message.metadata.take());
        Ok(json!({ "ok": true, "channel": id, "ts": ts(at), "text": message.text }))
    }
}

fn text(params: &mut Params) -> Result<String, Refusal> {
    let text = params.text("text")?.filter(|text| !text.is_empty()).ok_or_else(|| Refusal::new("no_text"))?;
    match text.chars().count() {
        0..=LONGEST => Ok(text),
        _ => Err(Refusal::new("msg_too_long")),
    }
}

/// An event's type in lower case, and an object.
fn metadata(params: &mut Params) -> Result<Option<Value>, Refusal> {
    let Some(metadata) = params.take("metadata") else {
        return Ok(None);
    };
    let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let fits = metadata["event_type"].as_str().is_some_and(plain) && metadata["event_payload"].is_object();
    let known = metadata.as_object().is_some_and(|fields| fields.len() == 2);
    if fits && known { Ok(Some(metadata)) } else { Err(Refusal::new("invalid_metadata_format")) }
}

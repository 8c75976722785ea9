//! A message as agents see it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    api::Message,
    text::{cut, instant},
};

#[derive(Serialize, JsonSchema)]
pub(super) struct MessageLine {
    /// The message's id in its channel.
    ts: String,
    time: String,
    /// Who wrote it, for get_members; absent of some apps.
    #[serde(skip_serializing_if = "Option::is_none")]
    member_id: Option<String>,
    /// The app that wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    /// In Slack's own markup: `<@U…>` names a member, and `&amp;`, `&lt;`, `&gt;` stand for characters.
    text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    text_is_cut: bool,
    /// What happened, where that is not just a message: `channel_join`.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    /// The message that began the thread it is in; the same ts when it began one itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    thread_ts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replies: Option<u64>,
    /// Such as `thumbsup 3`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reactions: Vec<String>,
    /// Names of the files shared with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
}

impl MessageLine {
    /// With at most so many characters of its text.
    pub(super) fn of(message: Message, most: usize) -> Self {
        let (text, text_is_cut) = cut(&message.text, most);
        let named = message.bot_profile.and_then(|profile| profile.name).or(message.username);
        Self {
            time: instant(&message.ts).map(|at| at.to_string()).unwrap_or_default(),
            ts: message.ts,
            member_id: message.user,
            app: named.or(message.bot_id),
            text,
            text_is_cut,
            event: message.subtype.filter(|subtype| subtype != "bot_message"),
            thread_ts: message.thread_ts,
            replies: message.reply_count.filter(|count| *count > 0),
            reactions: message.reactions.iter().map(|one| format!("{} {}", one.name, one.count)).collect(),
            files: message.files.into_iter().filter_map(|file| file.name).collect(),
            edited: message.edited.is_some(),
        }
    }
}

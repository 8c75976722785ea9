//! Messages that this app's bot has posted, found again: by what it has written on them for itself.
//!
//! Slack gives a message its id only in the answer to the post. When that is lost, or when the message is to be taken back, a
//! mark in its metadata tells it from every other, whatever became of its text on the way.
//! <https://docs.slack.dev/messaging/message-metadata>

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::Canonical;
use turnpike_sdk::ToolError;

use crate::{
    api::{Listed, Message},
    arguments::{ChannelId, MessageTs},
    errors::NO_THREAD,
    text::ts_of_second,
    workspace::{PAGE, Workspace},
};

/// So far back posts are looked for.
const LOOKED_BACK: Duration = Duration::from_secs(12 * 3600);
/// So many pages are looked through.
const MOST_PAGES: usize = 5;
/// As many messages as an app that is sold outside the marketplace gets, once a minute: it is not asked for the next page.
/// <https://docs.slack.dev/apis/web-api/rate-limits>
const FEW: usize = 15;
/// Marks a message with a post's key.
const POSTED: &str = "agent_message";
/// Marks one that was taken back.
const WITHDRAWN: &str = "agent_message_withdrawn";
/// What is left of it. Nothing is deleted: who has seen it sees that it is taken back.
pub(crate) const IN_ITS_PLACE: &str = "_This message was taken back._";

/// A text at a place: in a channel, or in a thread of it.
#[derive(Clone, Copy)]
pub(crate) struct Post<'a> {
    pub(crate) channel: &'a ChannelId,
    pub(crate) thread: Option<&'a MessageTs>,
    pub(crate) text: &'a str,
}

/// The messages of a post that stand.
#[derive(Clone)]
pub(crate) struct Standing {
    /// Their `ts`, oldest first.
    pub(crate) messages: Vec<String>,
    /// What is older was not looked at.
    from: String,
}

impl Standing {
    /// As this later look shows it. What it did not reach, since the channel has moved on, is as it was; and what the first look
    /// did not reach stays out of the count.
    pub(crate) fn seen_again(self, later: Self) -> Self {
        let out_of_sight = self.messages.into_iter().filter(|ts| *ts < later.from);
        let in_sight = later.messages.into_iter().filter(|ts| *ts >= self.from);
        Self { messages: out_of_sight.chain(in_sight).collect(), from: self.from }
    }
}

impl Post<'_> {
    /// The same for the same text at the same place.
    fn key(self) -> String {
        let thread = self.thread.map(|ts| &**ts).unwrap_or_default();
        let place = Canonical::of("slack.post/1").field(self.channel.as_bytes()).field(thread);
        place.field(self.text).digest().to_string()[..32].to_owned()
    }

    /// Those that the bot has posted lately and not taken back.
    pub(crate) async fn find(self, workspace: Workspace<'_>) -> Result<Standing, ToolError> {
        let since = ts_of_second(workspace.cx.now().minus(LOOKED_BACK).micros() / 1_000_000);
        let mut query = vec![
            ("channel", self.channel.to_string()),
            ("oldest", since.clone()),
            ("limit", PAGE.to_string()),
            ("include_all_metadata", "true".to_owned()),
        ];
        query.extend(self.thread.map(|ts| ("ts", ts.to_string())));
        // The newest of a channel come first, and the oldest of a thread.
        let newest_first = self.thread.is_none();
        let method = if newest_first { "conversations.history" } else { "conversations.replies" };
        let (key, mut messages, mut shown, mut next) = (self.key(), vec![], None, None);
        for _ in 0..MOST_PAGES {
            let mut query = query.clone();
            query.extend(next.take().map(|next| ("cursor", next)));
            let page: Listed<Message> = match workspace.read(method, query).await {
                Ok(response) => response.json()?,
                Err(fault) if fault.code.as_deref() == Some(NO_THREAD) => return Err(self.no_thread()),
                Err(fault) => return Err(fault.into()),
            };
            next = page.next();
            shown = page.rows.last().map(|message| message.ts.clone()).or(shown);
            let few = page.rows.len() <= FEW;
            messages.extend(page.rows.into_iter().filter(|message| message.stands_for(&key)).map(|message| message.ts));
            if next.is_none() || (newest_first && few) {
                break;
            }
        }
        messages.sort();
        messages.dedup();
        let cut = shown.filter(|_| newest_first && next.is_some());
        Ok(Standing { messages, from: cut.unwrap_or(since) })
    }

    /// Posts the text once more.
    pub(crate) async fn add(self, workspace: Workspace<'_>) -> Result<(), ToolError> {
        let mut body = json!({
            "channel": self.channel, "text": self.text, "metadata": self.mark(POSTED),
            // What was previewed is what is posted: Slack fetches nothing that a link leads to.
            "unfurl_links": false, "unfurl_media": false,
        });
        if let Some(thread) = self.thread {
            body["thread_ts"] = json!(thread);
        }
        workspace.write("chat.postMessage", &body).await
    }

    /// Puts words in the place of one of its messages.
    pub(crate) async fn withdraw(self, workspace: Workspace<'_>, ts: &str) -> Result<(), ToolError> {
        let body = json!({ "channel": self.channel, "ts": ts, "text": IN_ITS_PLACE, "metadata": self.mark(WITHDRAWN) });
        workspace.write("chat.update", &body).await
    }

    fn mark(self, event_type: &str) -> Value {
        json!({ "event_type": event_type, "event_payload": { "key": self.key() } })
    }

    fn no_thread(self) -> ToolError {
        let thread = self.thread.map(|ts| &**ts).unwrap_or_default();
        ToolError::Refused {
            reason: format!("the channel {} has no message {thread} to reply to", self.channel),
            next_step: "Take the ts of a message from get_messages of the same channel.".into(),
        }
    }
}

impl Message {
    fn stands_for(&self, key: &str) -> bool {
        let marked = |mark: &crate::api::EventMetadata| mark.event_type == POSTED && mark.event_payload["key"] == key;
        self.metadata.as_ref().is_some_and(marked) && self.text != IN_ITS_PLACE
    }
}

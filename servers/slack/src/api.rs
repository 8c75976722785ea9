//! What Slack's Web API sends: only what the tools use. <https://docs.slack.dev/reference/methods>

use serde::Deserialize;

/// One page of a listing, whatever its rows are called.
#[derive(Deserialize)]
pub(crate) struct Listed<T> {
    #[serde(alias = "channels", alias = "messages", alias = "members")]
    pub(crate) rows: Vec<T>,
    #[serde(default)]
    response_metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    next_cursor: String,
}

impl<T> Listed<T> {
    /// Where the next page starts; Slack writes an empty text where there is none.
    pub(crate) fn next(&self) -> Option<String> {
        Some(self.response_metadata.next_cursor.clone()).filter(|cursor| !cursor.is_empty())
    }
}

/// What `auth.test` tells of a token.
#[derive(Deserialize)]
pub(crate) struct Identity {
    pub(crate) url: Option<String>,
    pub(crate) team: String,
    pub(crate) team_id: String,
    pub(crate) user_id: String,
    /// Of a bot's token only.
    pub(crate) bot_id: Option<String>,
    /// Of an app that rotates its tokens.
    pub(crate) expires_in: Option<u64>,
    #[serde(default)]
    pub(crate) is_enterprise_install: bool,
}

#[derive(Deserialize)]
pub(crate) struct OneChannel {
    pub(crate) channel: Channel,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) is_private: bool,
    pub(crate) is_archived: bool,
    /// Not told by `users.conversations`, which lists nothing else.
    pub(crate) is_member: Option<bool>,
    pub(crate) num_members: Option<u64>,
    pub(crate) topic: Described,
    pub(crate) purpose: Described,
}

/// A topic or a purpose.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Described {
    pub(crate) value: String,
}

/// A message of a channel or a thread.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct Message {
    pub(crate) ts: String,
    pub(crate) subtype: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) bot_id: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) bot_profile: Option<BotProfile>,
    pub(crate) text: String,
    pub(crate) thread_ts: Option<String>,
    pub(crate) reply_count: Option<u64>,
    pub(crate) reactions: Vec<Reaction>,
    pub(crate) files: Vec<SharedFile>,
    pub(crate) edited: Option<Edited>,
    pub(crate) metadata: Option<EventMetadata>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct BotProfile {
    pub(crate) name: Option<String>,
}

#[derive(Deserialize, Clone)]
pub(crate) struct Reaction {
    pub(crate) name: String,
    pub(crate) count: u64,
}

/// Of a file only its name is told; one that was removed has none.
#[derive(Deserialize, Default, Clone)]
#[serde(default)]
pub(crate) struct SharedFile {
    pub(crate) name: Option<String>,
}

#[derive(Deserialize, Clone)]
pub(crate) struct Edited {}

/// What an app has written on its own message, for itself.
#[derive(Deserialize, Clone)]
pub(crate) struct EventMetadata {
    pub(crate) event_type: String,
    #[serde(default)]
    pub(crate) event_payload: serde_json::Value,
}

#[derive(Deserialize)]
pub(crate) struct OneMember {
    pub(crate) user: User,
}

/// A member of the workspace. What identifies a person beyond names is not read.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) deleted: bool,
    pub(crate) is_bot: bool,
    pub(crate) is_admin: bool,
    pub(crate) is_owner: bool,
    pub(crate) is_restricted: bool,
    pub(crate) is_ultra_restricted: bool,
    pub(crate) tz: Option<String>,
    pub(crate) profile: Profile,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Profile {
    pub(crate) real_name: String,
    pub(crate) display_name: String,
    pub(crate) title: String,
}

//! `list_channels`: where the app's bot is, or could be.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    api::Channel,
    arguments::{MaxRows, WorkspaceId},
    text::unescape,
    workspace::{PAGE, Rows, Workspace},
};

pub(super) struct ListChannels;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The workspace, from list_accounts.
    account_id: WorkspaceId,
    /// Only channels whose name contains this.
    #[serde(default)]
    matching: Option<String>,
    /// Also public channels that the app's bot is not in, which can neither be read nor posted in.
    #[serde(default)]
    all_public: bool,
    /// Also archived channels.
    #[serde(default)]
    archived: bool,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    channels: Vec<Line>,
    page: Page,
    /// Why there are fewer rows than asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
struct Line {
    channel_id: String,
    name: String,
    /// Whether the app's bot is in it.
    joined: bool,
    private: bool,
    archived: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    topic: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    purpose: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    members: Option<u64>,
}

impl ReadTool for ListChannels {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_channels",
        "List channels",
        "The public and private channels that the app's bot is in, with topic and purpose; all_public adds those it is not in. \
         Use it to find a channel_id. Direct messages are not offered.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let workspace = Workspace::of(&cx, args.account_id.get(&cx)?);
        let method = if args.all_public { "conversations.list" } else { "users.conversations" };
        let query = vec![
            ("types", "public_channel,private_channel".to_owned()),
            ("exclude_archived", (!args.archived).to_string()),
            ("limit", PAGE.to_string()),
        ];
        let part = args.matching.as_deref().unwrap_or_default().trim_start_matches('#').to_lowercase();
        let wanted = |channel: &Channel, _| channel.name.to_lowercase().contains(&part);
        let Rows { rows, page, note } =
            workspace.rows((method, query), &args, args.max_rows, args.cursor.as_ref(), wanted).await?;
        let line = |channel: Channel| Line {
            joined: channel.is_member.unwrap_or(!args.all_public),
            channel_id: channel.id,
            name: channel.name,
            private: channel.is_private,
            archived: channel.is_archived,
            topic: unescape(&channel.topic.value),
            purpose: unescape(&channel.purpose.value),
            members: channel.num_members,
        };
        Ok(Answer { channels: rows.into_iter().map(line).collect(), page, note })
    }
}

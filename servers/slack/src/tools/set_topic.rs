//! `set_topic`: changes what stands at the head of a channel.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use turnpike_sdk::{Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    arguments::{ChannelId, WorkspaceId},
    text::{escape, unescape},
    workspace::Workspace,
};

/// Characters of a topic. <https://docs.slack.dev/reference/methods/conversations.setTopic>
const LONGEST_TOPIC: usize = 250;

pub(super) struct SetTopic;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The workspace, from list_accounts.
    account_id: WorkspaceId,
    /// The channel, from list_channels; the app's bot must be in it.
    channel_id: ChannelId,
    /// Plain text of one line and 250 characters at most; empty to have none.
    topic: Topic,
}

/// A topic.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("maxLength" = 250))]
struct Topic(String);

impl TryFrom<String> for Topic {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = text.chars().count() <= LONGEST_TOPIC && text.trim() == text && !text.chars().any(char::is_control);
        if fits {
            Ok(Self(text))
        } else {
            Err("a topic is one line of at most 250 characters, without spaces around it")
        }
    }
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// A channel's topic.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    channel_id: String,
    channel_name: String,
    topic: String,
}

impl WriteTool for SetTopic {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_topic",
        "Set a channel's topic",
        "Sets the topic of one channel that the app's bot is in; Slack tells the channel of it. Without preview_id it only \
         previews; send the same arguments with the preview_id to apply.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let channel = workspace.find_open_channel(&args.channel_id).await?;
        Ok(State { channel_id: channel.id, channel_name: channel.name, topic: unescape(&channel.topic.value) })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let after = State { topic: args.topic.0.clone(), ..before.clone() };
        let summary = format!("Sets the topic of #{} to “{}”.", before.channel_name, after.topic);
        Ok(Plan { after, summary, warnings: vec!["Slack tells everybody in the channel of the new topic.".to_owned()] })
    }

    /// Words cost nothing.
    fn spending(_: &State, _: &State) -> Spending {
        Spending::NoMore
    }

    async fn dry_run(_: &Args, _: &State, _: &Cx) -> Result<(), ToolError> {
        // Slack checks a topic only by setting it. What can be known is known from the channel.
        Ok(())
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        // Slack keeps three characters as entities, and takes them as such.
        let body = json!({ "channel": args.channel_id, "topic": escape(&target.topic) });
        workspace.write("conversations.setTopic", &body).await
    }
}

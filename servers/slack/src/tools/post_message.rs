//! `post_message`: says something in a channel, or in a thread of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    arguments::{ChannelId, MessageTs, WorkspaceId},
    posts::{IN_ITS_PLACE, Post, Standing},
    text::cut,
    workspace::Workspace,
};

/// As many characters as Slack recommends at most; it cuts what is far longer in silence.
const LONGEST_TEXT: usize = 4000;
/// Characters of the text that the summary quotes.
const QUOTED: usize = 80;

pub(super) struct PostMessage;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The workspace, from list_accounts.
    account_id: WorkspaceId,
    /// The channel, from list_channels; the app's bot must be in it.
    channel_id: ChannelId,
    /// In Slack's markup: *bold*, _italic_, `code`, <https://example.com|a link>, <@U0123456789> names a member; write &amp;
    /// &lt; &gt; for the characters themselves. It cannot notify whole channels or groups.
    text: Text,
    /// The ts of the message that is replied to, the one that began the thread.
    #[serde(default)]
    thread_ts: Option<MessageTs>,
    /// What was seen last: making the change does not ask again, since to some apps Slack shows messages once a minute, and
    /// what a later look does not reach any more is not forgotten.
    #[serde(skip)]
    #[schemars(skip)]
    seen: Mutex<Option<Standing>>,
}

/// What is said.
#[derive(Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(inline, extend("minLength" = 1, "maxLength" = 4000))]
struct Text(String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() {
            return Err("the text is empty");
        }
        if text.chars().count() > LONGEST_TEXT {
            return Err("the text may have 4000 characters; post a longer one in parts, as replies to the first");
        }
        // `<!channel>`, `<!here>`, `<!everyone>` and `<!subteam^S…>`.
        if text.replace("<!date^", "").contains("<!") {
            return Err("the text would notify a whole channel or group, which a person must do; leave `<!…>` out");
        }
        if text == IN_ITS_PLACE {
            return Err("this stands in the place of a post that was taken back; use revert_change for that");
        }
        Ok(Self(text))
    }
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// How often the text stands at its place. Slack knows no drafts: a post is one more of it.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    channel_id: String,
    channel_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thread_ts: Option<String>,
    text: String,
    /// How often this app has posted just this text there in the last 12 hours, and not taken it back.
    times_posted: usize,
}

impl WriteTool for PostMessage {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "post_message",
        "Post a message",
        "Posts a message as the app's bot, in a channel that it is in or as a reply in a thread. Without preview_id it only \
         previews; send the same arguments with the preview_id to post. revert_change puts a note in the message's place \
         within 12 hours; nothing is deleted, and who has read it has read it.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let channel = workspace.find_open_channel(&args.channel_id).await?;
        Ok(State {
            channel_id: channel.id,
            channel_name: channel.name,
            thread_ts: args.thread_ts.as_ref().map(MessageTs::to_string),
            text: args.text.0.clone(),
            times_posted: args.look(workspace).await?.len(),
        })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let after = State { times_posted: before.times_posted + 1, ..before.clone() };
        let (quoted, _) = cut(&before.text, QUOTED);
        let place = if args.thread_ts.is_some() { "in a thread of" } else { "in" };
        let summary = format!("Posts “{quoted}” {place} #{}.", before.channel_name);
        let mut warnings = vec!["Who is in the channel may read it at once, whatever is done to it later.".to_owned()];
        if before.times_posted > 0 {
            let times = before.times_posted;
            warnings.push(format!("This app has posted just this text there {times} time(s) in the last 12 hours."));
        }
        if before.text.contains("<@") {
            warnings.push("Members whom the text names are notified.".to_owned());
        }
        Ok(Plan { after, summary, warnings })
    }

    /// Words cost nothing.
    fn spending(_: &State, _: &State) -> Spending {
        Spending::NoMore
    }

    async fn dry_run(_: &Args, _: &State, _: &Cx) -> Result<(), ToolError> {
        // Slack checks a post only by making it. What can be known is known from the channel.
        Ok(())
    }

    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let workspace = Workspace::of(cx, args.account_id.get(cx)?);
        let seen = args.seen().clone();
        let standing = match seen {
            Some(standing) => standing.messages,
            None => args.look(workspace).await?,
        };
        match standing.last() {
            _ if target.times_posted == standing.len() + 1 => args.post().add(workspace).await,
            Some(ts) if target.times_posted + 1 == standing.len() => {
                args.post().withdraw(workspace, ts).await?;
                args.forget(ts);
                Ok(())
            }
            _ => Err(ToolError::Refused {
                reason: "the same text was posted or taken back there just now by another call".into(),
                next_step: "Preview again to see how often it stands there.".into(),
            }),
        }
    }
}

impl Args {
    fn post(&self) -> Post<'_> {
        Post { channel: &self.channel_id, thread: self.thread_ts.as_ref(), text: &self.text.0 }
    }

    /// Its messages that stand, oldest first.
    async fn look(&self, workspace: Workspace<'_>) -> Result<Vec<String>, ToolError> {
        let found = self.post().find(workspace).await?;
        let mut seen = self.seen();
        let standing = match seen.take() {
            Some(earlier) => earlier.seen_again(found),
            None => found,
        };
        Ok(seen.insert(standing).messages.clone())
    }

    fn forget(&self, ts: &str) {
        if let Some(seen) = &mut *self.seen() {
            seen.messages.retain(|own| own != ts);
        }
    }

    fn seen(&self) -> MutexGuard<'_, Option<Standing>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

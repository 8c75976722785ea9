//! What was written: `conversations.history` and `conversations.replies`.

use serde_json::{Value, json};

use super::{
    page::cut,
    params::Params,
    refusal::Refusal,
    tokens::Token,
    world::{Channel, Message, World},
};

/// Rows of one page, however many are asked for; and of an app that is sold outside the marketplace.
const PAGE: usize = 50;
const DISTRIBUTED_PAGE: usize = 15;

/// The range of instants that is asked for.
struct Between {
    oldest: i64,
    latest: i64,
    inclusive: bool,
}

impl World {
    /// `conversations.history`: newest first, without replies.
    pub(super) fn history(&mut self, token: &Token, method: &str, mut params: Params) -> Result<Value, Refusal> {
        let (channel, between, limit) = self.asked(token, &mut params)?;
        let (cursor, metadata) = (params.text("cursor")?, params.flag("include_all_metadata")?);
        params.end()?;
        let mut found: Vec<&Message> = channel.messages.iter().filter(|message| message.parent.is_none()).collect();
        found.retain(|message| between.holds(message.at));
        found.sort_by_key(|message| std::cmp::Reverse(message.at));
        let rows = found.into_iter().map(|message| (message.ts(), message)).collect();
        let cut = cut(rows, method, cursor, limit)?;
        let has_more = !cut.next.is_empty();
        let mut answer = cut.answer("messages", |message| message.show(channel.replies_to(message), metadata));
        answer["has_more"] = has_more.into();
        answer["pin_count"] = 0.into();
        Ok(answer)
    }

    /// `conversations.replies`: oldest first; each page begins with the message that began the thread.
    pub(super) fn replies(&mut self, token: &Token, method: &str, mut params: Params) -> Result<Value, Refusal> {
        let root = micros(&params.need("ts")?).ok_or_else(|| Refusal::new("invalid_arguments"))?;
        let (channel, between, limit) = self.asked(token, &mut params)?;
        let (cursor, metadata) = (params.text("cursor")?, params.flag("include_all_metadata")?);
        params.end()?;
        let parent = channel.messages.iter().find(|message| message.at == root && message.parent.is_none());
        let parent = parent.ok_or_else(|| Refusal::new("thread_not_found"))?;
        let mut replies: Vec<&Message> =
            channel.messages.iter().filter(|message| message.parent == Some(root)).collect();
        let count = replies.len();
        replies.retain(|message| between.holds(message.at));
        replies.sort_by_key(|message| message.at);
        let rows = replies.into_iter().map(|message| (message.ts(), message)).collect();
        let mut cut = cut(rows, method, cursor, limit)?;
        cut.rows.insert(0, parent);
        let has_more = !cut.next.is_empty();
        let shown = |message: &&Message| message.show(if message.at == root { count } else { 0 }, metadata);
        let mut answer = cut.answer("messages", shown);
        answer["has_more"] = json!(has_more);
        Ok(answer)
    }

    fn asked(&mut self, token: &Token, params: &mut Params) -> Result<(&Channel, Between, usize), Refusal> {
        let id = params.need("channel")?;
        let (usual, most) = if token.distributed { (DISTRIBUTED_PAGE, DISTRIBUTED_PAGE) } else { (100, PAGE) };
        // More than the app may have is not refused: it gets what it may have.
        let limit = params.limit(usual, 999)?.min(most);
        let between = Between::read(params)?;
        let channel = self.channel(&id)?;
        token.needs(channel.scope(&["channels:history"], &["groups:history"]))?;
        match channel.joined {
            true => Ok((channel, between, limit)),
            false => Err(Refusal::new("not_in_channel")),
        }
    }
}

impl Channel {
    fn replies_to(&self, message: &Message) -> usize {
        self.messages.iter().filter(|reply| reply.parent == Some(message.at)).count()
    }
}

impl Between {
    fn read(params: &mut Params) -> Result<Self, Refusal> {
        let mut bound = |name: &'static str, word: &'static str, none: i64| match params.text(name)? {
            None => Ok(none),
            Some(text) => micros(&text).ok_or_else(|| Refusal::new(word)),
        };
        let oldest = bound("oldest", "invalid_ts_oldest", 0)?;
        let latest = bound("latest", "invalid_ts_latest", i64::MAX)?;
        Ok(Self { oldest, latest, inclusive: params.flag("inclusive")? })
    }

    fn holds(&self, at: i64) -> bool {
        if self.inclusive { (self.oldest..=self.latest).contains(&at) } else { self.oldest < at && at < self.latest }
    }
}

/// A `ts` to the microsecond; nothing else is taken here, although Slack takes seconds too.
pub(super) fn micros(ts: &str) -> Option<i64> {
    let (seconds, micros) = ts.split_once('.').filter(|(seconds, micros)| seconds.len() <= 10 && micros.len() == 6)?;
    let (seconds, micros): (i64, i64) = (seconds.parse().ok()?, micros.parse().ok()?);
    (seconds >= 0 && micros >= 0).then_some(seconds * 1_000_000 + micros)
}

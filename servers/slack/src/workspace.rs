//! One workspace, as the target of requests.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_core::{Class, Fault};
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, Response, ToolError};

use crate::{
    accounts::JSON,
    api::{Channel, Listed, OneChannel},
    arguments::{ChannelId, MaxRows},
    errors::NO_CHANNEL,
};

/// The largest page that Slack recommends to ask for.
pub(crate) const PAGE: usize = 200;
/// So many of Slack's pages are read for one answer: what is looked for may be far down a long list.
const MOST_PAGES: usize = 10;

/// The workspace of a connection.
#[derive(Clone, Copy)]
pub(crate) struct Workspace<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) account: &'a Account,
}

/// Where the next page starts: in Slack's page `after`, behind `skip` rows.
#[derive(Serialize, Deserialize, Default)]
struct Place {
    after: Option<String>,
    skip: usize,
}

/// Rows of a listing.
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) page: Page,
    /// Why there are fewer than were asked for.
    pub(crate) note: Option<String>,
}

impl<'a> Workspace<'a> {
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, account }
    }

    /// Calls a method that reads.
    pub(crate) async fn read(
        self,
        method: &'static str,
        query: Vec<(&'static str, String)>,
    ) -> Result<Response, Fault> {
        let request = Request { query, ..Request::get(format!("/api/{method}")) };
        self.cx.send(request.account(&self.account.id).counted_as(method)).await
    }

    /// Calls a method that changes something.
    pub(crate) async fn write(self, method: &'static str, body: &(impl Serialize + Sync)) -> Result<(), ToolError> {
        let mut request = Request::post(format!("/api/{method}"), body, Effect::Write)?;
        request.content_type = Some(JSON);
        self.cx.send(request.account(&self.account.id).counted_as(method)).await?;
        Ok(())
    }

    /// A channel that the bot is in and that is not archived: only there something can change.
    pub(crate) async fn find_open_channel(self, id: &ChannelId) -> Result<Channel, ToolError> {
        let channel = self.get_channel(id).await?;
        let (reason, next_step) = match (channel.is_archived, channel.is_member) {
            (true, _) => ("is archived", "Choose another; a person can unarchive it in Slack."),
            (false, Some(false)) => {
                ("does not have the app's bot in it", "A member of it types /invite and the app's name there.")
            }
            _ => return Ok(channel),
        };
        Err(ToolError::Refused { reason: format!("the channel {id} {reason}"), next_step: next_step.into() })
    }

    async fn get_channel(self, id: &ChannelId) -> Result<Channel, ToolError> {
        match self.read("conversations.info", vec![("channel", id.to_string())]).await {
            Ok(response) => Ok(response.json::<OneChannel>()?.channel),
            Err(fault) if fault.code.as_deref() == Some(NO_CHANNEL) => Err(ToolError::Refused {
                reason: format!("there is no channel {id}, or it is a private one that the app's bot is not in"),
                next_step: "Take the id from list_channels.".into(),
            }),
            Err(fault) => Err(fault.into()),
        }
    }

    /// At most `max_rows` of a method's rows that `pick` wants. The cursor opens only for the same `args`.
    ///
    /// When Slack asks to wait in between, what has been read is given out, with a cursor for the rest: to apps that are sold
    /// outside its marketplace it lets messages be read once a minute, fifteen at a time.
    pub(crate) async fn rows<T: DeserializeOwned>(
        self,
        (method, query): (&'static str, Vec<(&'static str, String)>),
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
        pick: impl Fn(&T, bool) -> bool,
    ) -> Result<Rows<T>, ToolError> {
        let place: Option<Place> = cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()?;
        let from_start = place.is_none();
        let Place { mut after, mut skip } = place.unwrap_or_default();
        let (mut rows, mut note, mut pages) = (vec![], None, 0);
        let next = loop {
            let first = after.is_none();
            let mut query = query.clone();
            query.extend(after.clone().map(|after| ("cursor", after)));
            let page: Listed<T> = match self.read(method, query).await {
                Ok(response) => response.json()?,
                Err(fault) if pages > 0 && asks_to_wait(&fault) => {
                    note = Some(told(&fault));
                    break Some(Place { after, skip });
                }
                Err(fault) => return Err(fault.into()),
            };
            pages += 1;
            let wanted = max_rows.get() - rows.len();
            let next = page.next();
            let picked: Vec<T> = page.rows.into_iter().filter(|row| pick(row, first)).collect();
            let left = picked.len().saturating_sub(skip);
            rows.extend(picked.into_iter().skip(skip).take(wanted));
            match next {
                _ if left > wanted => {
                    break Some(Place { after, skip: skip + wanted });
                }
                None => break None,
                next if left == wanted || pages == MOST_PAGES => break Some(Place { after: next, skip: 0 }),
                next => (after, skip) = (next, 0),
            }
        };
        // Slack does not count what it lists.
        let total = (from_start && next.is_none()).then_some(rows.len() as u64);
        let page = Page::new(rows.len(), total, next.map(|next| self.cx.cursor(args, &next)));
        Ok(Rows { rows, page, note })
    }
}

fn asks_to_wait(fault: &Fault) -> bool {
    matches!(fault.class, Class::RateStorm | Class::QuotaDaily)
}

fn told(fault: &Fault) -> String {
    let until = fault.retry_at.map_or_else(|| "a minute has passed".to_owned(), |at| at.to_string());
    format!(
        "Slack lets this app read no more now. These are the rows read so far; send next_cursor after {until} for more."
    )
}

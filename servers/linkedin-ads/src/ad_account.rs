//! One ad account, as the target of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, ToolError};

use crate::{
    api::{Batch, Found, ItemStatus, Update, Updates},
    arguments::{EntityId, MaxRows},
    restli::{Query, Value, list},
};

/// LinkedIn's own pages, and what one batch may hold.
const PAGE: usize = 100;

/// An ad account of the connection.
#[derive(Clone, Copy)]
pub(crate) struct AdAccount<'a> {
    cx: &'a Cx,
    account: &'a Account,
}

/// Where the next page starts: in the upstream's page of `token`, after `skip` rows.
#[derive(Serialize, Deserialize, Default)]
struct Place {
    token: Option<String>,
    skip: usize,
}

impl<'a> AdAccount<'a> {
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, account }
    }

    /// One page of at most `max_rows` entities of a collection. The cursor opens only for the same `args`.
    pub(crate) async fn page<T: DeserializeOwned>(
        self,
        collection: &'static str,
        query: &Query,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<T>, Page), ToolError> {
        let place = cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()?;
        let Place { mut token, mut skip } = place.unwrap_or_default();
        let size = u32::try_from(max_rows.get().min(PAGE)).unwrap_or_default();
        let mut rows: Vec<T> = vec![];
        let next = loop {
            let query = query.clone().with("pageSize", size).with_some("pageToken", token.as_deref());
            let found: Found<T> = self.read(query.get(&self.path(collection), "FINDER").counted_as(collection)).await?;
            let wanted = max_rows.get() - rows.len();
            let left = found.elements.len().saturating_sub(skip);
            rows.extend(found.elements.into_iter().skip(skip).take(wanted));
            match found.metadata.next_page_token {
                _ if left > wanted => break Some(Place { token, skip: skip + wanted }),
                None => break None,
                Some(next) if left == wanted => break Some(Place { token: Some(next), skip: 0 }),
                Some(next) => (token, skip) = (Some(next), 0),
            }
        };
        // LinkedIn does not count what it lists by token.
        let total = (cursor.is_none() && next.is_none()).then_some(rows.len() as u64);
        let page = Page::new(rows.len(), total, next.map(|next| self.cx.cursor(args, &next)));
        Ok((rows, page))
    }

    /// Entities by id, as far as they exist.
    pub(crate) async fn batch<T: DeserializeOwned>(
        self,
        collection: &'static str,
        ids: impl IntoIterator<Item = impl Into<Value>>,
    ) -> Result<Vec<T>, ToolError> {
        let ids: Vec<Value> = ids.into_iter().map(Into::into).collect();
        let mut found = vec![];
        for some in ids.chunks(PAGE) {
            let query = Query::default().with("ids", list(some.iter().cloned()));
            let batch: Batch<T> =
                self.read(query.get(&self.path(collection), "BATCH_GET").counted_as(collection)).await?;
            found.extend(batch.results.into_values());
        }
        Ok(found)
    }

    /// Sets fields of one entity.
    pub(crate) async fn update<T: Serialize>(
        self,
        collection: &'static str,
        id: EntityId,
        fields: T,
    ) -> Result<(), ToolError> {
        let path = format!("{}/{id}", self.path(collection));
        let request = Request::post(path, &Update::set(fields), Effect::Write)?;
        let request = request.header("X-RestLi-Method", "PARTIAL_UPDATE").counted_as(collection);
        self.cx.send(request.account(&self.account.id)).await?;
        Ok(())
    }

    /// Sets fields of several entities. LinkedIn changes each on its own: when some are refused, the others are changed.
    pub(crate) async fn update_all<T: Serialize>(
        self,
        collection: &'static str,
        fields: BTreeMap<EntityId, T>,
    ) -> Result<(), ToolError> {
        let query = Query::default().with("ids", list(fields.keys().map(|id| id.0)));
        let entities = fields.into_iter().map(|(id, fields)| (id.to_string(), Update::set(fields))).collect();
        let request = Request::post(self.path(collection), &Updates { entities }, Effect::Write)?
            .raw_query(query.as_str())
            .header("X-RestLi-Method", "BATCH_PARTIAL_UPDATE")
            .counted_as(collection)
            .account(&self.account.id);
        let batch: Batch<ItemStatus> = self.cx.send(request).await?.json()?;
        let done = batch.results.values().filter(|item| item.status < 300).count();
        let by_status = batch.results.iter().filter(|(_, item)| item.status >= 300);
        let mut refused: Vec<String> =
            by_status.map(|(id, item)| format!("{id}: HTTP status {}", item.status)).collect();
        refused.extend(batch.errors.iter().map(|(id, error)| format!("{id}: {} ({})", error.message, error.status)));
        if refused.is_empty() {
            return Ok(());
        }
        Err(ToolError::Refused {
            reason: format!("LinkedIn changed {done} and refused {}: {}", refused.len(), refused.join("; ")),
            next_step: "Look at the present state, then preview again for those that LinkedIn refused.".into(),
        })
    }

    async fn read<T: DeserializeOwned>(self, request: Request) -> Result<T, ToolError> {
        Ok(self.cx.send(request.account(&self.account.id)).await?.json()?)
    }

    fn path(self, collection: &str) -> String {
        format!("/rest/adAccounts/{}/{collection}", self.account.id)
    }
}

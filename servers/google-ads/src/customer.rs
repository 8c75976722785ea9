//! One Google Ads account, as the target of requests.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_core::AccountId;
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, ToolError, arguments::MaxRows};

use crate::{
    api::{
        Metrics, MutateRequest, Operation, SearchRequest, SearchResponse, SearchSettings, StreamBatch, StreamRequest,
    },
    gaql::Query,
};

/// Rows of a page of Google's, which cannot be made smaller.
const GOOGLE_PAGE: u32 = 10_000;

/// An account and the manager through which it is reached.
#[derive(Clone, Copy)]
pub(crate) struct Customer<'a> {
    cx: &'a Cx,
    id: &'a AccountId,
    via: Option<&'a AccountId>,
}

/// Where the next page starts: in the upstream's page of `token`, after `skip` rows.
///
/// Ours are cut from Google's.
#[derive(Serialize, Deserialize, Default)]
struct Place {
    token: Option<String>,
    skip: usize,
}

impl<'a> Customer<'a> {
    /// An account of the connection.
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, id: &account.id, via: account.via.as_ref() }
    }

    /// An account that is not on the connection's list yet.
    pub(crate) fn found(cx: &'a Cx, id: &'a AccountId, via: Option<&'a AccountId>) -> Self {
        Self { cx, id, via }
    }

    /// One page of at most `max_rows` rows. The cursor opens only for the same `args`.
    pub(crate) async fn page<Row: DeserializeOwned>(
        self,
        query: &Query,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<Row>, Page), ToolError> {
        let place = cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()?;
        let Place { token, skip } = place.unwrap_or_default();
        let end = skip.saturating_add(max_rows.get());
        // Within the first of Google's pages a limit spares both of us the rest of it. A token is good for the query that it
        // came from, so beyond that page no limit is ours.
        let cut = u32::try_from(end + 1).ok().filter(|cut| token.is_none() && *cut < GOOGLE_PAGE);
        let asked = Query {
            limit: cut.map(|cut| query.limit.map_or(cut, |own| own.min(cut))).or(query.limit),
            ..query.clone()
        };
        let found: SearchResponse<Row> = self.search(&asked, token.as_deref()).await?;

        let next = match (end < found.results.len(), found.next_page_token) {
            (true, _) => Some(Place { token, skip: end }),
            (false, Some(token)) => Some(Place { token: Some(token), skip: 0 }),
            (false, None) => None,
        };
        let rows: Vec<Row> = found.results.into_iter().skip(skip).take(max_rows.get()).collect();
        // Google counts without regard to LIMIT.
        let total = u64::try_from(found.total_results_count)
            .ok()
            .map(|all| query.limit.map_or(all, |limit| all.min(limit.into())));
        let page = Page::new(rows.len(), total, next.map(|next| self.cx.cursor(args, &next)));
        Ok((rows, page))
    }

    /// Every row, page after page: for small listings only.
    pub(crate) async fn rows<Row: DeserializeOwned>(self, query: &Query) -> Result<Vec<Row>, ToolError> {
        let mut rows = vec![];
        let mut token = None;
        loop {
            let found: SearchResponse<Row> = self.search(query, token.as_deref()).await?;
            rows.extend(found.results);
            match found.next_page_token {
                Some(next) => token = Some(next),
                None => return Ok(rows),
            }
        }
    }

    /// The metrics of all rows together, of however many pages; asked for with the first page only.
    pub(crate) async fn totals(self, query: &Query, cursor: Option<&Cursor>) -> Result<Option<Metrics>, ToolError> {
        if cursor.is_some() {
            return Ok(None);
        }
        let body = StreamRequest { query: query.to_string(), summary_row_setting: "SUMMARY_ROW_ONLY" };
        let request = self.post("googleAds:searchStream", &body, Effect::Read)?;
        let batches: Vec<StreamBatch> = self.cx.send(request).await?.json()?;
        Ok(Some(batches.into_iter().rev().find_map(|batch| batch.summary_row).unwrap_or_default().metrics))
    }

    /// Asks Google to check `updates` without making them.
    pub(crate) async fn check<U: Serialize>(
        self,
        service: &str,
        mask: &'static str,
        updates: Vec<U>,
    ) -> Result<(), ToolError> {
        self.mutate(service, mask, updates, true).await
    }

    /// Makes `updates`, all or none.
    pub(crate) async fn apply<U: Serialize>(
        self,
        service: &str,
        mask: &'static str,
        updates: Vec<U>,
    ) -> Result<(), ToolError> {
        self.mutate(service, mask, updates, false).await
    }

    /// The resource name of something of this account.
    pub(crate) fn resource(self, collection: &str, id: impl std::fmt::Display) -> String {
        format!("customers/{}/{collection}/{id}", self.id)
    }

    async fn search<Row: DeserializeOwned>(
        self,
        query: &Query,
        token: Option<&str>,
    ) -> Result<SearchResponse<Row>, ToolError> {
        let body = SearchRequest {
            query: query.to_string(),
            page_token: token,
            search_settings: SearchSettings { return_total_results_count: true },
        };
        // A further page costs nothing.
        let operations = usize::from(token.is_none());
        let request = self.post("googleAds:search", &body, Effect::Read)?.operations(operations);
        Ok(self.cx.send(request).await?.json()?)
    }

    async fn mutate<U: Serialize>(
        self,
        service: &str,
        update_mask: &'static str,
        updates: Vec<U>,
        validate_only: bool,
    ) -> Result<(), ToolError> {
        let operations: Vec<_> = updates.into_iter().map(|update| Operation { update_mask, update }).collect();
        let count = operations.len();
        let effect = if validate_only { Effect::Read } else { Effect::Write };
        let request = self.post(&format!("{service}:mutate"), &MutateRequest { operations, validate_only }, effect)?;
        self.cx.send(request.operations(count)).await?;
        Ok(())
    }

    fn post(self, method: &str, body: &impl Serialize, effect: Effect) -> Result<Request, ToolError> {
        let path = format!("/{}/customers/{}/{method}", self.cx.version(), self.id);
        let request = Request::post(path, body, effect)?.account(self.id);
        Ok(match self.via {
            Some(manager) => request.header("login-customer-id", manager.as_str()),
            None => request,
        })
    }
}

//! One workspace, as the target of requests.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use turnpike_core::{Class, Fault};
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, ToolError, arguments::MaxRows};

use crate::{api::List, manifest::VERSION_HEADER};

/// The most that Notion gives at once.
const PAGE: usize = 100;
/// Requests for one answer; what is left follows with the cursor.
const MOST_REQUESTS: usize = 20;

/// A workspace of the connection.
#[derive(Clone, Copy)]
pub(crate) struct Workspace<'a> {
    cx: &'a Cx,
    account: &'a Account,
}

/// Where rows come from, without the place to go on from.
pub(crate) enum Listing<'a> {
    /// By a body.
    Post { path: String, body: Map<String, Value> },
    /// By an address.
    Get { path: &'static str, query: Vec<(&'static str, &'a str)> },
}

/// Rows, the page that they are, and whether Notion left rows out of the whole.
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    pub(crate) page: Page,
    pub(crate) incomplete: bool,
}

impl<'a> Workspace<'a> {
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, account }
    }

    /// Reads one thing.
    pub(crate) async fn get<T: DeserializeOwned>(self, path: impl Into<String>) -> Result<T, ToolError> {
        self.send(Request::get(path)).await
    }

    /// The same, where it may not be there or not be shared.
    pub(crate) async fn find<T: DeserializeOwned>(self, path: impl Into<String>) -> Result<Option<T>, ToolError> {
        match self.get(path).await {
            Ok(found) => Ok(Some(found)),
            Err(ToolError::Upstream(fault)) if is_missing(&fault) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends anything else.
    pub(crate) async fn send<T: DeserializeOwned>(self, request: Request) -> Result<T, ToolError> {
        Ok(self.cx.send(versioned(self.cx, request).account(&self.account.id)).await?.json()?)
    }

    /// Where a page begins, if not at the beginning. The cursor opens only for the same `args`: ask before Notion is asked.
    pub(crate) fn start(self, args: &impl Serialize, cursor: Option<&Cursor>) -> Result<Option<String>, ToolError> {
        cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()
    }

    /// One page of at most `max_rows` rows, from where [`Workspace::start`] told.
    pub(crate) async fn page<T: DeserializeOwned>(
        self,
        listing: &Listing<'_>,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        mut next: Option<String>,
    ) -> Result<Rows<T>, ToolError> {
        let (mut rows, mut incomplete, mut asked) = (vec![], false, 0);
        loop {
            asked += 1;
            let size = (max_rows.get() - rows.len()).min(PAGE);
            let list: List<T> = self.send(listing.request(size, next.as_deref())?).await?;
            rows.extend(list.results);
            incomplete |= list.request_status.kind == "incomplete";
            next = list.next_cursor.filter(|_| list.has_more);
            // A page may hold fewer rows than were asked for, and still be followed by others.
            if next.is_none() || rows.len() >= max_rows.get() || asked >= MOST_REQUESTS {
                let page = Page::new(rows.len(), None, next.map(|next| self.cx.cursor(args, &next)));
                return Ok(Rows { rows, page, incomplete });
            }
        }
    }
}

impl Listing<'_> {
    fn request(&self, size: usize, start: Option<&str>) -> Result<Request, ToolError> {
        match self {
            Self::Post { path, body } => {
                let mut body = body.clone();
                body.insert("page_size".into(), size.into());
                body.extend(start.map(|start| ("start_cursor".to_owned(), start.into())));
                Request::post(path.clone(), &body, Effect::Read)
            }
            Self::Get { path, query } => {
                let mut request = Request::get(*path);
                request.query.extend(query.iter().map(|(name, value)| (*name, (*value).to_owned())));
                request.query.push(("page_size", size.to_string()));
                request.query.extend(start.map(|start| ("start_cursor", start.to_owned())));
                Ok(request)
            }
        }
    }
}

/// With the header that every request needs.
pub(crate) fn versioned(cx: &Cx, request: Request) -> Request {
    request.header(VERSION_HEADER, cx.version())
}

/// Not there, or not shared with the connection: Notion does not tell which.
fn is_missing(fault: &Fault) -> bool {
    fault.class == Class::BadRequest && fault.code.as_deref() == Some("object_not_found")
}

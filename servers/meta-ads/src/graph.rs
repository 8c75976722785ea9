//! One ad account, as the target of requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use turnpike_core::{Class, Fault};
use turnpike_sdk::{Account, Cursor, Cx, Effect, Page, Request, ToolError};
use url::form_urlencoded::Serializer;

use crate::{
    api::{Listed, Owned},
    arguments::{EntityId, MaxRows},
};

/// The largest page that we ask for.
const PAGE: usize = 100;
/// Lets Meta check a change without making it.
const CHECK_ONLY: (&str, &str) = ("execution_options", "[\"validate_only\"]");

/// An ad account of the connection.
#[derive(Clone, Copy)]
pub(crate) struct AdAccount<'a> {
    pub(crate) cx: &'a Cx,
    pub(crate) account: &'a Account,
}

/// Where the next page starts: in Meta's page `after`, behind `skip` rows.
#[derive(Serialize, Deserialize, Default)]
pub(crate) struct Place {
    /// The background report that the rows are of.
    pub(crate) run: Option<String>,
    after: Option<String>,
    skip: usize,
}

impl Place {
    pub(crate) fn of_run(run: String) -> Self {
        Self { run: Some(run), ..Self::default() }
    }
}

impl<'a> AdAccount<'a> {
    pub(crate) fn of(cx: &'a Cx, account: &'a Account) -> Self {
        Self { cx, account }
    }

    /// A `GET` of one of the account's edges.
    pub(crate) fn edge(self, edge: &str) -> Request {
        self.node(&format!("act_{}/{edge}", self.account.id))
    }

    /// A `GET` of anything.
    pub(crate) fn node(self, path: &str) -> Request {
        Request::get(format!("/{}/{path}", self.cx.version())).account(&self.account.id)
    }

    /// A `POST` of a form.
    pub(crate) fn post(self, path: &str, fields: &[(&'static str, String)], effect: Effect) -> Request {
        let form = Serializer::new(String::new()).extend_pairs(fields).finish();
        Request::post_form(format!("/{}/{path}", self.cx.version()), form, effect).account(&self.account.id)
    }

    /// Where a listing goes on; the cursor opens only for the same `args`.
    pub(crate) fn open(self, args: &impl Serialize, cursor: Option<&Cursor>) -> Result<Place, ToolError> {
        Ok(cursor.map(|cursor| self.cx.open_cursor(args, cursor)).transpose()?.unwrap_or_default())
    }

    /// At most `max_rows` rows of an edge from a place on.
    pub(crate) async fn rows<T: DeserializeOwned>(
        self,
        request: Request,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        place: Place,
    ) -> Result<(Vec<T>, Page), ToolError> {
        let first = place.after.is_none() && place.skip == 0;
        let Place { run, mut after, mut skip } = place;
        let size = max_rows.get().min(PAGE);
        let mut rows: Vec<T> = vec![];
        let next = loop {
            let mut request = request.clone();
            request.query.push(("limit", size.to_string()));
            request.query.extend(after.clone().map(|after| ("after", after)));
            let page: Listed<T> = self.cx.send(request).await?.json()?;
            let wanted = max_rows.get() - rows.len();
            let left = page.data.len().saturating_sub(skip);
            rows.extend(page.data.into_iter().skip(skip).take(wanted));
            match page.paging.next() {
                _ if left > wanted => break Some(Place { run, after, skip: skip + wanted }),
                None => break None,
                next if left == wanted => break Some(Place { run, after: next, skip: 0 }),
                next => (after, skip) = (next, 0),
            }
        };
        // Meta does not count what it lists.
        let total = (first && next.is_none()).then_some(rows.len() as u64);
        let page = Page::new(rows.len(), total, next.map(|next| self.cx.cursor(args, &next)));
        Ok((rows, page))
    }

    /// Rows of an edge, every one of which must be of this account.
    pub(crate) async fn owned_rows<T: DeserializeOwned + Owned>(
        self,
        edge: &str,
        narrowed: Vec<(&'static str, String)>,
        args: &(impl Serialize + Sync),
        max_rows: MaxRows,
        cursor: Option<&Cursor>,
    ) -> Result<(Vec<T>, Page), ToolError> {
        let mut request = self.edge(edge);
        request.query = vec![("fields", T::FIELDS.to_owned())];
        request.query.extend(narrowed);
        let (rows, page) = self.rows::<T>(request, args, max_rows, self.open(args, cursor)?).await?;
        match rows.iter().all(|row| self.owns(row)) {
            true => Ok((rows, page)),
            false => Err(Fault::new(Class::Upstream, "Meta listed something of another account").into()),
        }
    }

    /// Those of `ids` that there are in this account. What is in another is not found, whoever may reach it.
    pub(crate) async fn find<T: DeserializeOwned + Owned>(self, ids: &[EntityId]) -> Result<Vec<T>, ToolError> {
        let mut request = self.node("");
        let list: Vec<String> = ids.iter().map(ToString::to_string).collect();
        request.query = vec![("ids", list.join(",")), ("fields", T::FIELDS.to_owned())];
        let found: Vec<T> = match self.cx.send(request).await {
            Ok(response) => response.json::<BTreeMap<String, T>>()?.into_values().collect(),
            Err(fault) if !is_missing(&fault) => return Err(fault.into()),
            // One that is missing fails them all, and Meta does not say which.
            Err(_) => {
                let mut found = vec![];
                for id in ids {
                    found.extend(self.find_one::<T>(*id).await?);
                }
                found
            }
        };
        Ok(found.into_iter().filter(|one| self.owns(one)).collect())
    }

    async fn find_one<T: DeserializeOwned + Owned>(self, id: EntityId) -> Result<Option<T>, ToolError> {
        let mut request = self.node(&id.to_string());
        request.query = vec![("fields", T::FIELDS.to_owned())];
        match self.cx.send(request).await {
            Ok(response) => Ok(Some(response.json()?)),
            Err(fault) if is_missing(&fault) => Ok(None),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Lets Meta check a change of one thing without making it.
    pub(crate) async fn check(self, id: &str, change: (&'static str, String)) -> Result<(), ToolError> {
        let fields = [change, (CHECK_ONLY.0, CHECK_ONLY.1.to_owned())];
        self.cx.send(self.post(id, &fields, Effect::Read)).await?;
        Ok(())
    }

    /// Changes one thing.
    pub(crate) async fn change(self, id: &str, change: (&'static str, String)) -> Result<(), Fault> {
        self.cx.send(self.post(id, &[change], Effect::Write)).await?;
        Ok(())
    }

    pub(crate) fn owns(self, thing: &impl Owned) -> bool {
        thing.account_id() == self.account.id.as_str()
    }
}

/// Whether the object is not there, not ours, or of another level: Meta does not tell these apart, and neither do we.
fn is_missing(fault: &Fault) -> bool {
    let code = fault.code.as_deref().and_then(|code| code.split('/').next());
    match fault.class {
        Class::BadRequest => matches!(code, Some("100" | "803")),
        Class::Permission => matches!(code, Some("10" | "200")),
        _ => false,
    }
}

//! What a running call may do.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use turnpike_core::{AccountId, Canonical, Fault, Handles, Timestamp};

use crate::{Account, ArgumentError, Connection, Cursor, Link, Request, Response, ToolError};

/// How long a cursor stays good.
const CURSOR_LIFE: Duration = Duration::from_secs(3600);

/// Code of the fault when the place of a file does not take its link: most often the link has lapsed.
pub const LINK_REFUSED: &str = "link_refused";

/// The guarded way out that a call is given: hold, breaker, credential, retry and trace happen behind it.
pub trait Egress: Send + Sync {
    /// Sends one request of this call and classifies the answer.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Fault>>;

    /// Fetches the file at a link that the upstream gave: with no credential and no header of ours, from hosts that the
    /// manifest allows, unpacked, and no longer than any answer may be. A link that is refused has the code
    /// [`LINK_REFUSED`].
    fn download<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Bytes, Fault>>;

    /// Tells the operator what has no place in an answer.
    fn warn(&self, words: &str);

    /// How much of the tool's time is left. A way out that knows no deadline has none to wait in.
    fn time_left(&self) -> Duration {
        Duration::ZERO
    }

    /// Lets time pass between two polls.
    fn pause(&self, _: Duration) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// What a call is bound to; the gateway makes one for each call.
pub struct CallScope {
    /// When the call began.
    pub now: Timestamp,
    /// The tool's name.
    pub tool: &'static str,
    /// Who calls, as an opaque name: cursors open for the same caller only.
    pub principal: String,
    /// The connection that the call uses.
    pub connection: Arc<Connection>,
    /// The pinned upstream version, such as `v26`.
    pub version: String,
    /// The way out.
    pub egress: Arc<dyn Egress>,
    /// Seals cursors.
    pub handles: Handles,
}

/// The context of one call. Cheap to clone.
#[derive(Clone)]
pub struct Cx(Arc<CallScope>);

impl Cx {
    /// Wraps the scope of a call.
    pub fn new(scope: CallScope) -> Self {
        Self(Arc::new(scope))
    }

    /// When the call began.
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// The pinned upstream version, such as `v26`.
    pub fn version(&self) -> &str {
        &self.0.version
    }

    /// The accounts of the connection.
    pub fn accounts(&self) -> &[Account] {
        &self.0.connection.accounts
    }

    /// One account of the connection. The pipeline has already refused a call that names any other.
    pub fn account(&self, id: &AccountId) -> Result<&Account, ToolError> {
        self.accounts()
            .iter()
            .find(|account| account.id == *id)
            .ok_or_else(|| ToolError::Bug(format!("account {id} passed unchecked")))
    }

    /// Sends one request to the upstream.
    pub async fn send(&self, request: Request) -> Result<Response, Fault> {
        self.0.egress.send(request).await
    }

    /// Fetches the file at a link that the upstream gave, unpacked.
    pub async fn download(&self, link: &Link) -> Result<Bytes, Fault> {
        self.0.egress.download(link).await
    }

    /// Tells the operator what has no place in an answer: words without a secret.
    pub fn warn(&self, words: &str) {
        self.0.egress.warn(words);
    }

    /// How much of the tool's time is left.
    pub fn time_left(&self) -> Duration {
        self.0.egress.time_left()
    }

    /// Waits before a poll.
    pub async fn pause(&self, pause: Duration) {
        self.0.egress.pause(pause).await;
    }

    /// Seals the place where the next page starts. `of` is what the listing depends on: the cursor opens only for the same.
    pub fn cursor<T: Serialize>(&self, of: &impl Serialize, next: &T) -> Cursor {
        let scope = &self.0;
        Cursor(scope.handles.seal(scope.connection.tenant, &self.cursor_purpose(of), scope.now.plus(CURSOR_LIFE), next))
    }

    /// Opens what [`Cx::cursor`] sealed.
    pub fn open_cursor<T: DeserializeOwned>(&self, of: &impl Serialize, cursor: &Cursor) -> Result<T, ToolError> {
        self.0.handles.open(self.0.connection.tenant, &self.cursor_purpose(of), &cursor.0).map_err(|_| {
            ToolError::Argument(ArgumentError {
                field: "cursor".into(),
                problem: "it was made for other arguments or another caller, or it has expired".into(),
                fix: "Send the other arguments exactly as in the first call, or leave `cursor` out to start again."
                    .into(),
            })
        })
    }

    fn cursor_purpose(&self, of: &impl Serialize) -> Canonical {
        let scope = &self.0;
        Canonical::of("cursor")
            .field(scope.tool)
            .field(scope.connection.id.to_string())
            .field(&scope.principal)
            .field(serde_json::to_vec(of).unwrap_or_default())
    }
}

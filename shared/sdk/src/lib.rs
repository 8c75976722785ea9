//! Everything an integration author may use, and nothing else.
//!
//! An integration is a [`Manifest`], a list of [`Tool`]s, a classifier of upstream errors and a [`Sandbox`]. Its tools ask
//! [`Cx`] to send requests; they never hold a token, a database or an HTTP client.

mod account;
mod cx;
mod error;
mod integration;
mod manifest;
mod prepared;
mod request;
mod sandbox;
mod schema;
mod shapes;
mod tool;

pub use account::{Account, Connection, NamesAccounts, Touches};
pub use cx::{CallScope, Cx, Egress};
pub use error::{ArgumentError, ToolError};
/// Futures without naming their crate: a boxed one, and two that run side by side until the first failure.
pub use futures_util::future::{BoxFuture, try_join};
pub use integration::{AccountsFn, Classify, Integration};
pub use manifest::{AuthShape, Field, Limits, Manifest, OAuth, Rate, VersionPin};
pub use prepared::{Planned, Prepared, PreparedRead, PreparedWrite};
pub use request::{Effect, Request, Response};
pub use sandbox::{Behaviour, Grant, Recorded, Sandbox, Script, TokenEndpoint};
pub use shapes::{Cursor, JobId, JobStatus, Page, Period, WriteAnswer, WriteStatus};
pub use tool::{Access, Cost, Plan, ReadTool, Tool, ToolSpec, WriteTool};

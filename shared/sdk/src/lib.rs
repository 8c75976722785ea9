//! Everything an integration author may use, and nothing else.
//!
//! An integration is a [`Manifest`], a list of [`Tool`]s, a classifier of upstream errors and a [`Sandbox`]. Its tools ask
//! [`Cx`] to send requests; they never hold a token, a database or an HTTP client.

mod account;
pub mod answers;
pub mod arguments;
mod cx;
mod error;
mod estimate_cost;
mod get_job;
mod integration;
mod list_accounts;
mod long;
mod manifest;
mod prepared;
mod request;
mod revert_change;
mod sandbox;
mod schema;
mod shapes;
mod tool;

pub use account::{Account, Connection, NamesAccounts, Touches};
pub use cx::{CallScope, Cx, Egress, LINK_REFUSED};
pub use error::{ArgumentError, ToolError};
pub use estimate_cost::{Estimate, MoneyLine};
/// Futures without naming their crate: a boxed one, several side by side, and two of them until the first failure.
pub use futures_util::future::{BoxFuture, join_all, try_join};
pub use integration::{AccountsFn, Classify, Example, Hold, Holds, Integration, no_holds};
pub use list_accounts::DescribeAccounts;
pub use long::{LongTool, Progress};
pub use manifest::{
    AppQuota, AuthShape, Field, Limits, Manifest, OAuth, Rate, Region, SystemUser, TokenApp, TokenRequest, TokenStyle,
    VersionPin,
};
pub use prepared::{Advance, Planned, Prepared, PreparedLong, PreparedRead, PreparedWrite};
pub use request::{Effect, Link, Request, Response};
pub use sandbox::{
    Behaviour, Choice, FreshCredential, Grant, Recorded, Sandbox, Script, TokenEndpoint, TokenStanding, mint,
    read_minted,
};
pub use shapes::{ApprovalNeeded, Cursor, Page, Period, WriteAnswer, WriteStatus};
pub use tool::{Access, Cost, Plan, ReadTool, Spending, Tool, ToolSpec, WriteTool};

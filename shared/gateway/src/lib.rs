//! The MCP host: who calls, what is allowed, and the pipeline that each call goes through.
//!
//! `http` turns requests into [`Caller`]s and well-formed JSON-RPC, `host` speaks MCP through rmcp, `pipeline` runs a call in
//! the order that its file shows.

mod gateway;
mod host;
mod http;
mod identity;
mod pipeline;
mod servers;
mod switches;

pub use gateway::{Gateway, Parts};
pub use host::{McpHost, Origin};
pub use http::{OFFERED_VERSIONS, mount, public_routes, router};
pub use identity::{Authenticator, Caller, Refused};
pub use pipeline::{APPROVAL_LIFE, Again, PageAnswer, RefusalClass};
pub use servers::Face;
pub use switches::Switches;

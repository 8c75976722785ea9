//! One SaaS behind one MCP server.

use futures_util::future::BoxFuture;
use turnpike_core::{Ambient, Fault, Timestamp};

use crate::{Account, Cx, Manifest, Response, Sandbox, Tool, ToolError};

/// Gives a failed answer its class; `None` when the answer is good. Sees every answer, also HTTP 200.
pub type Classify = fn(&Response, Timestamp) -> Option<Fault>;

/// Finds the accounts that a fresh connection reaches.
pub type AccountsFn = fn(Cx) -> BoxFuture<'static, Result<Vec<Account>, ToolError>>;

/// One SaaS behind one MCP server.
pub struct Integration {
    /// What it is and how it is reached.
    pub manifest: Manifest,
    /// Its tools, in the order of `tools/list`.
    pub tools: Vec<Tool>,
    /// Finds the accounts of a fresh connection.
    pub accounts: AccountsFn,
    /// Gives failures their class.
    pub classify: Classify,
    /// Makes the simulated upstream.
    pub sandbox: fn(Ambient) -> Sandbox,
}

impl Integration {
    /// The tool of that name.
    pub fn find_tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.spec.name == name)
    }
}

//! One SaaS behind one MCP server.

use futures_util::future::BoxFuture;
use serde_json::Value;
use turnpike_core::{Ambient, Class, Fault, Scope, Timestamp};

use crate::{Access, Account, Cx, Manifest, Response, Sandbox, Tool, ToolError};

/// Gives a failed answer its class; `None` when the answer is good. Sees every answer, also HTTP 200.
pub type Classify = fn(&Response, Timestamp) -> Option<Fault>;

/// Reads from a good answer what is nearly used up, so that it is left alone before the upstream refuses.
pub type Holds = fn(&Response, Timestamp) -> Vec<Hold>;

/// The holds of an upstream that says nothing in good answers.
pub fn no_holds(_: &Response, _: Timestamp) -> Vec<Hold> {
    vec![]
}

/// Something to leave alone until an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hold {
    /// What calls that are stopped are told.
    pub class: Class,
    /// What it stops.
    pub scope: Scope,
    /// When it ends.
    pub until: Timestamp,
}

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
    /// Reads usage from good answers.
    pub holds: Holds,
    /// Makes the simulated upstream.
    pub sandbox: fn(Ambient) -> Sandbox,
    /// Calls that show every tool at work against the sandbox; whatever they set they set back.
    pub examples: fn() -> Vec<Example>,
}

/// One call that an agent could make. A write is previewed with these arguments, then confirmed.
#[derive(Clone, Debug)]
pub struct Example {
    /// The tool.
    pub tool: &'static str,
    /// Its arguments.
    pub arguments: Value,
    /// One more argument: the field of this name in the answer before, such as the `job_id` of a pending one.
    pub takes: Option<&'static str>,
}

impl Example {
    /// A call of this tool.
    pub fn of(tool: &'static str, arguments: Value) -> Self {
        Self { tool, arguments, takes: None }
    }

    /// The arguments, with what it takes from the answer before.
    pub fn arguments_after(&self, answer: &Value) -> Value {
        let mut arguments = self.arguments.clone();
        if let Some(name) = self.takes {
            arguments[name] = answer[name].clone();
        }
        arguments
    }
}

impl Integration {
    /// With the tools of the kit, which are the same on every server that needs them and which no author writes.
    #[must_use]
    pub fn with_kit(mut self) -> Self {
        let writes = self.tools.iter().any(|tool| tool.spec.access == Access::Write);
        let varies = self.tools.iter().any(|tool| tool.spec.cost.varies());
        self.tools.push(Tool::get_job());
        if writes {
            self.tools.push(Tool::revert_change());
        }
        if varies {
            self.tools.push(Tool::estimate_cost());
        }
        self
    }

    /// The tool of that name.
    pub fn find_tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.spec.name == name)
    }
}

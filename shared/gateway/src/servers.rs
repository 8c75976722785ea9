//! The MCP servers of this deployment, and their tools as `tools/list` shows them.

use std::{collections::HashMap, sync::Arc};

use rmcp::model;
use turnpike_sdk::{Access, Integration, Manifest, Tool, ToolSpec};
use turnpike_store::KillSwitch;

use crate::Caller;

/// What a tool's name has at most, prefix included: the strictest host's rule.
const LONGEST_NAME: usize = 64;

/// Which server a request is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Face {
    /// One integration, at `/{integration}/mcp`.
    One(&'static str),
    /// All of a tenant's integrations, at `/mcp`; tool names carry the integration's name.
    Combined,
}

impl Face {
    /// Path of the endpoint.
    pub fn path(&self) -> String {
        match self {
            Self::One(integration) => format!("/{integration}/mcp"),
            Self::Combined => "/mcp".into(),
        }
    }
}

/// A tool and where it belongs.
#[derive(Clone)]
pub(crate) struct Found {
    pub(crate) integration: Arc<Integration>,
    index: usize,
}

impl Found {
    pub(crate) fn tool(&self) -> &Tool {
        &self.integration.tools[self.index]
    }

    pub(crate) fn spec(&self) -> &ToolSpec {
        &self.tool().spec
    }

    pub(crate) fn manifest(&self) -> &Manifest {
        &self.integration.manifest
    }

    /// Whether the switch stops this caller's calls of it.
    pub(crate) fn is_stopped_by(&self, switch: &KillSwitch, caller: &Caller) -> bool {
        switch.target.covers(caller.tenant, self.manifest().name, Some(self.spec().name))
    }
}

struct Listed {
    found: Found,
    alone: model::Tool,
    combined: model::Tool,
}

/// All servers.
pub(crate) struct Servers {
    listed: Vec<Listed>,
    by_combined_name: HashMap<String, usize>,
    pub(crate) integrations: Vec<Arc<Integration>>,
}

impl Servers {
    pub(crate) fn new(integrations: Vec<Arc<Integration>>) -> Self {
        let listed: Vec<_> = integrations
            .iter()
            .flat_map(|integration| {
                (0..integration.tools.len()).map(|index| Found { integration: integration.clone(), index })
            })
            .map(|found| Listed {
                alone: describe(&found, found.spec().name.to_owned()),
                combined: describe(&found, combined_name(&found)),
                found,
            })
            .collect();
        let by_combined_name =
            listed.iter().enumerate().map(|(at, tool)| (tool.combined.name.to_string(), at)).collect();
        Self { listed, by_combined_name, integrations }
    }

    /// The tool of that name on that face.
    pub(crate) fn find(&self, face: &Face, name: &str) -> Option<Found> {
        match face {
            Face::One(integration) => self
                .listed
                .iter()
                .find(|tool| tool.found.manifest().name == *integration && tool.found.spec().name == name)
                .map(|tool| tool.found.clone()),
            Face::Combined => self.by_combined_name.get(name).map(|at| self.listed[*at].found.clone()),
        }
    }

    /// What `tools/list` answers: what this caller may use and is not switched off, in an order that never changes.
    pub(crate) fn list(
        &self,
        face: &Face,
        caller: &Caller,
        connected: impl Fn(&str) -> bool,
        switched_on: impl Fn(&Found) -> bool,
    ) -> Vec<model::Tool> {
        let usable = self
            .listed
            .iter()
            .filter(|Listed { found, .. }| caller.may_use(found.manifest(), found.spec()) && switched_on(found));
        match face {
            Face::One(integration) => usable
                .filter(|tool| tool.found.manifest().name == *integration)
                .map(|tool| tool.alone.clone())
                .collect(),
            Face::Combined => {
                usable.filter(|tool| connected(tool.found.manifest().name)).map(|tool| tool.combined.clone()).collect()
            }
        }
    }

    /// The integration of that name.
    pub(crate) fn find_integration(&self, name: &str) -> Option<&Arc<Integration>> {
        self.integrations.iter().find(|integration| integration.manifest.name == name)
    }
}

fn combined_name(found: &Found) -> String {
    format!("{}_{}", found.manifest().name.replace('-', "_"), found.spec().name)
}

fn describe(found: &Found, name: String) -> model::Tool {
    let (tool, spec) = (found.tool(), found.spec());
    debug_assert!(name.len() <= LONGEST_NAME, "{name}");
    let reads = spec.access == Access::Read;
    // A write sets a value: sending it again changes nothing more, and the old value is gone until it is set back.
    let hints = model::ToolAnnotations::with_title(spec.title)
        .read_only(reads)
        .destructive(!reads)
        .idempotent(true)
        .open_world(true);
    let description = match spec.deprecated {
        Some(since) => format!("Deprecated since {since}. {}", spec.description),
        None => spec.description.to_owned(),
    };
    model::Tool::new(name, description, Arc::new(tool.input_schema.clone()))
        .with_title(spec.title)
        .with_raw_output_schema(Arc::new(tool.output_schema.clone()))
        .with_annotations(hints)
}

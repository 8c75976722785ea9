//! Notion behind an MCP server: pages, databases and comments of one workspace, and guarded changes: a property is set, a
//! comment is added, and nothing is ever deleted.

mod accounts;
mod api;
mod database;
mod errors;
mod examples;
mod id;
mod manifest;
mod property;
mod sandbox;
mod tools;
mod workspace;

use turnpike_sdk::{Integration, no_holds};

/// The Notion integration.
pub fn integration() -> Integration {
    Integration {
        manifest: manifest::MANIFEST,
        tools: tools::all(),
        accounts: accounts::find,
        classify: errors::classify,
        holds: no_holds,
        sandbox: sandbox::sandbox,
        examples: examples::all,
    }
}

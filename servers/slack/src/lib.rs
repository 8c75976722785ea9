//! Slack behind an MCP server: channels, messages, threads and members of one workspace, and two guarded changes: posting a
//! message and setting a channel's topic.

mod accounts;
mod api;
mod arguments;
mod errors;
mod examples;
mod manifest;
mod posts;
mod sandbox;
mod text;
mod tools;
mod workspace;

use turnpike_sdk::{Integration, no_holds};

/// The Slack integration.
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

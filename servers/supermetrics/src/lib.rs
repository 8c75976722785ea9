//! Supermetrics behind an MCP server: one API key, many marketing sources, read-only. Accounts, fields, performance, own
//! queries, and queries that take longer than a call.

mod accounts;
mod answers;
mod api;
mod arguments;
mod errors;
mod examples;
mod job;
mod manifest;
mod sandbox;
mod source;
mod table;
mod tools;

use turnpike_sdk::{Integration, no_holds};

/// The Supermetrics integration.
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

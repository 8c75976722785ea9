//! Meta Ads behind an MCP server: accounts, campaigns, ad sets, ads, performance, the change log, and guarded changes of
//! status and budget.

mod accounts;
mod api;
mod arguments;
mod errors;
mod examples;
mod graph;
mod insights;
mod manifest;
mod money;
mod sandbox;
mod tools;
mod usage;

use turnpike_sdk::Integration;

/// The Meta Ads integration.
pub fn integration() -> Integration {
    Integration {
        manifest: manifest::MANIFEST,
        tools: tools::all(),
        accounts: accounts::find,
        classify: errors::classify,
        holds: usage::holds,
        sandbox: sandbox::sandbox,
        examples: examples::all,
    }
}

//! Google Ads behind an MCP server: accounts, performance, search terms, the query language, and guarded changes of
//! status and budget.

mod accounts;
mod answers;
mod api;
mod arguments;
mod customer;
mod errors;
mod examples;
mod gaql;
mod manifest;
mod sandbox;
mod tools;

use turnpike_sdk::{Integration, no_holds};

/// The Google Ads integration.
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

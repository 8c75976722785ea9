//! Amazon Ads behind an MCP server: profiles of three regions, Sponsored Products campaigns, ad groups and keywords,
//! performance and search terms from asynchronous reports, and guarded changes of state and budget.

mod accounts;
mod api;
mod arguments;
mod budgets;
mod errors;
mod examples;
mod id;
mod manifest;
mod money;
mod profile;
mod report;
mod sandbox;
mod tools;

use turnpike_sdk::{Integration, no_holds};

/// The Amazon Ads integration.
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

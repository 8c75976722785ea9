//! LinkedIn Ads behind an MCP server: accounts, campaign groups, campaigns, creatives, performance, demographics, and
//! guarded changes of status and budget.

mod access;
mod accounts;
mod ad_account;
mod analytics;
mod answers;
mod api;
mod arguments;
mod errors;
mod examples;
mod manifest;
mod money;
mod restli;
mod sandbox;
mod tools;

use turnpike_sdk::{Integration, no_holds};

/// The LinkedIn Ads integration.
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

//! Example Vendor behind an MCP server: accounts, their items, and guarded changes of an item's status.
//!
//! Made by `turnpike new`. `grep -rn CHANGE: servers/example-oauth2` lists what is still an example; each line names the fact
//! about the vendor that belongs there.

mod accounts;
mod api;
mod arguments;
mod errors;
mod examples;
mod manifest;
mod paths;
mod sandbox;
mod tools;

use turnpike_sdk::{Integration, no_holds};

/// The Example Vendor integration.
pub fn integration() -> Integration {
    Integration {
        manifest: manifest::MANIFEST,
        tools: tools::all(),
        accounts: accounts::find,
        classify: errors::classify,
        // CHANGE: where good answers tell how much of a quota is left, a function that reads it (see meta-ads/src/usage.rs).
        holds: no_holds,
        sandbox: sandbox::sandbox,
        examples: examples::all,
    }
}

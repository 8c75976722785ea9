//! The servers, each with the document that the registry's schema asks for.

use serde_json::{Value, json};
use turnpike_metering::PriceBook;
use turnpike_sdk::{Access, Integration};

use super::name;
use crate::{
    Portal,
    brand::Brand,
    pages::{money, price_of},
};

/// The schema that the documents follow.
const SCHEMA: &str = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json";
/// What the server of all integrations calls itself over MCP too.
pub(super) const ALL_IN_ONE: &str = "integrations";
/// What a title has at most.
const LONGEST_TITLE: usize = 100;

/// One server.
pub(super) struct Entry {
    /// Its name in the registry.
    pub name: String,
    /// Its only version.
    pub version: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Its `server.json`.
    pub document: Value,
}

/// All of them, by name: a cursor is the name of the last one seen.
pub(super) fn entries(portal: &Portal, brand: &Brand) -> Vec<Entry> {
    let all = portal.integrations.iter().map(|own| of_integration(portal, brand, own));
    let mut entries: Vec<_> = all.chain([all_in_one(portal, brand)]).collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    entries
}

fn of_integration(portal: &Portal, brand: &Brand, own: &Integration) -> Entry {
    let manifest = &own.manifest;
    let mut entry = Entry {
        name: name::of(&portal.public_url, manifest.name),
        version: manifest.server_version,
        summary: manifest.summary,
        document: Value::Null,
    };
    entry.document = json!({
        "$schema": SCHEMA,
        "name": entry.name,
        "title": shortened(format!("{} {}", brand.name(), manifest.title)),
        "description": entry.summary,
        "version": entry.version,
        "websiteUrl": format!("{}/catalog/{}", brand.url, manifest.name),
        "remotes": [{ "type": "streamable-http", "url": format!("{}/{}/mcp", portal.public_url, manifest.name) }],
        "_meta": { "io.modelcontextprotocol.registry/publisher-provided": {
            name::namespace(&portal.public_url): { "tools": tools(own, &portal.book()) },
        } },
    });
    entry
}

/// Small: registries take four kilobytes of this.
fn tools(own: &Integration, book: &PriceBook) -> Vec<Value> {
    let tools = own.tools.iter().map(|tool| {
        let access = if tool.spec.access == Access::Read { "read" } else { "write" };
        json!({ "name": tool.spec.name, "access": access, "price": money(price_of(book, tool.spec.cost), book.currency()) })
    });
    tools.collect()
}

fn all_in_one(portal: &Portal, brand: &Brand) -> Entry {
    let mut entry = Entry {
        name: name::of(&portal.public_url, ALL_IN_ONE),
        version: env!("CARGO_PKG_VERSION"),
        summary: "Every integration that you have connected, behind one address",
        document: Value::Null,
    };
    entry.document = json!({
        "$schema": SCHEMA,
        "name": entry.name,
        "title": shortened(brand.name().to_owned()),
        "description": entry.summary,
        "version": entry.version,
        "websiteUrl": format!("{}/catalog", brand.url),
        "remotes": [{ "type": "streamable-http", "url": format!("{}/mcp", portal.public_url) }],
    });
    entry
}

fn shortened(title: String) -> String {
    title.chars().take(LONGEST_TITLE).collect()
}

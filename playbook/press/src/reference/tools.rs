//! Every tool of every integration: from manifests and tool specs.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Map, Value};
use turnpike_sdk::{Access, AuthShape, Cost, Integration, Tool};

use crate::facts::{end_of, hosts, integrations, table};

const BEGINNING: &str = "\
What each MCP server offers. At `/NAME/mcp` tools have the names below, at `/mcp` the integration's name stands before them: \
`google_ads_list_campaigns`. What a cost class costs says the price book. Each tool has the hints `readOnlyHint` and \
`destructiveHint` as its kind says (a write sets a value, and the old one is gone until it is set back), `idempotentHint: true` and \
`openWorldHint: true`.

*Kept* is how long an answer may be given again, *shown stale* how old an answer may be that is shown while the vendor is out, where \
the client allows that.";

pub(super) fn page() -> String {
    let mut page = BEGINNING.to_owned();
    for integration in integrations() {
        page.push_str(&of_integration(&integration));
    }
    page
}

fn of_integration(integration: &Integration) -> String {
    let manifest = &integration.manifest;
    let (read, write) = (manifest.limits.read, manifest.limits.write);
    let scopes: Vec<_> = manifest.auth.scopes().iter().map(|scope| format!("`{scope}`")).collect();
    let facts = [
        ("Path", format!("`/{}/mcp`", manifest.name)),
        ("Scopes here", format!("`{}`, `{}`", manifest.read_scope(), manifest.write_scope())),
        ("Credential", shape(&manifest.auth).to_owned()),
        ("Scopes at the vendor", if scopes.is_empty() { "–".into() } else { scopes.join(", ") }),
        ("API version", manifest.version.version.to_owned()),
        ("Its end", end_of(&manifest.version).to_owned()),
        (
            "Limit of a client for each tool",
            format!(
                "reads {} a minute and {} at once, writes {} and {}",
                read.per_minute, read.burst, write.per_minute, write.burst
            ),
        ),
        (
            "Hosts",
            hosts(manifest)
                .into_iter()
                .map(|row| row[0].clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect::<Vec<_>>()
                .join(", "),
        ),
    ];
    let facts = facts.into_iter().map(|(what, is)| vec![what.to_owned(), is]).collect();
    let mut text = format!("\n\n## {}\n\n{}.\n\n{}", manifest.title, manifest.summary, table(&["", ""], facts));
    for tool in &integration.tools {
        text.push_str(&of_tool(integration, tool));
    }
    text
}

fn shape(auth: &AuthShape) -> &'static str {
    match auth {
        AuthShape::OAuthRefresh(_) => "OAuth 2 with a refresh token",
        AuthShape::SystemUserToken(_) => "a system user's token, each request signed with the app's secret",
        AuthShape::LoginWithAmazon(_) => "Login with Amazon, and a profile for each request",
        AuthShape::RestliOAuth(_) => "OAuth 2 whose refresh token has a fixed end",
        AuthShape::ApiKey { .. } => "a static API key",
    }
}

fn of_tool(integration: &Integration, tool: &Tool) -> String {
    let spec = &tool.spec;
    let (kind, scope) = match spec.access {
        Access::Read => ("read", integration.manifest.read_scope()),
        Access::Write => ("write, after a preview", integration.manifest.write_scope()),
    };
    let cost = match spec.cost {
        Cost::HeavyPerRows(rows) => format!("heavy, for each {rows} rows"),
        cost => cost.as_str().to_owned(),
    };
    let facts = [
        format!("Kind: {kind}"),
        format!("scope: `{scope}`"),
        format!("cost class: {cost}"),
        format!("kept: {}", spec.cache.map_or("no".into(), span)),
        format!("shown stale: {}", spec.stale.map_or("no".into(), span)),
        format!("time: {}", span(spec.timeout)),
        format!("since {}", spec.since),
    ];
    let deprecated = spec.deprecated.map(|since| format!("\n\n**Deprecated since {since}.**")).unwrap_or_default();
    let title = format!("\n\n### `{}` of {}\n\n{}.", spec.name, integration.manifest.title, spec.title);
    let arguments = arguments(&tool.input_schema);
    let arguments = match arguments.is_empty() {
        true => "It takes no arguments.".to_owned(),
        false => table(&["Argument", "Type", "Must", "Meaning"], arguments),
    };
    format!("{title} {}{deprecated}\n\n{}.\n\n{arguments}", plain(spec.description), facts.join(" · "))
}

fn arguments(schema: &Map<String, Value>) -> Vec<Vec<String>> {
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    fields
        .map(|(name, field)| {
            let must = if required.contains(&name.as_str()) { "yes" } else { "" };
            let meaning = plain(field["description"].as_str().unwrap_or_default());
            let default = match &field["default"] {
                Value::Null => String::new(),
                value => format!(" Default: `{value}`."),
            };
            vec![
                format!("`{name}`"),
                kind(field, schema),
                must.to_owned(),
                format!("{meaning}{default}").trim().to_owned(),
            ]
        })
        .collect()
}

/// The type of a field, in a word or two.
fn kind(field: &Value, schema: &Map<String, Value>) -> String {
    if let Some(name) = field["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
        return schema
            .get("$defs")
            .and_then(|all| all.get(name))
            .map_or_else(|| name.to_owned(), |field| kind(field, schema));
    }
    if let Some(values) = field["enum"].as_array() {
        return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or ");
    }
    if let Some(value) = field.get("const") {
        return format!("`{value}`");
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        if let Some(all) = field[choice].as_array() {
            let mut kinds: Vec<_> = all.iter().map(|one| kind(one, schema)).filter(|kind| kind != "null").collect();
            kinds.dedup();
            return kinds.join(" or ");
        }
    }
    match &field["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&field["items"], schema)),
        Value::String(name) => name.clone(),
        Value::Array(names) => {
            let names: Vec<_> = names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            names.join(" or ")
        }
        _ => "any".into(),
    }
}

/// What would be taken for HTML is text.
fn plain(text: &str) -> String {
    text.replace('<', "&lt;").replace('\n', " ")
}

fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        _ if seconds >= 3600 && seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds >= 120 && seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}

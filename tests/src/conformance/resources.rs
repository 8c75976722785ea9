//! The resources that the suites read and watch.

use rmcp::model::{ErrorData, ReadResourceResult, Resource, ResourceContents, ResourceTemplate, SubscriptionFilter};
use serde_json::json;

use super::samples;

const TEXT: &str = "test://static-text";
const BINARY: &str = "test://static-binary";
const WATCHED: &str = "test://watched-resource";

pub(super) fn list() -> Vec<Resource> {
    vec![
        Resource::new(TEXT, "static-text").with_description("Text that never changes").with_mime_type("text/plain"),
        Resource::new(BINARY, "static-binary").with_description("One red pixel").with_mime_type("image/png"),
        Resource::new(WATCHED, "watched-resource").with_description("May be watched").with_mime_type("text/plain"),
    ]
}

pub(super) fn templates() -> Vec<ResourceTemplate> {
    vec![
        ResourceTemplate::new("test://template/{id}/data", "template")
            .with_description("Data of one id")
            .with_mime_type("application/json"),
    ]
}

pub(super) fn read(uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let contents = match uri {
        TEXT => {
            ResourceContents::text("This is the content of the static text resource.", uri).with_mime_type("text/plain")
        }
        BINARY => ResourceContents::blob(samples::PNG, uri).with_mime_type("image/png"),
        WATCHED => ResourceContents::text("Nothing has changed yet.", uri).with_mime_type("text/plain"),
        _ => {
            let id = template_id(uri).ok_or_else(|| not_found(uri))?;
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            ResourceContents::text(data.to_string(), uri).with_mime_type("application/json")
        }
    };
    Ok(ReadResourceResult::new(vec![contents]))
}

/// Fails unless the resource exists; older clients subscribe to it by its own request.
pub(super) fn require(uri: &str) -> Result<(), ErrorData> {
    read(uri).map(|_| ())
}

/// Everything that a client may listen to.
pub(super) fn subscribable() -> SubscriptionFilter {
    SubscriptionFilter::builder().tools_list_changed().prompts_list_changed().resource_subscription(WATCHED).build()
}

fn template_id(uri: &str) -> Option<&str> {
    uri.strip_prefix("test://template/")?.strip_suffix("/data").filter(|id| !id.is_empty() && !id.contains('/'))
}

/// -32602 with the URI is what 2026-07-28 asks for; -32002 of older revisions must not reach a modern client.
fn not_found(uri: &str) -> ErrorData {
    ErrorData::invalid_params("Resource not found", Some(json!({ "uri": uri })))
}

//! One integration with its tools.

use askama::Template;
use axum::extract::{Path, State};
use turnpike_sdk::{Access, Manifest, ToolSpec};

use super::connecting;
use crate::{
    Portal,
    http::{Answer, Failure, Frame, page},
    pages::price_in_words,
};

struct Tool {
    spec: ToolSpec,
    reads: bool,
    price: String,
}

#[derive(Template)]
#[template(path = "catalog/show.html")]
struct Show {
    frame: Frame,
    manifest: Manifest,
    connecting: &'static str,
    url: String,
    read_scope: String,
    /// Of those with a tool that changes something.
    write_scope: Option<String>,
    tools: Vec<Tool>,
}

pub(crate) async fn show(State(portal): State<Portal>, frame: Frame, Path(name): Path<String>) -> Answer {
    let own = portal.find_integration(&name).ok_or(Failure::NotFound)?;
    let (manifest, book) = (&own.manifest, portal.book());
    let tools = own.tools.iter().map(|tool| Tool {
        spec: tool.spec,
        reads: tool.spec.access == Access::Read,
        price: price_in_words(&book, tool.spec.cost),
    });
    let tools: Vec<_> = tools.collect();
    page(Show {
        frame,
        connecting: connecting(&manifest.auth),
        url: format!("{}/{}/mcp", portal.public_url, manifest.name),
        read_scope: manifest.read_scope(),
        write_scope: tools.iter().any(|tool| !tool.reads).then(|| manifest.write_scope()),
        manifest: manifest.clone(),
        tools,
    })
}

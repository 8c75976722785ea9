//! All integrations.

use askama::Template;
use axum::extract::State;

use super::{connecting, price_range};
use crate::{
    Portal,
    http::{Answer, Frame, page},
};

struct Line {
    name: &'static str,
    title: &'static str,
    summary: &'static str,
    connecting: &'static str,
    tools: usize,
    prices: String,
}

#[derive(Template)]
#[template(path = "catalog/list.html")]
struct List {
    frame: Frame,
    lines: Vec<Line>,
    /// Where all of them are behind one address.
    url: String,
}

pub(crate) async fn list(State(portal): State<Portal>, frame: Frame) -> Answer {
    let lines = portal.integrations.iter().map(|own| Line {
        name: own.manifest.name,
        title: own.manifest.title,
        summary: own.manifest.summary,
        connecting: connecting(&own.manifest.auth),
        tools: own.tools.len(),
        prices: price_range(own, &portal.book()),
    });
    page(List { frame, lines: lines.collect(), url: format!("{}/mcp", portal.public_url) })
}

//! What is read one at a time: pages, their text, databases and their tables.

use serde_json::{Value, json};

use super::{
    refusal::Refusal,
    value::text,
    world::{PERSON, Page, Source, Space},
};

pub(super) fn page(space: &mut Space, id: &str) -> Result<Value, Refusal> {
    space.find_page(id).map(|page| page.body()).ok_or_else(|| Refusal::not_found("page", id))
}

pub(super) fn markdown(space: &mut Space, id: &str) -> Result<Value, Refusal> {
    let page = space.find_page(id).ok_or_else(|| Refusal::not_found("page", id))?;
    Ok(json!({
        "object": "page_markdown", "id": page.id, "markdown": page.markdown, "truncated": false, "unknown_block_ids": [],
    }))
}

pub(super) fn database(space: &Space, id: &str) -> Result<Value, Refusal> {
    let tables: Vec<&Source> = space.sources.iter().filter(|source| source.database == id).collect();
    let Some(first) = tables.first() else { return Err(Refusal::not_found("database", id)) };
    let tables_shown: Vec<Value> = tables.iter().map(|one| json!({ "id": one.id, "name": one.title })).collect();
    Ok(json!({
        "object": "database", "id": id, "title": text(first.title), "description": [], "data_sources": tables_shown,
        "parent": { "type": "workspace", "workspace": true }, "in_trash": false, "is_inline": false,
        "url": address(id),
    }))
}

pub(super) fn source(space: &Space, id: &str) -> Result<Value, Refusal> {
    let found = space.sources.iter().find(|source| source.id == id);
    found.map(Source::body).ok_or_else(|| Refusal::not_found("data_source", id))
}

fn address(id: &str) -> String {
    format!("https://www.notion.so/{}", id.replace('-', ""))
}

impl Page {
    /// As every endpoint shows a page.
    pub(super) fn body(&self) -> Value {
        let person = json!({ "object": "user", "id": PERSON });
        json!({
            "object": "page", "id": self.id, "created_time": self.created, "last_edited_time": self.edited,
            "created_by": person, "last_edited_by": person, "in_trash": self.in_trash, "is_locked": false,
            "parent": self.parent, "properties": self.properties, "icon": null, "cover": null,
            "url": address(&self.id), "public_url": null,
        })
    }

    /// The title's text.
    pub(super) fn title(&self) -> String {
        let title = self.properties.values().find(|property| property["type"] == "title");
        let runs = title.and_then(|title| title["title"].as_array()).into_iter().flatten();
        runs.filter_map(|run| run["plain_text"].as_str()).collect()
    }

    /// The table that it is a row of.
    pub(super) fn source(&self) -> Option<&str> {
        self.parent["data_source_id"].as_str()
    }
}

impl Source {
    pub(super) fn body(&self) -> Value {
        json!({
            "object": "data_source", "id": self.id, "title": text(self.title), "description": text(self.description),
            "parent": { "type": "database_id", "database_id": self.database },
            "database_parent": { "type": "workspace", "workspace": true }, "in_trash": false, "is_inline": false,
            "properties": self.properties, "last_edited_time": self.edited, "created_time": self.edited,
            "icon": null, "cover": null, "url": address(&self.database), "public_url": null,
        })
    }
}

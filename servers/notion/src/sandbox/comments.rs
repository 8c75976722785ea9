//! Comments of a page: listing those that are open, and adding one.

use serde::Deserialize;
use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{
    listing::paged,
    refusal::Refusal,
    update::text,
    value,
    world::{BOT, Comment, Space, id},
};
use crate::id::uuid;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    parent: Parent,
    rich_text: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parent {
    page_id: String,
}

/// `GET /v1/comments?block_id=…`.
pub(super) fn list(space: &mut Space, query: &[(String, String)]) -> Result<Value, Refusal> {
    let take = |name: &str| query.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str());
    if let Some((unknown, _)) =
        query.iter().find(|(name, _)| !["block_id", "page_size", "start_cursor"].contains(&&**name))
    {
        return Err(Refusal::invalid(format!("query failed validation: query.{unknown} should be not present.")));
    }
    if !space.may_comment {
        return Err(Refusal::restricted());
    }
    let page = take("block_id").and_then(uuid);
    let page =
        page.ok_or_else(|| Refusal::invalid("query failed validation: query.block_id should be a valid uuid."))?;
    if space.find_page(&page).is_none() {
        return Err(Refusal::not_found("block", &page));
    }
    let size = take("page_size").map(str::parse).transpose();
    let size = size.map_err(|_| Refusal::invalid("query failed validation: query.page_size should be a number."))?;
    let open = space.comments.iter().filter(|comment| comment.page == page);
    paged("comment", open.map(|comment| (comment.id.clone(), comment.body())).collect(), size, take("start_cursor"))
}

/// `POST /v1/comments`.
pub(super) fn create(space: &mut Space, create: Create, now: Timestamp) -> Result<Value, Refusal> {
    if !space.may_comment {
        return Err(Refusal::restricted());
    }
    let page = uuid(&create.parent.page_id);
    let page =
        page.ok_or_else(|| Refusal::invalid("body failed validation: body.parent.page_id should be a valid uuid."))?;
    let kept = text(&create.rich_text)?;
    if space.find_page(&page).is_none() {
        return Err(Refusal::not_found("page", &page));
    }
    let words: String = kept.as_array().into_iter().flatten().filter_map(|run| run["plain_text"].as_str()).collect();
    if words.is_empty() {
        return Err(Refusal::invalid("body failed validation: body.rich_text should not be empty."));
    }
    let comment = Comment {
        id: id(9, space.comments.len() + 1),
        page,
        author: BOT.into(),
        author_name: "Sandbox",
        text: words,
        created: now.to_string(),
    };
    let body = comment.body();
    space.comments.push(comment);
    Ok(body)
}

impl Comment {
    fn body(&self) -> Value {
        json!({
            "object": "comment", "id": self.id, "discussion_id": self.id.replacen("00000009", "00000008", 1),
            "parent": { "type": "page_id", "page_id": self.page }, "created_time": self.created,
            "last_edited_time": self.created, "created_by": { "object": "user", "id": self.author },
            "rich_text": value::text(&self.text),
            "display_name": { "type": "user", "resolved_name": self.author_name },
        })
    }
}

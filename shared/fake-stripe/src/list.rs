//! Lists in pages, the newest first.

use serde_json::{Value, json};

use crate::{
    form::Form,
    refusal::{Answer, Refusal},
};

/// What every list takes.
pub(crate) const PAGING: [&str; 3] = ["limit", "starting_after", "ending_before"];

/// A page of what is given oldest first.
pub(crate) fn page(url: &str, mut all: Vec<Value>, form: &Form) -> Answer {
    let limit = form.int("limit")?.unwrap_or(10);
    if !(1..=100).contains(&limit) {
        return Err(Refusal::param("limit", "This value must be between 1 and 100."));
    }
    let limit = usize::try_from(limit).unwrap_or_default();
    all.reverse();
    if let Some(after) = form.text("starting_after") {
        let place = position(&all, after)?;
        all.drain(..=place);
    }
    if let Some(before) = form.text("ending_before") {
        let place = position(&all, before)?;
        all.truncate(place);
        let surplus = all.len().saturating_sub(limit);
        all.drain(..surplus);
        return Ok(list(url, all, surplus > 0));
    }
    let more = all.len() > limit;
    all.truncate(limit);
    Ok(list(url, all, more))
}

/// A list in Stripe's form.
pub(crate) fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({ "object": "list", "data": data, "has_more": has_more, "url": url })
}

fn position(all: &[Value], id: &str) -> Result<usize, Refusal> {
    all.iter().position(|object| object["id"] == id).ok_or_else(|| Refusal::no_such("object", id))
}

/// Keeps those whose field equals the parameter of the same name, where it was sent.
pub(crate) fn narrow(all: &mut Vec<Value>, form: &Form, fields: &[&str]) {
    for field in fields {
        if let Some(wanted) = form.text(field) {
            all.retain(|object| match &object[*field] {
                Value::Bool(held) => held.to_string() == wanted,
                held => held == wanted,
            });
        }
    }
}

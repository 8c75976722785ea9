//! `expand[]`: ids that an answer carries become objects, and tiers are shown.

use serde_json::Value;

use crate::{
    account::Account,
    form::Form,
    refusal::{Answer, Refusal},
};

/// How deep Stripe expands.
const DEEPEST: usize = 4;

pub(crate) fn expand(account: &Account, mut answer: Value, form: &Form) -> Answer {
    let paths = form.texts("expand");
    let tiers = paths.iter().any(|path| path.split('.').next_back() == Some("tiers"));
    for path in &paths {
        let names: Vec<&str> = path.split('.').collect();
        if names.len() > DEEPEST {
            return Err(Refusal::param("expand", "You cannot expand more than 4 levels of a property."));
        }
        if !into(account, &mut answer, &names) {
            return Err(Refusal::param("expand", format!("This property cannot be expanded ({path}).")));
        }
    }
    if !tiers {
        hide_tiers(&mut answer);
    }
    Ok(answer)
}

/// Whether there was something to expand, or nothing is there yet.
fn into(account: &Account, value: &mut Value, names: &[&str]) -> bool {
    let Some((name, rest)) = names.split_first() else { return true };
    if let Value::Array(list) = value {
        return list.iter_mut().all(|entry| into(account, entry, names));
    }
    let Some(inner) = value.get_mut(*name) else { return *name == "tiers" };
    if let Some(object) = inner.as_str().and_then(|id| account.object(id)) {
        *inner = object.clone();
    }
    if let Value::Array(list) = inner {
        for entry in list {
            if let Some(object) = entry.as_str().and_then(|id| account.object(id)) {
                *entry = object.clone();
            }
        }
    }
    inner.is_null() || into(account, inner, rest)
}

/// A price shows its tiers only to whom asks for them.
fn hide_tiers(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            if fields.get("object").is_some_and(|kind| kind == "price") {
                fields.remove("tiers");
            }
            fields.values_mut().for_each(hide_tiers);
        }
        Value::Array(list) => list.iter_mut().for_each(hide_tiers),
        _ => {}
    }
}

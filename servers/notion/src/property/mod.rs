//! Properties: their values as text, how they are set, and by what they can be filtered.

mod filter;
mod set;
mod show;

pub(crate) use filter::{Condition, filter_of, shortened, unknown};
pub(crate) use set::{SETTABLE, canonical, setting, wire_value};
pub(crate) use show::{show, show_all};

use serde::Deserialize as _;

use crate::api::{Named, Property};

/// The options of a select, multi-select or status property; `None` of any other.
pub(crate) fn options(schema: &Property) -> Option<Vec<String>> {
    if !matches!(schema.kind.as_str(), "select" | "multi_select" | "status") {
        return None;
    }
    let options = Vec::<Named>::deserialize(schema.value().get("options")?).ok()?;
    Some(options.into_iter().map(|option| option.name).collect())
}

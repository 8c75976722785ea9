//! The statuses that a listing can be narrowed to; Amazon calls them states.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Include, Search};

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Enabled,
    Paused,
    Archived,
    Proposed,
}

/// A search for what is of this status, or for all that is not archived.
pub(super) fn of_status(status: Option<Status>) -> Search {
    let words = match status {
        None => vec!["ENABLED", "PAUSED", "PROPOSED"],
        Some(Status::Enabled) => vec!["ENABLED"],
        Some(Status::Paused) => vec!["PAUSED"],
        Some(Status::Archived) => vec!["ARCHIVED"],
        Some(Status::Proposed) => vec!["PROPOSED"],
    };
    Search { state_filter: Some(Include::of(words)), ..Search::default() }
}

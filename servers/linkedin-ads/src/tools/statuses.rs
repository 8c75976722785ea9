//! The statuses that a listing can be narrowed to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::restli::{Query, Value, list, record};

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Status {
    Active,
    Paused,
    Draft,
    Completed,
    Canceled,
    Archived,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
            Self::Draft => "DRAFT",
            Self::Completed => "COMPLETED",
            Self::Canceled => "CANCELED",
            Self::Archived => "ARCHIVED",
        }
    }
}

/// The search of a listing: by status, and by exact name.
pub(super) fn search(status: Option<Status>, name: Option<&str>) -> Query {
    let statuses = match status {
        Some(status) => vec![status.word()],
        None => vec!["ACTIVE", "PAUSED", "DRAFT", "COMPLETED"],
    };
    let values = |values: Value| record([("values", values)]);
    let status = values(list(statuses));
    let search = match name {
        Some(name) => record([("status", status), ("name", values(list([name])))]),
        None => record([("status", status)]),
    };
    Query::finder("search").with("search", search).with("sortOrder", "ASCENDING")
}

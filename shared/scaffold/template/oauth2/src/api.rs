//! What the vendor sends and takes, as far as the tools need it.

use serde::{Deserialize, Serialize};

/// Rows that one answer of the vendor has at most.
// CHANGE: the largest page of the vendor's reference.
pub(crate) const LARGEST_PAGE: usize = 100;

// CHANGE: the wire types of the vendor's reference. A field that may be missing is an Option, or has a default.

/// A page of accounts.
#[derive(Deserialize)]
pub(crate) struct Accounts {
    pub(crate) accounts: Vec<Account>,
    /// Where the next page begins, if there is one.
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) currency: String,
    pub(crate) time_zone: String,
    pub(crate) status: String,
}

/// A page of items.
#[derive(Deserialize)]
pub(crate) struct Items {
    pub(crate) items: Vec<Item>,
    /// How many there are on all pages.
    #[serde(default)]
    pub(crate) total: Option<u64>,
    /// Where the next page begins, if there is one.
    #[serde(default)]
    pub(crate) next: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: Status,
}

// CHANGE: the vendor's own words for these states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Active,
    Paused,
}

impl Status {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

/// What changes an item.
#[derive(Serialize)]
pub(crate) struct Change {
    pub(crate) status: Status,
}

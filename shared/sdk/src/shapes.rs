//! Result shapes that all integrations share, so that an agent learns them once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sealed place in a listing. Opaque to agents; opens only for the tenant, the caller and the arguments it was made for.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Cursor(pub String);

/// What part of the whole a result shows: how many rows, of how many where the upstream tells, and whether there are more.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it; where they do not, agents read the same words")]
pub struct Page {
    pub shown: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    pub truncated: bool,
    /// Send it as `cursor` with the same arguments for the next rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<Cursor>,
}

impl Page {
    /// A page of so many rows, of so many where the upstream tells; with a cursor when there are more.
    pub fn new(shown: usize, total: Option<u64>, next_cursor: Option<Cursor>) -> Self {
        Self { shown, total, truncated: next_cursor.is_some(), next_cursor }
    }
}

/// The days that a result covers, `YYYY-MM-DD`, both included, and the IANA zone in which they begin and end.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every schema too")]
pub struct Period {
    pub start: String,
    pub end: String,
    pub time_zone: String,
}

/// How far a write has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteStatus {
    /// Checked; nothing has changed yet.
    Preview,
    /// Changed, and read back.
    Applied,
    /// Already as asked; nothing was sent.
    Unchanged,
}

/// What every write tool answers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct WriteAnswer<State> {
    /// How far it has come.
    pub status: WriteStatus,
    /// The change in one sentence.
    pub summary: String,
    /// The values before.
    pub before: State,
    /// The values after: planned in a preview, read back once applied.
    pub after: State,
    /// What a person should know before agreeing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Send it with the same arguments to apply the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_id: Option<String>,
    /// When the preview lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// A person must approve the change before it can be applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalNeeded>,
    /// Of an applied change: revert_change takes it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_id: Option<String>,
}

/// A person must approve a change before it can be applied: what the person decides on, why, and who can do so how.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, and every conversation carries them")]
pub struct ApprovalNeeded {
    pub approval_id: String,
    pub reason: String,
    pub how: String,
}

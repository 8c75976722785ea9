//! Why a tool did not do what was asked.

use turnpike_core::Fault;

/// An argument that cannot be used, in words that let an agent mend it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{field}`: {problem}. {fix}")]
pub struct ArgumentError {
    /// Path of the field, such as `campaign_ids[2]`.
    pub field: String,
    /// What is wrong, without a full stop.
    pub problem: String,
    /// What to send instead: a whole sentence.
    pub fix: String,
}

impl ArgumentError {
    /// Names the field, what is wrong with it and what to send instead.
    pub fn new(field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into(), fix: fix.into() }
    }
}

/// Why a tool did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ToolError {
    /// The arguments are wrong.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
    /// The request is well formed and is refused: a rule, or the present state of things.
    #[error("{reason}. {next_step}")]
    Refused {
        /// Why, without a full stop.
        reason: String,
        /// What to do about it: a whole sentence.
        next_step: String,
    },
    /// The upstream did not do it.
    #[error(transparent)]
    Upstream(#[from] Fault),
    /// We are wrong. The agent sees only the call id; the log holds the sentence.
    #[error("{0}")]
    Bug(String),
}

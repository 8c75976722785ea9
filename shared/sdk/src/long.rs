//! Reads that an upstream may take longer for than a call lasts.

use std::{future::Future, time::Duration};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Cx, NamesAccounts, ToolError, ToolSpec};

/// How far a long piece of work has come.
#[derive(Debug)]
pub enum Progress<Job, Answer> {
    /// Here is the answer.
    Done(Answer),
    /// The upstream is still at work.
    Pending {
        /// What is needed to go on.
        job: Job,
        /// When to look again.
        poll_after: Duration,
    },
}

/// A tool that reads and may take longer than a call lasts.
///
/// The pipeline begins it, and polls while the call's time lasts. After that it keeps the job and answers `pending`; the
/// kit's own `get_job` goes on from there, also after a restart.
///
/// An error that the upstream may recover from leaves the job as it is, to be looked at again. [`ToolError::Refused`],
/// [`ToolError::Argument`], and faults of the classes *BadRequest* and *Permission* end it: say so when the upstream has given
/// the work up.
pub trait LongTool: Send + Sync + 'static {
    /// Its arguments; unknown fields must be refused (`#[serde(deny_unknown_fields)]`).
    type Args: DeserializeOwned + JsonSchema + NamesAccounts + Send + Sync + 'static;
    /// What is needed to go on: the ids under which the upstream works. It is kept in the store, so no secret and no link.
    type Job: Serialize + DeserializeOwned + Send;
    /// Its answer.
    type Answer: Serialize + JsonSchema + Send;
    /// What is declared about it.
    const SPEC: ToolSpec;

    /// Asks the upstream to begin, or answers at once.
    fn begin(
        args: &Self::Args,
        cx: &Cx,
    ) -> impl Future<Output = Result<Progress<Self::Job, Self::Answer>, ToolError>> + Send;

    /// Looks once how far it has come.
    fn poll(
        args: &Self::Args,
        job: Self::Job,
        cx: &Cx,
    ) -> impl Future<Output = Result<Progress<Self::Job, Self::Answer>, ToolError>> + Send;
}

//! `get_job`: a tool of the kit, the same on every server. The gateway does its work.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{Cost, ToolSpec};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// As the pending answer gave it.
    pub(crate) job_id: String,
}

pub(crate) const SPEC: ToolSpec = ToolSpec {
    cost: Cost::Light,
    // Of the tool whose work it is.
    stale: None,
    ..ToolSpec::read(
        "get_job",
        "Get a late result",
        "The result of a call that was answered with a job_id because it takes longer, as that call's tool would have \
         answered it; or `pending` once more. Wait poll_after_seconds between two calls.",
    )
};

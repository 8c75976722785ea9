//! `revert_change`: a tool of the kit, the same on every server that has writes. The gateway does its work.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::ToolSpec;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Of an applied change.
    pub(crate) change_id: String,
}

/// What is set back differs from change to change.
pub(crate) type State = Map<String, Value>;

pub(crate) const SPEC: ToolSpec = ToolSpec::write(
    "revert_change",
    "Take a change back",
    "Sets back what an applied change has set, once, if nothing has changed it since. Without preview_id it only previews; \
     send the same change_id with the preview_id to apply. A revert is a change too and can be reverted.",
);

//! What a call was made with, in one digest.

use crate::{Canonical, Digest};

/// Digest of a call's arguments, as the ledger has it: of the JSON without the confirmation of a write. Kept arguments of the
/// same digest are whole, so that the call can be made again.
pub fn arguments_digest(integration: &str, tool: &str, arguments_json: &str) -> Digest {
    Canonical::of("arguments/1").field(integration).field(tool).field(arguments_json).digest()
}

//! What a report says.

use serde::{Deserialize, Serialize};
use turnpike_core::Timestamp;

use super::Contents;

/// The form of reports that this version writes.
pub(super) const FORMAT: &str = "turnpike-certification/1";

/// One run of the certification suite for one integration.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The form of this report.
    pub format: String,
    /// Name of the integration.
    pub integration: String,
    /// Version of its MCP server.
    pub server_version: String,
    /// The upstream's API version that it is written for.
    pub pin: Pin,
    /// Version of the workspace.
    pub workspace_version: String,
    /// What it was built and tested with.
    pub toolchain: Toolchain,
    /// What its folder held.
    pub folder: Contents,
    /// When the tests began.
    pub started: Timestamp,
    /// When they had ended.
    pub ended: Timestamp,
    /// Whether there were tests, and all of them passed.
    pub passed: bool,
    /// The tests, in the order in which they ended.
    pub tests: Vec<Test>,
}

/// An upstream's API version, and the last day it is served.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it, in every report too")]
pub struct Pin {
    pub version: String,
    pub ends: String,
}

/// What the programs say of themselves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it, in every report too")]
pub struct Toolchain {
    pub rustc: String,
    pub runner: String,
}

/// One test.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Test {
    /// Crate, binary and test.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took, where the runner tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// What a failed one said first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<String>,
}

/// How a test ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Passed,
    Failed,
    Ignored,
}

impl Report {
    /// What every report of this version calls its form.
    pub const fn format() -> &'static str {
        FORMAT
    }

    /// The tests that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Test> {
        self.tests.iter().filter(|test| test.outcome == Outcome::Failed)
    }

    /// How many tests passed.
    pub fn count_passed(&self) -> usize {
        self.tests.iter().filter(|test| test.outcome == Outcome::Passed).count()
    }
}

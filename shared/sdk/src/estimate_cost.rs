//! `estimate_cost`: a tool of the kit, on every server that has a tool whose cost depends on its answer. The gateway does its
//! work, asks no upstream, and charges nothing.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use turnpike_core::Money;

use crate::{Cost, ToolSpec};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Name of a tool of this server.
    pub(crate) tool: String,
    /// What it would be called with.
    pub(crate) arguments: Map<String, Value>,
}

/// What a call would cost.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it; where they do not, agents read the same words")]
pub struct Estimate {
    pub tool: String,
    /// Units that a fresh answer uses up at least.
    pub units_at_least: i64,
    /// With as many rows as it may have.
    pub units_at_most: i64,
    /// What those units cost in this period's present tier.
    pub price_at_least: MoneyLine,
    pub price_at_most: MoneyLine,
    /// Units left of this period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota_left: Option<i64>,
    /// Why the call would be refused now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// An amount, as `_meta` has it: in millionths of the currency's unit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[expect(missing_docs, reason = "the names say it, in every schema too")]
pub struct MoneyLine {
    pub micros: i64,
    pub currency: String,
}

impl From<Money> for MoneyLine {
    fn from(money: Money) -> Self {
        Self { micros: money.micros.0, currency: money.currency.to_string() }
    }
}

pub(crate) const SPEC: ToolSpec = ToolSpec {
    cost: Cost::Free,
    stale: None,
    ..ToolSpec::read(
        "estimate_cost",
        "Estimate the cost of a call",
        "What a call of another tool here would use up of the plan, and whether it would be refused, without making it. Free. A \
         kept answer costs less, a failed call nothing. Ask before calls with many rows.",
    )
};

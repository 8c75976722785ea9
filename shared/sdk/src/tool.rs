//! Tools as their authors write them.

use std::{future::Future, time::Duration};

use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use turnpike_core::Micros;

use crate::{
    ArgumentError, Cx, DescribeAccounts, LongTool, NamesAccounts, Prepared, ToolError, WriteAnswer, estimate_cost,
    get_job, list_accounts::ListAccounts, prepared, revert_change, schema,
};

/// Whether a tool changes anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Only reads.
    Read,
    /// Changes something, after a preview.
    Write,
}

/// Cost class: the price book gives each a price.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Cost {
    /// Nothing: no request at all.
    Free,
    /// One small request at most.
    Light,
    /// The usual read or write.
    Standard,
    /// A report over many rows.
    Heavy,
    /// The same, and once more for each further so many rows of the answer that have begun. The tool takes `max_rows`, so that
    /// it is known before how much that may be.
    HeavyPerRows(u32),
}

impl Cost {
    /// The word in the price book.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Light => "light",
            Self::Standard => "standard",
            Self::Heavy | Self::HeavyPerRows(_) => "heavy",
        }
    }

    /// Whether it depends on the answer.
    pub const fn varies(self) -> bool {
        matches!(self, Self::HeavyPerRows(_))
    }

    /// How often the class is charged for an answer of so many rows.
    pub fn times(self, rows: u64) -> i64 {
        match self {
            Self::HeavyPerRows(step) => i64::try_from(rows.div_ceil(step.max(1).into()).max(1)).unwrap_or(i64::MAX),
            Self::Free | Self::Light | Self::Standard | Self::Heavy => 1,
        }
    }
}

/// What is declared about a tool. Hints, scopes, price and cache follow from it.
#[derive(Clone, Copy, Debug)]
pub struct ToolSpec {
    /// `[a-z0-9_]`, at most 48 characters: the combined server puts the integration's name before it.
    pub name: &'static str,
    /// Title for people.
    pub title: &'static str,
    /// What it does and when to use it, for agents.
    pub description: &'static str,
    /// Whether it changes anything.
    pub access: Access,
    /// What it does stays: it adds something, and to take that back would be to delete it, which no tool does.
    pub lasting: bool,
    /// Its cost class.
    pub cost: Cost,
    /// How old a kept answer may be; `None` for tools whose answers are not kept.
    pub cache: Option<Duration>,
    /// How old an earlier answer may be that is shown, marked as such, while the upstream fails or asks to wait and the
    /// tenant allows it; `None` for tools whose earlier answers are of no use then.
    pub stale: Option<Duration>,
    /// How long it may take.
    pub timeout: Duration,
    /// Server version that brought it.
    pub since: &'static str,
    /// Server version that deprecated it.
    pub deprecated: Option<&'static str>,
}

impl ToolSpec {
    /// A read tool with the usual settings: standard cost, not kept, shown stale for a day, 45 s.
    pub const fn read(name: &'static str, title: &'static str, description: &'static str) -> Self {
        let (cache, stale, timeout) = (None, Some(Duration::from_secs(24 * 3600)), Duration::from_secs(45));
        Self {
            name,
            title,
            description,
            access: Access::Read,
            lasting: false,
            cost: Cost::Standard,
            cache,
            stale,
            timeout,
            since: "0.1.0",
            deprecated: None,
        }
    }

    /// A write tool with the usual settings; what it answered once is never shown for what is so.
    pub const fn write(name: &'static str, title: &'static str, description: &'static str) -> Self {
        Self { access: Access::Write, stale: None, ..Self::read(name, title, description) }
    }
}

/// A tool that only reads.
pub trait ReadTool: Send + Sync + 'static {
    /// Its arguments; unknown fields must be refused (`#[serde(deny_unknown_fields)]`).
    type Args: DeserializeOwned + JsonSchema + NamesAccounts + Send + 'static;
    /// Its answer.
    type Answer: Serialize + JsonSchema + Send;
    /// What is declared about it.
    const SPEC: ToolSpec;

    /// Does the work.
    fn call(args: Self::Args, cx: Cx) -> impl Future<Output = Result<Self::Answer, ToolError>> + Send;
}

/// What a write will do, worked out from the observed state.
pub struct Plan<State> {
    /// The state wanted.
    pub after: State,
    /// The change in one sentence.
    pub summary: String,
    /// What a person should know before agreeing.
    pub warnings: Vec<String>,
}

/// What a change does to what an account may spend: caps and approvals depend on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Spending {
    /// It cannot spend more than before.
    NoMore,
    /// An amount that may be spent, for a day or for a whole time.
    Amount {
        /// Before; `None` where there was no bound.
        before: Option<Micros>,
        /// Afterwards.
        after: Micros,
        /// ISO 4217 code of both.
        currency: String,
    },
    /// Something that did not spend may now begin to.
    Starts,
}

/// A tool that changes something. The pipeline runs the steps: preview is observe, plan, dry run; confirm is observe,
/// compare, apply, observe again. To take a change back, the pipeline lets the old state be checked and applied.
pub trait WriteTool: Send + Sync + 'static {
    /// Its arguments, without `preview_id`, which the pipeline adds.
    type Args: DeserializeOwned + JsonSchema + NamesAccounts + Send + Sync + 'static;
    /// What it changes, as observed at the upstream.
    type State: Serialize + DeserializeOwned + JsonSchema + PartialEq + Send;
    /// What is declared about it.
    const SPEC: ToolSpec;

    /// Reads the present state.
    fn observe(args: &Self::Args, cx: &Cx) -> impl Future<Output = Result<Self::State, ToolError>> + Send;
    /// Works out the change; refuses what must not be done.
    fn plan(args: &Self::Args, before: &Self::State) -> Result<Plan<Self::State>, ToolError>;
    /// What changing from one state to the other does to what may be spent.
    fn spending(from: &Self::State, to: &Self::State) -> Spending;
    /// Refuses an old state that cannot be had again, such as that of a draft, or of what was before something was added.
    fn check_revert(_old: &Self::State) -> Result<(), ToolError> {
        if !Self::SPEC.lasting {
            return Ok(());
        }
        Err(ToolError::Refused {
            reason: "what this change has added stays: to take it back would be to delete it, which no tool does"
                .into(),
            next_step: "Ask a person to delete it where it is, if it must go.".into(),
        })
    }
    /// Asks the upstream to check the change to exactly this state without making it, where it can.
    fn dry_run(args: &Self::Args, target: &Self::State, cx: &Cx) -> impl Future<Output = Result<(), ToolError>> + Send;
    /// Changes what was observed to exactly this state. The arguments say of what, the state says to which values.
    fn apply(args: &Self::Args, target: &Self::State, cx: &Cx) -> impl Future<Output = Result<(), ToolError>> + Send;
}

/// A tool with its types erased, as the pipeline holds it.
pub struct Tool {
    /// What is declared about it.
    pub spec: ToolSpec,
    /// JSON Schema of its arguments.
    pub input_schema: Map<String, Value>,
    /// JSON Schema of its answer.
    pub output_schema: Map<String, Value>,
    prepare: fn(Map<String, Value>) -> Result<Prepared, ArgumentError>,
}

impl Tool {
    /// A tool that only reads.
    pub fn read<T: ReadTool>() -> Self {
        Self {
            spec: T::SPEC,
            input_schema: schema::input::<T::Args>(),
            output_schema: schema::output::<T::Answer>(),
            prepare: prepared::read::<T>,
        }
    }

    /// `list_accounts`, with what this integration tells of its accounts.
    pub fn list_accounts<D: DescribeAccounts>() -> Self {
        Self::read::<ListAccounts<D>>()
    }

    /// A tool that reads and may take longer than a call lasts.
    pub fn long<T: LongTool>() -> Self {
        Self {
            spec: T::SPEC,
            input_schema: schema::with_background(schema::input::<T::Args>()),
            output_schema: schema::or_pending(schema::output::<T::Answer>()),
            prepare: prepared::long::<T>,
        }
    }

    /// `get_job`, by which agents fetch what took longer than its call.
    pub(crate) fn get_job() -> Self {
        Self {
            spec: get_job::SPEC,
            input_schema: schema::input::<get_job::Args>(),
            output_schema: schema::or_pending(Map::from_iter([("type".to_owned(), "object".into())])),
            prepare: prepared::get_job,
        }
    }

    /// `revert_change`, by which agents take back what they have changed.
    pub(crate) fn revert_change() -> Self {
        Self {
            spec: revert_change::SPEC,
            input_schema: schema::with_preview_id(schema::input::<revert_change::Args>()),
            output_schema: schema::output::<WriteAnswer<revert_change::State>>(),
            prepare: prepared::revert_change,
        }
    }

    /// `estimate_cost`, by which agents learn what a call would cost.
    pub(crate) fn estimate_cost() -> Self {
        Self {
            spec: estimate_cost::SPEC,
            input_schema: schema::input::<estimate_cost::Args>(),
            output_schema: schema::output::<estimate_cost::Estimate>(),
            prepare: prepared::estimate_cost,
        }
    }

    /// A tool that changes something.
    pub fn write<T: WriteTool>() -> Self {
        Self {
            spec: T::SPEC,
            input_schema: schema::with_preview_id(schema::input::<T::Args>()),
            output_schema: schema::output::<WriteAnswer<T::State>>(),
            prepare: prepared::write::<T>,
        }
    }

    /// How many rows an answer to these arguments has at most: as many as they ask for, or as many as there are when they do
    /// not say. Nought for a tool without `max_rows`.
    pub fn most_rows(&self, arguments: &Map<String, Value>) -> u64 {
        let schema = self.input_schema.get("properties").and_then(|fields| fields.get("max_rows"));
        let Some(schema) = schema else { return 0 };
        let asked = arguments.get("max_rows").and_then(Value::as_u64);
        asked.or_else(|| schema["default"].as_u64()).or_else(|| schema["maximum"].as_u64()).unwrap_or_default()
    }

    /// Reads the arguments into their type; the error names the field and teaches the fix.
    pub fn prepare(&self, arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
        (self.prepare)(arguments)
    }
}

//! A call whose arguments have been read, ready to run.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    ArgumentError, Cx, LongTool, NamesAccounts, Progress, ReadTool, Spending, ToolError, Touches, WriteTool,
    estimate_cost, get_job, revert_change,
};

/// A call whose arguments have been read.
pub enum Prepared {
    /// Of a tool that only reads.
    Read(Box<dyn PreparedRead>),
    /// Of a tool that reads and may take longer than a call lasts.
    Long {
        /// Its beginning, and its polls.
        work: Box<dyn PreparedLong>,
        /// Set when the caller does not want to wait.
        background: bool,
    },
    /// Of a tool that changes something.
    Write {
        /// The steps.
        steps: Box<dyn PreparedWrite>,
        /// Set when a preview is being confirmed.
        preview_id: Option<String>,
    },
    /// Of the kit's `get_job`: the id that was sent.
    Job(String),
    /// Of the kit's `revert_change`.
    Revert {
        /// The change that is taken back, as its answer named it.
        change_id: String,
        /// Set when a preview is being confirmed.
        preview_id: Option<String>,
    },
    /// Of the kit's `estimate_cost`.
    Estimate {
        /// The tool that would be called.
        tool: String,
        /// With what.
        arguments: Map<String, Value>,
    },
}

impl Prepared {
    /// The accounts that the arguments name.
    pub fn touches(&self) -> Touches {
        match self {
            Self::Read(call) => call.touches(),
            Self::Long { work, .. } => work.touches(),
            Self::Write { steps, .. } => steps.touches(),
            // What the arguments of the job, the change or the other tool name is checked once they are known.
            Self::Job(_) | Self::Revert { .. } | Self::Estimate { .. } => Touches::Connection,
        }
    }
}

/// A read, its types erased.
pub trait PreparedRead: Send {
    /// The accounts that the arguments name.
    fn touches(&self) -> Touches;
    /// Does the work.
    fn call(self: Box<Self>, cx: Cx) -> BoxFuture<'static, Result<Value, ToolError>>;
}

/// How far long work has come, its types erased: the answer, or the job to go on with.
pub type Advance = Progress<Value, Value>;

/// Long work, its types erased.
pub trait PreparedLong: Send + Sync {
    /// The accounts that the arguments name.
    fn touches(&self) -> Touches;
    /// Asks the upstream to begin.
    fn begin<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<Advance, ToolError>>;
    /// Looks how far it has come.
    fn poll<'a>(&'a self, job: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<Advance, ToolError>>;
}

/// What a write will do.
#[derive(Clone, PartialEq, Debug)]
pub struct Planned {
    /// The state wanted.
    pub after: Value,
    /// The change in one sentence.
    pub summary: String,
    /// What a person should know before agreeing.
    pub warnings: Vec<String>,
}

/// The steps of a write, their types erased.
pub trait PreparedWrite: Send + Sync {
    /// The accounts that the arguments name.
    fn touches(&self) -> Touches;
    /// Reads the present state.
    fn observe<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<Value, ToolError>>;
    /// Works out the change.
    fn plan(&self, before: &Value) -> Result<Planned, ToolError>;
    /// What changing from one state to the other does to what may be spent.
    fn spending(&self, from: &Value, to: &Value) -> Result<Spending, ToolError>;
    /// Refuses an old state that cannot be had again.
    fn check_revert(&self, old: &Value) -> Result<(), ToolError>;
    /// Asks the upstream to check the change.
    fn dry_run<'a>(&'a self, target: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>>;
    /// Makes the change.
    fn apply<'a>(&'a self, target: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>>;
}

struct Call<T: ReadTool>(T::Args);
struct Work<T: LongTool>(T::Args);
struct Steps<T: WriteTool>(T::Args);

pub(crate) fn read<T: ReadTool>(arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    Ok(Prepared::Read(Box::new(Call::<T>(parse(arguments)?))))
}

pub(crate) fn long<T: LongTool>(mut arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    let background = match arguments.remove("background") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(background)) => background,
        Some(_) => {
            let fix = "Send true to get a job_id at once, or leave it out to wait for the result.";
            return Err(ArgumentError::new("background", "it must be true or false", fix));
        }
    };
    Ok(Prepared::Long { work: Box::new(Work::<T>(parse(arguments)?)), background })
}

pub(crate) fn write<T: WriteTool>(mut arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    let preview_id = take_preview_id(&mut arguments)?;
    Ok(Prepared::Write { steps: Box::new(Steps::<T>(parse(arguments)?)), preview_id })
}

pub(crate) fn revert_change(mut arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    let preview_id = take_preview_id(&mut arguments)?;
    let revert_change::Args { change_id } = parse(arguments)?;
    Ok(Prepared::Revert { change_id, preview_id })
}

fn take_preview_id(arguments: &mut Map<String, Value>) -> Result<Option<String>, ArgumentError> {
    match arguments.remove("preview_id") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(id)) => Ok(Some(id)),
        Some(_) => {
            let fix = "Send the `preview_id` that the preview returned.";
            Err(ArgumentError::new("preview_id", "it must be a string", fix))
        }
    }
}

pub(crate) fn get_job(arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    parse::<get_job::Args>(arguments).map(|args| Prepared::Job(args.job_id))
}

pub(crate) fn estimate_cost(arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    let estimate_cost::Args { tool, arguments } = parse(arguments)?;
    Ok(Prepared::Estimate { tool, arguments })
}

fn parse<T: DeserializeOwned>(arguments: Map<String, Value>) -> Result<T, ArgumentError> {
    serde_path_to_error::deserialize(Value::Object(arguments)).map_err(|error| {
        let path = error.path().to_string();
        let problem = error.into_inner().to_string();
        let field = match path.as_str() {
            "." => problem.split('`').nth(1).unwrap_or("arguments").to_owned(),
            _ => path,
        };
        ArgumentError::new(field, problem, "See the tool's input schema in tools/list.")
    })
}

fn to_value(value: &impl Serialize) -> Result<Value, ToolError> {
    serde_json::to_value(value).map_err(|error| ToolError::Bug(format!("answer: {error}")))
}

fn erased<Job: Serialize, Answer: Serialize>(progress: Progress<Job, Answer>) -> Result<Advance, ToolError> {
    Ok(match progress {
        Progress::Done(answer) => Progress::Done(to_value(&answer)?),
        Progress::Pending { job, poll_after } => Progress::Pending { job: to_value(&job)?, poll_after },
    })
}

fn state<T: WriteTool>(value: &Value) -> Result<T::State, ToolError> {
    T::State::deserialize(value).map_err(|error| ToolError::Bug(format!("state: {error}")))
}

impl<T: ReadTool> PreparedRead for Call<T> {
    fn touches(&self) -> Touches {
        self.0.touches()
    }

    fn call(self: Box<Self>, cx: Cx) -> BoxFuture<'static, Result<Value, ToolError>> {
        Box::pin(async move { to_value(&T::call(self.0, cx).await?) })
    }
}

impl<T: LongTool> PreparedLong for Work<T> {
    fn touches(&self) -> Touches {
        self.0.touches()
    }

    fn begin<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<Advance, ToolError>> {
        Box::pin(async move { erased(T::begin(&self.0, cx).await?) })
    }

    fn poll<'a>(&'a self, job: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<Advance, ToolError>> {
        Box::pin(async move {
            let job = T::Job::deserialize(job).map_err(|error| ToolError::Bug(format!("job: {error}")))?;
            erased(T::poll(&self.0, job, cx).await?)
        })
    }
}

impl<T: WriteTool> PreparedWrite for Steps<T> {
    fn touches(&self) -> Touches {
        self.0.touches()
    }

    fn observe<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move { to_value(&T::observe(&self.0, cx).await?) })
    }

    fn plan(&self, before: &Value) -> Result<Planned, ToolError> {
        let mut plan = T::plan(&self.0, &state::<T>(before)?)?;
        if T::SPEC.lasting {
            plan.warnings.push("What this adds stays: revert_change does not take it back.".to_owned());
        }
        Ok(Planned { after: to_value(&plan.after)?, summary: plan.summary, warnings: plan.warnings })
    }

    fn spending(&self, from: &Value, to: &Value) -> Result<Spending, ToolError> {
        Ok(T::spending(&state::<T>(from)?, &state::<T>(to)?))
    }

    fn check_revert(&self, old: &Value) -> Result<(), ToolError> {
        T::check_revert(&state::<T>(old)?)
    }

    fn dry_run<'a>(&'a self, target: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>> {
        Box::pin(async move { T::dry_run(&self.0, &state::<T>(target)?, cx).await })
    }

    fn apply<'a>(&'a self, target: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>> {
        Box::pin(async move { T::apply(&self.0, &state::<T>(target)?, cx).await })
    }
}

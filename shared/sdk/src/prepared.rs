//! A call whose arguments have been read, ready to run.

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{ArgumentError, Cx, NamesAccounts, ReadTool, ToolError, Touches, WriteTool};

/// A call whose arguments have been read.
pub enum Prepared {
    /// Of a tool that only reads.
    Read(Box<dyn PreparedRead>),
    /// Of a tool that changes something.
    Write {
        /// The steps.
        steps: Box<dyn PreparedWrite>,
        /// Set when a preview is being confirmed.
        preview_id: Option<String>,
    },
}

impl Prepared {
    /// The accounts that the arguments name.
    pub fn touches(&self) -> Touches {
        match self {
            Self::Read(call) => call.touches(),
            Self::Write { steps, .. } => steps.touches(),
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
    /// Asks the upstream to check the change.
    fn dry_run<'a>(&'a self, after: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>>;
    /// Makes the change.
    fn apply<'a>(&'a self, after: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>>;
}

struct Call<T: ReadTool>(T::Args);
struct Steps<T: WriteTool>(T::Args);

pub(crate) fn read<T: ReadTool>(arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    Ok(Prepared::Read(Box::new(Call::<T>(parse(arguments)?))))
}

pub(crate) fn write<T: WriteTool>(mut arguments: Map<String, Value>) -> Result<Prepared, ArgumentError> {
    let preview_id = match arguments.remove("preview_id") {
        None | Some(Value::Null) => None,
        Some(Value::String(id)) => Some(id),
        Some(_) => {
            return Err(ArgumentError::new(
                "preview_id",
                "it must be a string",
                "Send the `preview_id` that the preview returned.",
            ));
        }
    };
    Ok(Prepared::Write { steps: Box::new(Steps::<T>(parse(arguments)?)), preview_id })
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

impl<T: WriteTool> PreparedWrite for Steps<T> {
    fn touches(&self) -> Touches {
        self.0.touches()
    }

    fn observe<'a>(&'a self, cx: &'a Cx) -> BoxFuture<'a, Result<Value, ToolError>> {
        Box::pin(async move { to_value(&T::observe(&self.0, cx).await?) })
    }

    fn plan(&self, before: &Value) -> Result<Planned, ToolError> {
        let plan = T::plan(&self.0, &state::<T>(before)?)?;
        Ok(Planned { after: to_value(&plan.after)?, summary: plan.summary, warnings: plan.warnings })
    }

    fn dry_run<'a>(&'a self, after: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>> {
        Box::pin(async move { T::dry_run(&self.0, &state::<T>(after)?, cx).await })
    }

    fn apply<'a>(&'a self, after: &'a Value, cx: &'a Cx) -> BoxFuture<'a, Result<(), ToolError>> {
        Box::pin(async move { T::apply(&self.0, &state::<T>(after)?, cx).await })
    }
}

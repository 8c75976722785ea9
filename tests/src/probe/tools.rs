//! The probe's tools.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_core::{AccountId, Micros};
use turnpike_sdk::{
    Cost, Cx, Effect, LongTool, NamesAccounts, Plan, Progress, ReadTool, Request, Spending, Tool, ToolError, ToolSpec,
    Touches, WriteTool,
};

use super::TIMEOUT;

pub(super) fn all() -> Vec<Tool> {
    vec![
        Tool::read::<Echo>(),
        Tool::read::<Fetch>(),
        Tool::long::<Dig>(),
        Tool::read::<Hang>(),
        Tool::read::<Panic>(),
        Tool::write::<Set>(),
    ]
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account.
    account: String,
    /// Comes back as it is.
    #[serde(default)]
    text: String,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        assert_ne!(self.text, super::PANICS_EARLY, "as asked");
        Touches::Accounts(vec![AccountId::new(self.account.clone())])
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Said {
    text: String,
}

const fn spec(name: &'static str) -> ToolSpec {
    ToolSpec { timeout: TIMEOUT, ..ToolSpec::read(name, name, "For tests.") }
}

struct Dig;
struct Echo;
struct Fetch;
struct Hang;
struct Panic;
struct Set;

impl ReadTool for Echo {
    type Args = Args;
    type Answer = Said;
    const SPEC: ToolSpec = spec("echo");

    async fn call(args: Args, _: Cx) -> Result<Said, ToolError> {
        Ok(Said { text: args.text })
    }
}

impl ReadTool for Fetch {
    type Args = Args;
    type Answer = Said;
    const SPEC: ToolSpec = spec("fetch");

    async fn call(_: Args, cx: Cx) -> Result<Said, ToolError> {
        let answer = cx.send(Request::get("/value")).await?;
        Ok(Said { text: String::from_utf8_lossy(&answer.body).into_owned() })
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Hole {
    looks: u32,
    in_time: bool,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Dug {
    text: String,
    looks: u32,
    /// Whether it was begun in a call that could wait.
    in_time: bool,
}

/// Its `text` says how many looks it takes, or how the first look goes wrong.
impl LongTool for Dig {
    type Args = Args;
    type Job = Hole;
    type Answer = Dug;
    const SPEC: ToolSpec = ToolSpec { cost: Cost::Heavy, timeout: super::DIG_TIME, ..spec("dig") };

    async fn begin(_: &Args, cx: &Cx) -> Result<Progress<Hole, Dug>, ToolError> {
        cx.send(Request::get("/value")).await?;
        let job = Hole { looks: 0, in_time: cx.time_left() > Duration::ZERO };
        Ok(Progress::Pending { job, poll_after: super::LOOK_AFTER })
    }

    async fn poll(args: &Args, job: Hole, cx: &Cx) -> Result<Progress<Hole, Dug>, ToolError> {
        let Hole { looks, in_time } = Hole { looks: job.looks + 1, ..job };
        let text = String::from_utf8_lossy(&cx.send(Request::get("/value")).await?.body).into_owned();
        let looks_needed: u32 = match args.text.as_str() {
            "refuse" => {
                return Err(ToolError::Refused { reason: "too deep".into(), next_step: "Dig elsewhere.".into() });
            }
            "bug" => return Err(ToolError::Bug("as asked".into())),
            "panic" => panic!("as asked"),
            "long" => return Ok(Progress::Done(Dug { text: "x".repeat(200_000), looks, in_time })),
            number => number.parse().unwrap_or(1),
        };
        Ok(match looks < looks_needed {
            true => Progress::Pending { job: Hole { looks, in_time }, poll_after: super::LOOK_AFTER },
            false => Progress::Done(Dug { text, looks, in_time }),
        })
    }
}

impl ReadTool for Hang {
    type Args = Args;
    type Answer = Said;
    const SPEC: ToolSpec = spec("hang");

    async fn call(_: Args, _: Cx) -> Result<Said, ToolError> {
        std::future::pending().await
    }
}

impl ReadTool for Panic {
    type Args = Args;
    type Answer = Said;
    const SPEC: ToolSpec = spec("panic");

    async fn call(args: Args, _: Cx) -> Result<Said, ToolError> {
        panic!("as asked: {}", args.text)
    }
}

#[derive(Serialize, Deserialize, JsonSchema, PartialEq)]
pub(super) struct Value {
    text: String,
}

impl WriteTool for Set {
    type Args = Args;
    type State = Value;
    const SPEC: ToolSpec = ToolSpec::write("set", "Set", "For tests.");

    async fn observe(_: &Args, cx: &Cx) -> Result<Value, ToolError> {
        let answer = cx.send(Request::get("/value")).await?;
        Ok(Value { text: String::from_utf8_lossy(&answer.body).into_owned() })
    }

    fn plan(args: &Args, _: &Value) -> Result<Plan<Value>, ToolError> {
        Ok(Plan { after: Value { text: args.text.clone() }, summary: "Set the value.".into(), warnings: vec![] })
    }

    /// A text that is a number is an amount; `on` spends.
    fn spending(from: &Value, to: &Value) -> Spending {
        let amount = |value: &Value| value.text.parse().ok().map(|units: i64| Micros(units * 1_000_000));
        match amount(to) {
            Some(after) => Spending::Amount { before: amount(from), after, currency: "EUR".into() },
            None if to.text == "on" => Spending::Starts,
            None => Spending::NoMore,
        }
    }

    fn check_revert(old: &Value) -> Result<(), ToolError> {
        if old.text != super::NEVER_AGAIN {
            return Ok(());
        }
        let next_step = "Set another.".into();
        Err(ToolError::Refused { reason: "this value is not had again".into(), next_step })
    }

    async fn dry_run(_: &Args, _: &Value, _: &Cx) -> Result<(), ToolError> {
        Ok(())
    }

    async fn apply(_: &Args, target: &Value, cx: &Cx) -> Result<(), ToolError> {
        cx.send(Request::post("/value", &target.text, Effect::Write)?).await?;
        Ok(())
    }
}

//! Plays a recording: the same requests, and the same answer.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;
use turnpike_core::Class;
use turnpike_sdk::Integration;

use crate::{
    call::{Stage, call, fault_of},
    fixture::{Exchange, FORMAT, Outcome, Recording},
    play::Player,
};

/// How an integration differs from what was recorded of it.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Difference {
    /// The file is of another form.
    #[error("the file is of the form {0}, and this program reads {FORMAT}")]
    Format(String),
    /// The recording is of another integration.
    #[error("this is a recording of {0}")]
    Integration(String),
    /// The vendor's API version has moved on.
    #[error("it was recorded from version {recorded}, and the manifest pins {pinned}: record it anew, or delete it")]
    Pin {
        /// What answered.
        recorded: String,
        /// What the manifest says.
        pinned: String,
    },
    /// The tool asked for something else.
    #[error("request {number} {}", apart(recorded.as_ref(), asked))]
    Request {
        /// Which, from one.
        number: usize,
        /// What was recorded there, if anything was.
        recorded: Option<Value>,
        /// What the tool asked.
        asked: Value,
    },
    /// The tool did not ask for all.
    #[error("the tool no longer asks for {request}")]
    LeftOver {
        /// The next recorded request.
        request: Value,
    },
    /// The classifier takes a good answer for a failure.
    #[error("answer {number} was good, and is now taken for a failure of the class {class}")]
    Misread {
        /// Which, from one.
        number: usize,
        /// The class that it is given.
        class: Class,
    },
    /// The same came in, and something else came out.
    #[error("the outcome {}", apart(Some(recorded), given))]
    Outcome {
        /// As recorded.
        recorded: Value,
        /// As it is now.
        given: Value,
    },
    /// The tool ended in an error that no vendor caused.
    #[error("the tool fails: {0}")]
    Failed(String),
}

/// Plays the recording against the integration as it is now.
pub async fn replay(integration: &Integration, recording: &Recording) -> Result<(), Difference> {
    if recording.format != FORMAT {
        return Err(Difference::Format(recording.format.clone()));
    }
    if recording.integration != integration.manifest.name {
        return Err(Difference::Integration(recording.integration.clone()));
    }
    let pinned = integration.manifest.version.version;
    if recording.version != pinned {
        return Err(Difference::Pin { recorded: recording.version.clone(), pinned: pinned.into() });
    }
    let next = |left: &VecDeque<Exchange>, asked: &Value| (left.front()?.request == *asked).then_some(0);
    let player = Player::new(recording.exchanges.clone(), integration.classify, recording.clock, Box::new(next));
    let (outcome, _) = play(integration, recording, player).await?;
    if outcome == recording.outcome {
        return Ok(());
    }
    let shown = |outcome: &Outcome| serde_json::to_value(outcome).unwrap_or_default();
    Err(Difference::Outcome { recorded: shown(&recording.outcome), given: shown(&outcome) })
}

/// Runs the recorded call on this player: what comes of it, and the exchanges as they were asked for.
pub(crate) async fn play(
    integration: &Integration,
    recording: &Recording,
    player: Player,
) -> Result<(Outcome, Vec<Exchange>), Difference> {
    let player = Arc::new(player);
    let stage = Stage::of_recording(integration, recording.clock, recording.accounts.clone(), player.clone());
    let came = call(integration, &recording.tool, recording.arguments.clone(), stage).await;
    let outcome = match came {
        Ok(answer) => Ok(Outcome::Answer(answer)),
        Err(error) => match fault_of(&error) {
            Some(fault) => Ok(Outcome::Fault(fault.class)),
            None => Err(Difference::Failed(error.to_string())),
        },
    };
    match (player.finish(), outcome) {
        (Ok(exchanges), Ok(outcome)) => Ok((outcome, exchanges)),
        // What is left over is so because the tool has failed.
        (Err(Difference::LeftOver { .. }) | Ok(_), Err(failed)) => Err(failed),
        (Err(difference), _) => Err(difference),
    }
}

/// Where two values first part, and how.
fn apart(recorded: Option<&Value>, now: &Value) -> String {
    let Some(recorded) = recorded else { return format!("was never made: {now}") };
    let (mut at, mut was, mut is) = (String::new(), recorded, now);
    while let Some(step) = step(was, is) {
        (was, is) = (inside(was, &step), inside(is, &step));
        at = format!("{at}/{step}");
    }
    format!("differs at {}: recorded {was}, now {is}", if at.is_empty() { "its root" } else { &at })
}

/// The first field or place in which both differ.
fn step(was: &Value, is: &Value) -> Option<String> {
    match (was, is) {
        (Value::Object(one), Value::Object(other)) => {
            one.keys().chain(other.keys()).find(|name| one.get(*name) != other.get(*name)).cloned()
        }
        (Value::Array(one), Value::Array(other)) => {
            let longer = one.len().max(other.len());
            (0..longer).find(|at| one.get(*at) != other.get(*at)).map(|at| at.to_string())
        }
        _ => None,
    }
}

fn inside<'a>(value: &'a Value, step: &str) -> &'a Value {
    const NOTHING: &Value = &Value::Null;
    match value {
        Value::Array(items) => step.parse().ok().and_then(|at: usize| items.get(at)).unwrap_or(NOTHING),
        other => other.get(step).unwrap_or(NOTHING),
    }
}

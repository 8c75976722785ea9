//! Taking an applied change back, through the same guard as any write.

use serde_json::Value;
use turnpike_core::{LeastRole, PreviewId};
use turnpike_sdk::{Planned, Prepared, PreparedWrite, Spending};
use turnpike_store::{PreviewRow, PreviewState};

use super::{json, moved, outcome_unknown, refused, store_failed};
use crate::{
    Caller, Face, Gateway, RefusalClass,
    gateway::Connected,
    pipeline::{Call, Refusal},
};

/// How many differences are told.
const TOLD: usize = 3;

/// A change that is to be taken back.
pub(in crate::pipeline) struct Reverted {
    pub(super) change: PreviewRow,
    /// How far that has come that took it back before.
    by: Option<PreviewState>,
}

impl Gateway {
    /// Finds the change that is to be taken back, and makes the call one of the tool that made it.
    pub(in crate::pipeline) async fn take_back(
        &self,
        call: &mut Call,
        connected: &Connected,
        change_id: &str,
        preview_id: Option<String>,
    ) -> Result<Prepared, Refusal> {
        let reverted = self.find_change(call, connected, change_id).await?;
        let change = &reverted.change;
        let arguments = serde_json::from_str(&change.arguments_json).map_err(|_| Refusal::internal())?;
        let face = Face::One(call.found.manifest().name);
        let made_by = self.servers.find(&face, &change.tool);
        let prepared = made_by.as_ref().map(|found| found.tool().prepare(arguments));
        let (Some(made_by), Some(Ok(Prepared::Write { steps, .. }))) = (made_by, prepared) else {
            let message = format!("the tool {} no longer makes such changes", change.tool);
            return Err(refused(RefusalClass::CannotRevert, message, "Set the value with one of the present tools."));
        };
        call.found = made_by;
        self.check_tool(call)?;
        call.reverts = Some(reverted);
        Ok(Prepared::Write { steps, preview_id })
    }

    /// The applied change, if this caller may take it back. One answer for all else.
    async fn find_change(&self, call: &Call, connected: &Connected, id: &str) -> Result<Reverted, Refusal> {
        let unknown = || {
            let next = "Send the `change_id` that this caller's confirmed change was answered with.";
            refused(RefusalClass::UnknownChange, "`change_id`: this caller has made no such change here", next)
        };
        let id: PreviewId = id.parse().map_err(|_| unknown())?;
        let rows = self.store.tenant(call.caller.tenant);
        let found = rows.find_preview(id).await.map_err(|error| store_failed(&error))?;
        let ours = |row: &PreviewRow| {
            row.state == PreviewState::Applied
                && row.connection_id == connected.connection.id
                && (row.principal == call.caller.principal || answers_for_all(&call.caller))
        };
        let change = found.filter(ours).ok_or_else(unknown)?;
        let by = match change.reverted_by {
            Some(by) => rows.find_preview(by).await.map_err(|error| store_failed(&error))?.map(|by| by.state),
            None => None,
        };
        Ok(Reverted { change, by })
    }
}

/// Agents take back their own changes. A person who may decide on changes takes back whichever the tenant has made.
fn answers_for_all(caller: &Caller) -> bool {
    caller.principal.starts_with("person:") && caller.role.reaches(LeastRole::Admin)
}

/// A change is taken back once.
pub(super) fn still_stands(call: &Call) -> Result<(), Refusal> {
    let Some(reverted) = &call.reverts else { return Ok(()) };
    match reverted.by {
        None => Ok(()),
        Some(PreviewState::Applied) => {
            let by = reverted.change.reverted_by.map(|by| by.to_string()).unwrap_or_default();
            let next = format!("To have the change again, revert the change {by}, which took it back.");
            Err(refused(RefusalClass::AlreadyReverted, "this change was taken back already", next))
        }
        Some(_) => Err(outcome_unknown()),
    }
}

/// What will be there afterwards: what the tool plans, or what was there before the change that is taken back, if the
/// present value is what that change has set.
pub(super) fn plan(call: &Call, steps: &dyn PreparedWrite, present: &Value) -> Result<Planned, Refusal> {
    let Some(Reverted { change, .. }) = &call.reverts else { return Ok(steps.plan(present)?) };
    let (old, set) = (json(&change.before_json)?, json(&change.after_json)?);
    if set != *present {
        return Err(moved(&format!("something has changed it since: {}", differences(&set, present))));
    }
    steps.check_revert(&old)?;
    let starts = steps.spending(present, &old)? == Spending::Starts;
    let warnings = starts.then(|| "What is set back can spend money at once.".to_owned());
    let summary = format!("Takes back: {}", change.summary);
    Ok(Planned { after: old, summary, warnings: warnings.into_iter().collect() })
}

/// What of a state has moved, in words: the first few differences.
pub(super) fn differences(was: &Value, is: &Value) -> String {
    let mut found = vec![];
    compare("", Some(was), Some(is), &mut found);
    let more = found.len().saturating_sub(TOLD);
    found.truncate(TOLD);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", found.join("; "))
}

fn compare(place: &str, was: Option<&Value>, is: Option<&Value>, found: &mut Vec<String>) {
    match (was, is) {
        (Some(Value::Object(was)), Some(Value::Object(is))) => {
            let dot = if place.is_empty() { "" } else { "." };
            let added = is.keys().filter(|name| !was.contains_key(*name));
            for name in was.keys().chain(added) {
                compare(&format!("{place}{dot}{name}"), was.get(name), is.get(name), found);
            }
        }
        (Some(Value::Array(was)), Some(Value::Array(is))) => {
            for index in 0..was.len().max(is.len()) {
                compare(&format!("{place}[{index}]"), was.get(index), is.get(index), found);
            }
        }
        (was, is) if was != is => {
            let shown = |value: Option<&Value>| value.map_or_else(|| "absent".to_owned(), Value::to_string);
            found.push(format!("`{place}` was {} and is {}", shown(was), shown(is)));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_has_moved_is_told_with_its_place() {
        let was = json!({ "items": [{ "id": "1", "status": "ON" }, { "id": "2" }], "amount": 10 });
        let is = json!({ "items": [{ "id": "1", "status": "OFF" }], "amount": 10, "note": "new" });
        assert_eq!(
            differences(&was, &is),
            "`items[0].status` was \"ON\" and is \"OFF\"; `items[1]` was {\"id\":\"2\"} and is absent; \
             `note` was absent and is \"new\""
        );
        let many = |value: i32| json!([value, value, value, value, value]);
        assert!(differences(&many(1), &many(2)).ends_with("; and 2 more"));
    }
}

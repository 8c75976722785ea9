//! `/act_…/activities`: the change log.

use std::time::Duration;

use chrono::{DateTime, NaiveDate};
use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{edges::project, params::Params, refusal::Refusal, world::Account};

/// The first hour of November 2026, UTC.
const NOVEMBER: Timestamp = Timestamp::from_micros(1_793_491_200_000_000);
const HOUR: Duration = Duration::from_secs(3600);

/// One entry.
pub(super) struct Event {
    at: Timestamp,
    kind: &'static str,
    actor: &'static str,
    object_id: u64,
    object_name: String,
    old_value: String,
    new_value: String,
}

impl Event {
    /// A change that has just been made.
    pub(super) fn now(at: Timestamp, kind: &'static str, (id, name): (u64, &str), old: &str, new: &str) -> Self {
        let (object_id, object_name) = (id, name.to_owned());
        Self {
            at,
            kind,
            actor: "Sandbox System User",
            object_id,
            object_name,
            old_value: old.into(),
            new_value: new.into(),
        }
    }

    /// Forty changes of November: one every eleven hours.
    pub(super) fn history(campaign: u64) -> Vec<Self> {
        let event = |n: u32| {
            let budget = n.is_multiple_of(2);
            Self {
                at: NOVEMBER.plus(HOUR * 11 * n),
                kind: if budget { "update_campaign_budget" } else { "update_ad_set_run_status" },
                actor: if n.is_multiple_of(5) { "Meta" } else { "Ada Sandbox" },
                object_id: campaign,
                object_name: "Prospecting".into(),
                old_value: if budget { "5000" } else { "Active" }.into(),
                new_value: if budget { "7250" } else { "Paused" }.into(),
            }
        };
        (0..40).map(event).collect()
    }

    fn to_json(&self) -> Value {
        json!({
            "event_time": self.at.to_utc().format("%Y-%m-%dT%H:%M:%S+0000").to_string(),
            "event_type": self.kind, "translated_event_type": self.kind.replace('_', " "), "actor_name": self.actor,
            "object_id": self.object_id.to_string(), "object_name": self.object_name, "object_type": "CAMPAIGN",
            "extra_data": json!({ "old_value": self.old_value, "new_value": self.new_value }).to_string(),
        })
    }
}

/// The entries of some days, newest first. A day begins at its midnight in the account's zone.
pub(super) fn list(account: &Account, params: &mut Params) -> Result<Vec<Value>, Refusal> {
    let fields = params.take_fields()?;
    let mut midnight = |name: &str| {
        let text = params.take(name).ok_or_else(|| Refusal::param(format!("The parameter {name} is required here")))?;
        let day: NaiveDate = text.parse().map_err(|_| Refusal::param(format!("Param {name} must be a date")))?;
        Ok::<_, Refusal>(instant(day, account.offset))
    };
    let (since, until) = (midnight("since")?, midnight("until")?);
    let mut events: Vec<&Event> = account.events.iter().filter(|event| (since..until).contains(&event.at)).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.into_iter().map(|event| project(event.to_json(), &fields, "AdActivity")).collect()
}

fn instant(day: NaiveDate, offset: i64) -> Timestamp {
    let start = day.and_time(chrono::NaiveTime::MIN).and_utc();
    let local: DateTime<_> = start - chrono::TimeDelta::hours(offset);
    Timestamp::from_micros(local.timestamp_micros())
}

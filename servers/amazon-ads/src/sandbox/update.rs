//! `PUT /sp/…`: each item on its own, and HTTP 207 whatever became of them.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use turnpike_core::Micros;

use super::{
    list::name,
    refusal::Refusal,
    world::{Manner, Profile},
};
use crate::{budgets, money::Decimal, profile::Collection};

/// Items that one request may change.
const MOST: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Change {
    campaign_id: Option<String>,
    ad_group_id: Option<String>,
    state: Option<String>,
    budget: Option<Budget>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Budget {
    budget: Decimal,
    budget_type: String,
}

/// Why one item was not changed, in the words of its kind of error.
struct ItemError {
    kind: &'static str,
    value: Value,
}

pub(super) fn update(profile: &mut Profile, of: Collection, body: &[u8]) -> Result<Value, Refusal> {
    if !profile.may_be_changed() {
        let words = "Not authorized to edit campaigns of this advertiser";
        return Err(Refusal::products(StatusCode::FORBIDDEN, "ACCESS_DENIED", words));
    }
    let id_name = if of == Collection::Campaigns { "campaignId" } else { "adGroupId" };
    let (mut success, mut error) = (vec![], vec![]);
    for (index, change) in read(of, body)?.into_iter().enumerate() {
        let id = change.id(of).unwrap_or_default().to_owned();
        match apply(profile, of, &change) {
            Ok(()) => success.push(json!({ "index": index, id_name: id })),
            Err(ItemError { kind, value }) => {
                let errors = json!([{ "errorType": kind, "errorValue": { kind: value } }]);
                error.push(json!({ "index": index, "errors": errors }));
            }
        }
    }
    Ok(json!({ name(of): { "success": success, "error": error } }))
}

fn read(of: Collection, body: &[u8]) -> Result<Vec<Change>, Refusal> {
    let invalid = |error: serde_json::Error| Refusal::invalid(error.to_string());
    let mut fields: BTreeMap<String, Vec<Change>> = serde_json::from_slice(body).map_err(invalid)?;
    let changes = fields.remove(name(of)).filter(|changes| (1..=MOST).contains(&changes.len()));
    match (changes, fields.keys().next()) {
        (_, Some(unknown)) => Err(Refusal::invalid(format!("Unrecognized field \"{unknown}\""))),
        (Some(changes), None) => Ok(changes),
        (None, None) => Err(Refusal::invalid(format!("'{}' has 1 to {MOST} items", name(of)))),
    }
}

fn apply(profile: &mut Profile, of: Collection, change: &Change) -> Result<(), ItemError> {
    let id = change.id(of).and_then(|id| id.parse::<u64>().ok());
    let not_found = || ItemError::not_found(of, change.id(of).unwrap_or_default());
    let (currency, slow) = (profile.currency, profile.manner == Manner::Slow);
    if of == Collection::AdGroups {
        let group = profile.ad_groups.iter_mut().find(|group| Some(group.id) == id).ok_or_else(not_found)?;
        return set_state(&mut group.state, change.state.as_deref());
    }
    let at = profile.campaigns.iter().position(|campaign| Some(campaign.id) == id).ok_or_else(not_found)?;
    let Some(campaign) = profile.campaigns.get_mut(at) else { return Err(not_found()) };
    if slow && at == 6 {
        return Err(ItemError::of("throttledError", "THROTTLED", "Too many requests"));
    }
    if let Some(budget) = &change.budget {
        let Decimal(Micros(amount)) = budget.budget;
        let (Micros(least), Micros(most)) = budgets::bounds(currency).unwrap_or_default();
        if budget.budget_type != "DAILY" {
            return Err(ItemError::of("budgetError", "INVALID_BUDGET_TYPE", "budgetType must be DAILY"));
        }
        if amount < least {
            return Err(ItemError::of(
                "budgetError",
                "BUDGET_TOO_LOW",
                "The budget is below the marketplace's minimum",
            ));
        }
        if amount > most {
            return Err(ItemError::of(
                "budgetError",
                "BUDGET_TOO_HIGH",
                "The budget is above the marketplace's maximum",
            ));
        }
        if campaign.state == "ARCHIVED" {
            return Err(ItemError::archived());
        }
        campaign.budget = amount;
    }
    set_state(&mut campaign.state, change.state.as_deref())
}

fn set_state(present: &mut String, wanted: Option<&str>) -> Result<(), ItemError> {
    let Some(wanted) = wanted else { return Ok(()) };
    if present == "ARCHIVED" {
        return Err(ItemError::archived());
    }
    if !["ENABLED", "PAUSED", "PROPOSED"].contains(&wanted) {
        return Err(ItemError::of("malformedValueError", "INVALID_STATE", "The state cannot be set"));
    }
    wanted.clone_into(present);
    Ok(())
}

impl Change {
    fn id(&self, of: Collection) -> Option<&str> {
        if of == Collection::Campaigns { self.campaign_id.as_deref() } else { self.ad_group_id.as_deref() }
    }
}

impl ItemError {
    fn of(kind: &'static str, reason: &str, message: &str) -> Self {
        let value = Map::from_iter([
            ("reason".to_owned(), Value::from(reason)),
            ("message".to_owned(), message.into()),
            ("cause".to_owned(), json!({ "location": "$" })),
        ]);
        Self { kind, value: value.into() }
    }

    fn archived() -> Self {
        Self::of("entityStateError", "ARCHIVED_ENTITY_CANNOT_BE_MODIFIED", "The entity is archived")
    }

    fn not_found(of: Collection, id: &str) -> Self {
        let (entity, message) = match of {
            Collection::Campaigns => ("CAMPAIGN", "Campaign not found"),
            _ => ("AD_GROUP", "Ad group not found"),
        };
        let mut error = Self::of("entityNotFoundError", "ENTITY_NOT_FOUND", message);
        error.value["entityType"] = entity.into();
        error.value["entityId"] = id.into();
        error
    }
}

impl Profile {
    pub(super) fn may_be_changed(&self) -> bool {
        self.manner != Manner::ViewOnly
    }
}

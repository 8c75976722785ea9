//! Partial updates, of one entity or of several.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use turnpike_core::Micros;

use super::{
    call::Call,
    refusal::Refusal,
    world::{Account, Kind},
};

/// The least that a campaign may have for a day, in cents.
const MINIMUM: u64 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Update {
    patch: Patch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    #[serde(rename = "$set")]
    set: Fields,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fields {
    status: Option<String>,
    daily_budget: Option<Money>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Money {
    amount: String,
    currency_code: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Updates {
    entities: BTreeMap<String, Update>,
}

/// `POST …/{id}`.
pub(super) fn one(account: &mut Account, kind: Kind, id: &str, call: &Call) -> Result<(), Refusal> {
    if !call.names("partial_update") {
        return Err(Refusal::param("X-RestLi-Method must be PARTIAL_UPDATE"));
    }
    call.params.end()?;
    change(account, kind, id, call.body::<Update>()?)
}

/// `POST …?ids=List(…)`: each on its own.
pub(super) fn several(account: &mut Account, kind: Kind, mut call: Call) -> Result<Json, Refusal> {
    if !call.names("batch_partial_update") {
        return Err(Refusal::param("X-RestLi-Method must be BATCH_PARTIAL_UPDATE"));
    }
    let ids = call.params.take_list("ids")?.unwrap_or_default();
    call.params.end()?;
    let Updates { mut entities } = call.body()?;
    if ids.is_empty() || ids.len() != entities.len() || !ids.iter().all(|id| entities.contains_key(id)) {
        return Err(Refusal::param("'ids' and the entities of the body are not the same"));
    }
    let (mut results, mut errors) = (Map::new(), Map::new());
    for id in ids {
        let Some(update) = entities.remove(&id) else { continue };
        match change(account, kind, &id, update) {
            Ok(()) => results.insert(id, json!({ "status": 204 })),
            Err(refusal) => errors.insert(id, refusal.body()),
        };
    }
    Ok(json!({ "results": results, "errors": errors }))
}

fn change(account: &mut Account, kind: Kind, id: &str, update: Update) -> Result<(), Refusal> {
    let Fields { status, daily_budget } = update.patch.set;
    let currency = account.currency;
    let not_found = || Refusal::not_found("The entity");
    match kind {
        Kind::Groups => {
            let group = account.groups.iter_mut().find(|group| group.id.to_string() == id).ok_or_else(not_found)?;
            if daily_budget.is_some() {
                return Err(Refusal::param("'dailyBudget' is not present in schema"));
            }
            set_status(&mut group.status, status)
        }
        Kind::Campaigns => {
            let campaigns = &mut account.campaigns;
            let campaign = campaigns.iter_mut().find(|campaign| campaign.id.to_string() == id).ok_or_else(not_found)?;
            if let Some(money) = daily_budget {
                let cents = cents(&money, currency)?;
                if campaign.status == "ARCHIVED" {
                    return Err(final_state());
                }
                campaign.daily_budget = Some(cents);
            }
            set_status(&mut campaign.status, status)
        }
    }
}

fn set_status(present: &mut String, wanted: Option<String>) -> Result<(), Refusal> {
    let Some(wanted) = wanted else { return Ok(()) };
    if *present == "ARCHIVED" {
        return Err(final_state());
    }
    if !["ACTIVE", "PAUSED"].contains(&wanted.as_str()) {
        return Err(Refusal::field("/status", "INVALID_VALUE", format!("/status cannot become '{wanted}'")));
    }
    *present = wanted;
    Ok(())
}

fn cents(money: &Money, currency: &str) -> Result<u64, Refusal> {
    let invalid = |message: &str| Refusal::field("/dailyBudget", "INVALID_VALUE", message);
    if money.currency_code != currency {
        return Err(invalid("/dailyBudget is not in the account's currency"));
    }
    let micros = Micros::from_decimal(&money.amount).ok_or_else(|| invalid("/dailyBudget/amount is no decimal"))?.0;
    let cents = u64::try_from(micros / 10_000).unwrap_or_default();
    if micros % 10_000 != 0 || cents < MINIMUM {
        return Err(Refusal::field("/dailyBudget", "BUDGET_TOO_LOW", "/dailyBudget must be at least 10.00"));
    }
    Ok(cents)
}

fn final_state() -> Refusal {
    Refusal::field("/status", "INVALID_STATE", "An archived entity cannot be changed")
}

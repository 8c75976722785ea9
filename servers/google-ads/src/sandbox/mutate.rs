//! `campaigns:mutate`, `adGroups:mutate`, `campaignBudgets:mutate`: updates only.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    answer::camel_case,
    refusal::{Refusal, failure},
    world::{Customer, Status},
};

/// What can be changed.
#[derive(Clone, Copy)]
pub(super) enum Service {
    Campaigns,
    AdGroups,
    Budgets,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Mutate {
    operations: Vec<Operation>,
    #[serde(default)]
    partial_failure: bool,
    #[serde(default)]
    validate_only: bool,
    #[serde(default)]
    response_content_type: ContentType,
}

#[derive(Deserialize, Default, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum ContentType {
    #[default]
    ResourceNameOnly,
    MutableResource,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Operation {
    update_mask: Option<String>,
    update: Map<String, Value>,
}

impl Service {
    pub(super) fn find(method: &str) -> Option<Self> {
        match method {
            "campaigns:mutate" => Some(Self::Campaigns),
            "adGroups:mutate" => Some(Self::AdGroups),
            "campaignBudgets:mutate" => Some(Self::Budgets),
            _ => None,
        }
    }

    /// The collection in resource names, and the one field that the sandbox lets change.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Campaigns => ("campaigns", "status"),
            Self::AdGroups => ("adGroups", "status"),
            Self::Budgets => ("campaignBudgets", "amount_micros"),
        }
    }
}

/// The account after the operations, and the answer. Nothing is changed when only validating, or when one of a
/// transaction's operations fails.
pub(super) fn change(service: Service, customer: &Customer, request: Mutate) -> Result<(Customer, Value), Refusal> {
    if request.operations.is_empty() {
        return Err(Refusal::bad(
            "requestError",
            "REQUIRED_FIELD_MISSING",
            "The required field was not present: operations.",
        ));
    }
    let mut changed = customer.clone();
    let mut results = vec![];
    let mut failures = vec![];
    for (index, operation) in request.operations.iter().enumerate() {
        match update(service, &mut changed, operation) {
            Ok(name) if request.response_content_type == ContentType::MutableResource => {
                results
                    .push(json!({ "resourceName": name, service.names().0.trim_end_matches('s'): operation.update }));
            }
            Ok(name) => results.push(json!({ "resourceName": name })),
            Err(refusal) if request.partial_failure => {
                failures.push(refusal.error(Some(index)));
                results.push(json!({}));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    let mut answer = json!({});
    if !failures.is_empty() {
        answer["partialFailureError"] =
            json!({ "code": 3, "message": "Multiple errors in 'details'.", "details": [failure(&failures)] });
    }
    if request.validate_only {
        return Ok((customer.clone(), answer));
    }
    answer["results"] = results.into();
    Ok((changed, answer))
}

fn update(service: Service, customer: &mut Customer, operation: &Operation) -> Result<String, Refusal> {
    let (collection, field) = service.names();
    let mask = operation.update_mask.as_deref().unwrap_or_default();
    if mask.is_empty() {
        return Err(Refusal::bad(
            "fieldMaskError",
            "FIELD_MASK_MISSING",
            "The field mask must be provided for update operations.",
        ));
    }
    if mask != field {
        return Err(Refusal::bad(
            "fieldMaskError",
            "FIELD_NOT_FOUND",
            format!("The field mask contained an invalid field: '{mask}'."),
        ));
    }
    let json_field = camel_case(field);
    if let Some(unknown) = operation.update.keys().find(|key| **key != json_field && *key != "resourceName") {
        return Err(Refusal::bad(
            "requestError",
            "BAD_REQUEST",
            format!("Unknown name \"{unknown}\": Cannot find field."),
        ));
    }
    let text = |key: &str| operation.update.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, value) = (text("resourceName"), text(&json_field));
    let id = name
        .strip_prefix(&format!("customers/{}/{collection}/", customer.id))
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| {
            Refusal::bad(
                "requestError",
                "RESOURCE_NAME_MALFORMED",
                format!("'{name}' part of the resource name is invalid."),
            )
        })?;
    match service {
        Service::Budgets => set_amount(customer, id, value)?,
        Service::Campaigns => {
            let campaign = customer.campaigns.iter_mut().find(|campaign| campaign.id == id).ok_or_else(not_found)?;
            set_status(&mut campaign.status, value)?;
        }
        Service::AdGroups => {
            let groups = customer.campaigns.iter_mut().flat_map(|campaign| &mut campaign.ad_groups);
            let group = { groups }.find(|group| group.id == id).ok_or_else(not_found)?;
            set_status(&mut group.status, value)?;
        }
    }
    Ok(name.to_owned())
}

fn set_status(status: &mut Status, value: &str) -> Result<(), Refusal> {
    if *status == Status::Removed {
        let message = "The operation is not allowed for removed resources.";
        return Err(Refusal::bad("contextError", "OPERATION_NOT_PERMITTED_FOR_REMOVED_RESOURCE", message));
    }
    *status = match value {
        "ENABLED" => Status::Enabled,
        "PAUSED" => Status::Paused,
        _ => return Err(Refusal::bad("enumError", "ENUM_VALUE_NOT_PERMITTED", "Enum value is not permitted.")),
    };
    Ok(())
}

fn set_amount(customer: &mut Customer, id: u64, value: &str) -> Result<(), Refusal> {
    let amount: i64 = value
        .parse()
        .map_err(|_| Refusal::bad("fieldError", "INVALID_VALUE", "amountMicros is a string of digits."))?;
    if amount <= 0 {
        return Err(Refusal::bad("rangeError", "TOO_LOW", "Too low."));
    }
    if amount % 10_000 != 0 {
        let message = "The budget amount must be a multiple of the minimum unit of the account's currency.";
        return Err(Refusal::bad("campaignBudgetError", "NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", message));
    }
    let budget = customer.budgets.iter_mut().find(|budget| budget.id == id).ok_or_else(not_found)?;
    budget.amount_micros = amount;
    Ok(())
}

fn not_found() -> Refusal {
    Refusal::bad("mutateError", "RESOURCE_NOT_FOUND", "Resource was not found.")
}

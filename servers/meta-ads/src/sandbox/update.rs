//! `POST /{id}`: changes of status and budget.

use std::time::Duration;

use serde_json::{Value, json};
use turnpike_core::Timestamp;

use super::{
    activities::Event,
    params::Params,
    refusal::Refusal,
    world::{Account, Budget, World},
};

/// How often an ad set's budget may change in how long a time.
const CHANGES: (usize, Duration) = (4, Duration::from_secs(3600));
/// The least for a day, in the currency's smallest unit.
const MINIMUM: i64 = 100;

/// What is asked for.
struct Change {
    status: Option<String>,
    daily: Option<i64>,
    lifetime: Option<i64>,
    check_only: bool,
}

impl Change {
    fn read(params: &mut Params) -> Result<Self, Refusal> {
        let options: Vec<String> = params.take_json("execution_options")?.unwrap_or_default();
        if let Some(other) = options.iter().find(|option| *option != "validate_only") {
            return Err(Refusal::param(format!("Param execution_options must not hold {other}")));
        }
        let mut amount = |name: &'static str| {
            let whole = |text: String| {
                let amount: Option<i64> = text.parse().ok().filter(|amount| *amount > 0);
                amount.ok_or_else(|| Refusal::param(format!("Param {name} must be an integer")).blaming(name))
            };
            params.take(name).map(whole).transpose()
        };
        let (daily, lifetime) = (amount("daily_budget")?, amount("lifetime_budget")?);
        let status = params.take("status");
        if let Some(other) = status.as_deref().filter(|status| !["ACTIVE", "PAUSED"].contains(status)) {
            return Err(Refusal::param(format!("The sandbox does not set the status {other}")));
        }
        params.end()?;
        Ok(Self { status, daily, lifetime, check_only: !options.is_empty() })
    }

    fn has_budget(&self) -> bool {
        self.daily.is_some() || self.lifetime.is_some()
    }

    /// The budget afterwards: of the same kind, and not too low.
    fn budget(&self, present: Budget) -> Result<Budget, Refusal> {
        match (present, self.daily, self.lifetime) {
            (_, None, None) => Ok(present),
            (Budget { daily: None, lifetime: None }, ..) => Err(Refusal::param("Invalid parameter")
                .subcode(1_885_621)
                .for_people("You can only set an ad set budget or a campaign budget.")),
            (Budget { daily: Some(_), .. }, Some(daily), None) if daily < MINIMUM => Err(Refusal::new(
                1_487_901,
                "The budget for your Ad-Set is too low. It must be at least $1.00 per day.",
            )
            .kind("Exception")
            .blaming("daily_budget")),
            (Budget { daily: Some(_), .. }, daily @ Some(_), None) => Ok(Budget { daily, lifetime: None }),
            (Budget { lifetime: Some(_), .. }, None, lifetime @ Some(_)) => Ok(Budget { daily: None, lifetime }),
            _ => Err(Refusal::param("A budget does not change between daily and lifetime")),
        }
    }
}

/// Checks a change of one thing, and makes it unless it is only to be checked.
pub(super) fn one(world: &mut World, id: &str, mut params: Params, now: Timestamp) -> Result<Value, Refusal> {
    let missing = || Refusal::missing("post", id);
    let wanted: u64 = id.parse().map_err(|_| missing())?;
    let change = Change::read(&mut params)?;
    let account = world.ours().find(|account| account.holds(wanted)).ok_or_else(missing)?;
    let event = account.change(wanted, &change, now)?;
    if !change.check_only {
        account.events.extend(event);
    }
    Ok(json!({ "success": true }))
}

impl Account {
    fn holds(&self, id: u64) -> bool {
        self.things().any(|thing| thing.id() == id)
    }

    fn change(&mut self, id: u64, change: &Change, now: Timestamp) -> Result<Option<Event>, Refusal> {
        let apply = !change.check_only;
        for campaign in &mut self.campaigns {
            if campaign.id == id {
                let budget = change.budget(campaign.budget)?;
                let named = (id, campaign.name.as_str());
                let event = set_status(&mut campaign.status, change, named, now)?;
                if apply {
                    campaign.budget = budget;
                }
                return Ok(event.or_else(|| changed_budget(change, named, now)));
            }
            let archived = campaign.status == "ARCHIVED";
            for ad_set in &mut campaign.ad_sets {
                if ad_set.id == id {
                    let budget = change.budget(ad_set.budget)?;
                    ad_set.changes.retain(|at| at.plus(CHANGES.1) > now);
                    if change.has_budget() && ad_set.changes.len() >= CHANGES.0 {
                        return Err(Refusal::new(613, "(#613) Calls to this api have exceeded the rate limit.")
                            .subcode(1_487_632)
                            .for_people("You can only change your ad set budget 4 times per hour."));
                    }
                    let named = (id, ad_set.name.as_str());
                    let event = set_status(&mut ad_set.status, change, named, now)?;
                    if apply {
                        ad_set.budget = budget;
                        ad_set.changes.extend(change.has_budget().then_some(now));
                    }
                    return Ok(event.or_else(|| changed_budget(change, named, now)));
                }
                for ad in &mut ad_set.ads {
                    if ad.id == id {
                        if change.has_budget() || archived {
                            return Err(Refusal::param("An ad has no budget, and an archived one does not change"));
                        }
                        return set_status(&mut ad.status, change, (id, &ad.name), now);
                    }
                }
            }
        }
        Err(Refusal::missing("post", &id.to_string()))
    }
}

fn set_status(
    present: &mut String,
    change: &Change,
    named: (u64, &str),
    now: Timestamp,
) -> Result<Option<Event>, Refusal> {
    if present == "ARCHIVED" {
        return Err(Refusal::param("Invalid parameter")
            .subcode(1_487_056)
            .for_people("An archived object cannot be changed."));
    }
    let Some(wanted) = change.status.as_ref() else { return Ok(None) };
    let event = Event::now(now, "update_campaign_run_status", named, present, wanted);
    if !change.check_only {
        present.clone_from(wanted);
    }
    Ok(Some(event))
}

fn changed_budget(change: &Change, named: (u64, &str), now: Timestamp) -> Option<Event> {
    let amount = change.daily.or(change.lifetime)?.to_string();
    Some(Event::now(now, "update_campaign_budget", named, "", &amount))
}

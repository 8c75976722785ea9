//! Profiles, and the listings of Sponsored Products.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use turnpike_core::Micros;

use super::{
    refusal::Refusal,
    world::{Campaign, Profile, World},
};
use crate::{money::Decimal, profile::Collection};

/// The largest page.
const MOST: usize = 100;
const STATES: [&str; 4] = ["ENABLED", "PAUSED", "ARCHIVED", "PROPOSED"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Search {
    state_filter: Option<Include>,
    campaign_id_filter: Option<Include>,
    ad_group_id_filter: Option<Include>,
    name_filter: Option<NameFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Include {
    include: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct NameFilter {
    include: Vec<String>,
    query_term_match_type: String,
}

/// One thing of a listing: by what it is found, and how it is shown.
struct Found {
    state: String,
    name: String,
    campaign: u64,
    ad_group: Option<u64>,
    shown: Value,
}

/// `GET /v2/profiles`: only those of the region.
pub(super) fn profiles(world: &World, region: &str, query: &HashMap<String, String>) -> Result<Value, Refusal> {
    if let Some((name, value)) = query.iter().find(|(name, value)| match name.as_str() {
        "apiProgram" => value.as_str() != "campaign",
        "accessLevel" => !["edit", "view"].contains(&value.as_str()),
        _ => true,
    }) {
        return Err(Refusal::invalid(format!("'{name}={value}' is not taken")));
    }
    let edit = query.get("accessLevel").is_none_or(|level| level == "edit");
    let ours =
        |profile: &&Profile| profile.region == region && !profile.stranger && (!edit || profile.may_be_changed());
    let shown = |profile: &Profile| {
        json!({
            "profileId": profile.id, "countryCode": profile.country, "currencyCode": profile.currency,
            "dailyBudget": 999_999_999.0, "timezone": profile.zone,
            "accountInfo": { "marketplaceStringId": "SANDBOX", "id": format!("ENTITY{}", profile.id),
                "type": profile.kind, "name": profile.name, "validPaymentMethod": true },
        })
    };
    Ok(world.profiles.iter().filter(ours).map(shown).collect())
}

/// `POST /sp/…/list`.
pub(super) fn list(profile: &Profile, of: Collection, body: &[u8]) -> Result<Value, Refusal> {
    let search: Search = serde_json::from_slice(body).map_err(|error| Refusal::invalid(error.to_string()))?;
    search.check(of)?;
    let found: Vec<Found> = profile.everything(of).into_iter().filter(|found| search.wants(of, found)).collect();
    let start = search.start()?;
    let size = search.max_results.unwrap_or(MOST);
    let page: Vec<Value> = found.iter().skip(start).take(size).map(|found| found.shown.clone()).collect();
    let end = start + page.len();
    let mut answer =
        Map::from_iter([(name(of).to_owned(), Value::from(page)), ("totalResults".to_owned(), found.len().into())]);
    if end < found.len() {
        answer.insert("nextToken".into(), format!("AoEBc2FuZGJveA=={end}").into());
    }
    Ok(answer.into())
}

pub(super) fn name(of: Collection) -> &'static str {
    match of {
        Collection::Campaigns => "campaigns",
        Collection::AdGroups => "adGroups",
        Collection::Keywords => "keywords",
    }
}

impl Search {
    fn check(&self, of: Collection) -> Result<(), Refusal> {
        let state = self.state_filter.iter().flat_map(|filter| &filter.include);
        if let Some(state) = state.into_iter().find(|state| !STATES.contains(&state.as_str())) {
            return Err(Refusal::invalid(format!("'{state}' is no state")));
        }
        if self.name_filter.as_ref().is_some_and(|name| name.query_term_match_type != "BROAD_MATCH") {
            return Err(Refusal::invalid("queryTermMatchType is BROAD_MATCH or EXACT_MATCH"));
        }
        if self.max_results.is_some_and(|most| !(1..=MOST).contains(&most)) {
            return Err(Refusal::invalid(format!("maxResults is 1 to {MOST}")));
        }
        if self.ad_group_id_filter.is_some() && of == Collection::Campaigns {
            return Err(Refusal::invalid("Unrecognized field \"adGroupIdFilter\""));
        }
        Ok(())
    }

    fn start(&self) -> Result<usize, Refusal> {
        let Some(token) = &self.next_token else { return Ok(0) };
        let start = token.strip_prefix("AoEBc2FuZGJveA==").and_then(|start| start.parse().ok());
        start.ok_or_else(|| Refusal::invalid("nextToken is invalid"))
    }

    fn wants(&self, of: Collection, found: &Found) -> bool {
        let has = |filter: &Option<Include>, id: Option<u64>| {
            let id = id.map(|id| id.to_string());
            filter.as_ref().is_none_or(|filter| id.is_some_and(|id| filter.include.contains(&id)))
        };
        let named = |filter: &NameFilter| {
            filter.include.iter().any(|part| found.name.to_lowercase().contains(&part.to_lowercase()))
        };
        has(&self.campaign_id_filter, Some(found.campaign))
            && (of == Collection::Campaigns || has(&self.ad_group_id_filter, found.ad_group))
            && self.state_filter.as_ref().is_none_or(|filter| filter.include.contains(&found.state))
            && self.name_filter.as_ref().is_none_or(named)
    }
}

impl Profile {
    fn everything(&self, of: Collection) -> Vec<Found> {
        match of {
            Collection::Campaigns => self.campaigns.iter().map(|it| self.campaign(it)).collect(),
            Collection::AdGroups => self
                .ad_groups
                .iter()
                .map(|it| Found {
                    state: it.state.clone(),
                    name: it.name.clone(),
                    campaign: it.campaign,
                    ad_group: Some(it.id),
                    shown: json!({ "adGroupId": it.id.to_string(), "campaignId": it.campaign.to_string(),
                        "name": it.name, "state": it.state, "defaultBid": 0.5 }),
                })
                .collect(),
            Collection::Keywords => self
                .keywords
                .iter()
                .map(|it| Found {
                    state: "ENABLED".into(),
                    name: it.text.to_owned(),
                    campaign: it.campaign,
                    ad_group: Some(it.ad_group),
                    shown: json!({ "keywordId": it.id.to_string(), "campaignId": it.campaign.to_string(),
                        "adGroupId": it.ad_group.to_string(), "keywordText": it.text, "matchType": it.match_type,
                        "state": "ENABLED", "bid": it.bid.map(|bid| Decimal(Micros(bid))) }),
                })
                .collect(),
        }
    }

    fn campaign(&self, it: &Campaign) -> Found {
        let budget = Decimal(Micros(it.budget));
        Found {
            state: it.state.clone(),
            name: it.name.clone(),
            campaign: it.id,
            ad_group: None,
            shown: json!({ "campaignId": it.id.to_string(), "name": it.name, "state": it.state,
                "targetingType": it.targeting, "startDate": "2026-01-05",
                "budget": { "budget": budget, "budgetType": "DAILY", "effectiveBudget": budget },
                "dynamicBidding": { "strategy": "LEGACY_FOR_SALES" }, "portfolioId": null }),
        }
    }
}

//! What is looked up: accounts, roles, campaign groups, campaigns and creatives, page by page or by id.

use serde_json::{Map, Value as Json, json};

use super::{
    call::{Call, Params, texts},
    figures::hash,
    refusal::Refusal,
    world::{Account, Campaign, Group, Kind, World},
};
use crate::restli::{Value, urn};

/// `/adAccounts?q=search`: those in which the member has a role.
pub(super) fn accounts(world: &World, mut call: Call) -> Result<Json, Refusal> {
    finder(&mut call, "search")?;
    let search = call.params.take("search");
    if search.is_some() && call.params.has("pageToken") {
        return Err(Refusal::param("'search' and 'pageToken' do not go together here"));
    }
    let criteria = Criteria::read(search, &["status", "name", "id", "test"])?;
    let found = world.accounts.iter().filter(|account| account.role.is_some());
    let found = found.filter(|account| criteria.take(&[("status", account.status), ("name", account.name)]));
    paged(call.params, found.map(account_body).collect())
}

/// `/adAccounts/{id}`.
pub(super) fn account(world: &World, id: &str, call: &Call) -> Result<Json, Refusal> {
    call.params.end()?;
    world.reach(id, "adAccounts.GET").map(account_body)
}

/// `/adAccountUsers?q=authenticatedUser`, by start and count: ten unless said otherwise.
pub(super) fn users(world: &World, mut call: Call) -> Result<Json, Refusal> {
    finder(&mut call, "authenticatedUser")?;
    let start = call.params.take_number("start")?.unwrap_or(0);
    let count = call.params.take_number("count")?.unwrap_or(10);
    call.params.end()?;
    let roles = world.accounts.iter().filter_map(|account| {
        let (account, role) = (urn("sponsoredAccount", account.id), account.role?);
        Some(json!({ "account": account, "role": role, "user": "urn:li:person:sandbox" }))
    });
    let elements: Vec<Json> = roles.skip(start).take(count).collect();
    Ok(json!({ "elements": elements, "paging": { "start": start, "count": count, "links": [] } }))
}

/// `/adCampaigns?q=search` and `/adCampaignGroups?q=search` of an account.
pub(super) fn search(account: &Account, kind: Kind, mut call: Call) -> Result<Json, Refusal> {
    finder(&mut call, "search")?;
    let search = call.params.take("search");
    let criteria = Criteria::read(search, &["status", "name", "id", "test"])?;
    let descending = descending(&mut call.params)?;
    let mut found: Vec<Json> = match kind {
        Kind::Groups => {
            let wanted = |group: &&Group| criteria.take(&[("status", &group.status), ("name", &group.name)]);
            account.groups.iter().filter(wanted).map(|group| group_body(account, group)).collect()
        }
        Kind::Campaigns => {
            let wanted =
                |campaign: &&Campaign| criteria.take(&[("status", &campaign.status), ("name", &campaign.name)]);
            account.campaigns.iter().filter(wanted).map(|campaign| campaign_body(account, campaign)).collect()
        }
    };
    if descending {
        found.reverse();
    }
    paged(call.params, found)
}

/// Several by id.
pub(super) fn batch(account: &Account, kind: Kind, mut call: Call) -> Result<Json, Refusal> {
    let ids = call.params.take_list("ids")?.ok_or_else(|| Refusal::param("Parameter 'ids' is missing"))?;
    call.params.end()?;
    let (mut results, mut statuses, mut errors) = (Map::new(), Map::new(), Map::new());
    for id in ids {
        match body(account, kind, &id) {
            Some(body) => {
                results.insert(id.clone(), body);
                statuses.insert(id, 200.into());
            }
            None => {
                errors.insert(id, Refusal::not_found("The entity").body());
            }
        }
    }
    Ok(json!({ "results": results, "statuses": statuses, "errors": errors }))
}

/// One by id.
pub(super) fn one(account: &Account, kind: Kind, id: &str, call: &Call) -> Result<Json, Refusal> {
    call.params.end()?;
    body(account, kind, id).ok_or_else(|| Refusal::not_found("The entity"))
}

/// `/creatives?q=criteria` of an account.
pub(super) fn creatives(account: &Account, mut call: Call) -> Result<Json, Refusal> {
    if !call.names("finder") {
        return Err(Refusal::param("X-RestLi-Method must be FINDER"));
    }
    finder(&mut call, "criteria")?;
    let campaigns = call.params.take_urns("campaigns", "sponsoredCampaign")?;
    let descending = descending(&mut call.params)?;
    let wanted = |campaign: &&Campaign| campaigns.as_ref().is_none_or(|ids| ids.contains(&campaign.id));
    let of = |campaign: &Campaign| campaign.creatives().map(|id| creative_body(account, campaign, id));
    let mut found: Vec<Json> = account.campaigns.iter().filter(wanted).flat_map(of).collect();
    if descending {
        found.reverse();
    }
    paged(call.params, found)
}

/// The finder's name, which `X-RestLi-Method` must not contradict.
pub(super) fn finder(call: &mut Call, name: &str) -> Result<(), Refusal> {
    match call.params.take_text("q")? {
        Some(given) if given == name && call.rest_method.as_deref().is_none_or(|method| method == "finder") => Ok(()),
        given => Err(Refusal::param(format!("There is no finder '{}' here", given.unwrap_or_default()))),
    }
}

fn descending(params: &mut Params) -> Result<bool, Refusal> {
    match params.take_text("sortOrder")?.as_deref() {
        None | Some("ASCENDING") => Ok(false),
        Some("DESCENDING") => Ok(true),
        Some(other) => Err(Refusal::param(format!("'{other}' is no sort order"))),
    }
}

/// What a search asks of each thing: one of the values, for every field named.
struct Criteria(Vec<(String, Vec<String>)>);

impl Criteria {
    fn read(search: Option<Value>, known: &[&str]) -> Result<Self, Refusal> {
        let fields = match search {
            None => vec![],
            Some(Value::Record(fields)) => fields,
            Some(other) => return Err(Refusal::param(format!("'search' is no record: {other}"))),
        };
        let field = |(name, value): (String, Value)| {
            if !known.contains(&name.as_str()) {
                return Err(Refusal::param(format!("'search.{name}' is not present in schema")));
            }
            match value {
                // `test` is a bare truth value; no account here is one for tests.
                Value::Text(text) if name == "test" && text == "false" => Ok((name, vec![])),
                Value::Record(values) => match <[(String, Value); 1]>::try_from(values) {
                    Ok([(key, values)]) if key == "values" => Ok((name.clone(), texts(&name, values)?)),
                    _ => Err(Refusal::param(format!("'search.{name}' holds 'values' and nothing else"))),
                },
                other => Err(Refusal::param(format!("'search.{name}' is not as its schema: {other}"))),
            }
        };
        Ok(Self(fields.into_iter().map(field).collect::<Result<_, _>>()?))
    }

    fn take(&self, thing: &[(&str, &str)]) -> bool {
        let of = |name: &str| thing.iter().find(|(own, _)| *own == name).map(|(_, value)| *value);
        self.0.iter().all(|(name, values)| of(name).is_none_or(|value| values.iter().any(|wanted| wanted == value)))
    }
}

/// One page of what was found, by `pageSize` and `pageToken`. A token goes only with the search that it was given for.
fn paged(mut params: Params, found: Vec<Json>) -> Result<Json, Refusal> {
    let size = params.take_number("pageSize")?.unwrap_or(100);
    if !(1..=1000).contains(&size) {
        return Err(Refusal::param("'pageSize' is 1 to 1000"));
    }
    let token = params.take_text("pageToken")?;
    params.end()?;
    // What was found stands for what was asked.
    let seal = hash(&format!("{size} {} {:?}", found.len(), found.first().and_then(|first| first.get("id"))));
    let start = match token {
        None => 0,
        Some(token) => {
            let parts = token.split_once('.').filter(|(_, given)| *given == format!("{seal:x}"));
            let start = parts.and_then(|(start, _)| start.parse().ok());
            start.ok_or_else(|| Refusal::param("'pageToken' is not one that was given for this search"))?
        }
    };
    let end = found.len().min(start + size);
    let mut metadata = json!({});
    if end < found.len() {
        metadata["nextPageToken"] = format!("{end}.{seal:x}").into();
    }
    let elements: Vec<Json> = found.into_iter().skip(start).take(size).collect();
    Ok(json!({ "elements": elements, "metadata": metadata }))
}

fn body(account: &Account, kind: Kind, id: &str) -> Option<Json> {
    match kind {
        Kind::Groups => {
            let group = account.groups.iter().find(|group| group.id.to_string() == id)?;
            Some(group_body(account, group))
        }
        Kind::Campaigns => {
            let campaign = account.campaigns.iter().find(|campaign| campaign.id.to_string() == id)?;
            Some(campaign_body(account, campaign))
        }
    }
}

fn account_body(account: &Account) -> Json {
    json!({
        "id": account.id, "name": account.name, "currency": account.currency, "status": account.status,
        "type": "BUSINESS", "test": false,
    })
}

fn group_body(account: &Account, group: &Group) -> Json {
    json!({
        "id": group.id, "name": group.name, "status": group.status, "account": urn("sponsoredAccount", account.id),
        "totalBudget": { "amount": "25000.00", "currencyCode": account.currency },
        "runSchedule": { "start": 1_793_491_200_000_i64 },
    })
}

fn campaign_body(account: &Account, campaign: &Campaign) -> Json {
    let money = |cents: u64| json!({ "amount": amount(cents), "currencyCode": account.currency });
    let mut body = json!({
        "id": campaign.id, "name": campaign.name, "status": campaign.status,
        "account": urn("sponsoredAccount", account.id),
        "campaignGroup": urn("sponsoredCampaignGroup", campaign.group),
        "type": "SPONSORED_UPDATES", "costType": "CPM", "objectiveType": "WEBSITE_VISIT",
        "runSchedule": { "start": 1_793_491_200_000_i64 },
        "servingStatuses": [if campaign.status == "ACTIVE" { "RUNNABLE" } else { "STOPPED" }],
    });
    if let Some(cents) = campaign.daily_budget {
        body["dailyBudget"] = money(cents);
    }
    if let Some(cents) = campaign.total_budget {
        body["totalBudget"] = money(cents);
    }
    body
}

fn creative_body(account: &Account, campaign: &Campaign, id: u64) -> Json {
    let serving = campaign.status == "ACTIVE" && id % 10 == 1;
    json!({
        "id": urn("sponsoredCreative", id), "account": urn("sponsoredAccount", account.id),
        "campaign": urn("sponsoredCampaign", campaign.id),
        "intendedStatus": if serving { "ACTIVE" } else { "PAUSED" }, "isServing": serving,
        "review": { "status": if id % 10 == 1 { "APPROVED" } else { "PENDING" } },
        "content": { "reference": urn("share", id) },
    })
}

/// Cents as LinkedIn writes money.
pub(super) fn amount(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

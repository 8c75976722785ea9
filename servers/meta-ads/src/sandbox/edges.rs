//! Listings: what belongs to an account, narrowed, with the fields asked for, in pages that are shorter than asked for.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    params::Params,
    refusal::Refusal,
    world::{Account, Ad, AdSet, Budget, Campaign},
};

/// Rows in a page when nobody says.
const PAGE: usize = 25;
/// The most that may be asked for.
const LARGEST: usize = 500;

/// `[{"field":"campaign.id","operator":"IN","value":["1"]}]`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Filter {
    field: String,
    operator: String,
    value: Vec<String>,
}

/// The three levels below an account.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Campaigns,
    AdSets,
    Ads,
}

/// One thing of an account, with what it lies in.
#[derive(Clone, Copy)]
pub(super) enum Thing<'a> {
    Campaign(&'a Campaign),
    AdSet(&'a Campaign, &'a AdSet),
    Ad(&'a Campaign, &'a AdSet, &'a Ad),
}

impl Kind {
    pub(super) fn of_edge(edge: &str) -> Option<Self> {
        match edge {
            "campaigns" => Some(Self::Campaigns),
            "adsets" => Some(Self::AdSets),
            "ads" => Some(Self::Ads),
            _ => None,
        }
    }

    pub(super) const fn node(self) -> &'static str {
        match self {
            Self::Campaigns => "Campaign",
            Self::AdSets => "AdSet",
            Self::Ads => "Ad",
        }
    }
}

/// `/act_…/campaigns`, `/adsets`, `/ads`
pub(super) fn list<'a>(account: &'a Account, kind: Kind, params: &mut Params) -> Result<Vec<Thing<'a>>, Refusal> {
    let statuses: Option<Vec<String>> = params.take_json("effective_status")?;
    let filters: Vec<Filter> = params.take_json("filtering")?.unwrap_or_default();
    let mut rows = vec![];
    for thing in account.things().filter(|thing| thing.kind() == kind) {
        let status = thing.effective();
        let shown = match &statuses {
            Some(statuses) => statuses.iter().any(|own| own == status),
            None => status != "ARCHIVED",
        };
        if shown && filters.iter().try_fold(true, |all, filter| Ok(all && filter.takes(&thing.path())?))? {
            rows.push(thing);
        }
    }
    Ok(rows)
}

impl Filter {
    pub(super) fn takes(&self, path: &[u64]) -> Result<bool, Refusal> {
        let level = ["campaign.id", "adset.id", "ad.id"].iter().position(|field| *field == self.field);
        let (Some(level), "IN") = (level, self.operator.as_str()) else {
            return Err(Refusal::param(format!("Filtering field {} {} is not known", self.field, self.operator)));
        };
        Ok(path.get(level).is_some_and(|id| self.value.contains(&id.to_string())))
    }
}

/// Only the fields asked for; one that its kind does not have is refused.
pub(super) fn project(row: Value, fields: &[String], node: &str) -> Result<Value, Refusal> {
    let Value::Object(mut all) = row else { return Ok(row) };
    let mut shown = Map::new();
    for field in fields {
        // `creative{id}`: the field of a field.
        let name = field.split('{').next().unwrap_or_default();
        let known = all.remove(name).ok_or_else(|| {
            Refusal::param(format!("Tried accessing nonexisting field ({name}) on node type ({node})"))
        })?;
        if !known.is_null() {
            shown.insert(name.to_owned(), known);
        }
    }
    // Meta always gives the id.
    if let Some(id) = all.remove("id") {
        shown.insert("id".to_owned(), id);
    }
    Ok(Value::Object(shown))
}

/// One page: seven tenths of what was asked for, so that a short page is not taken for the last. `next` holds the token, as
/// it does at Meta.
pub(super) fn page<T>(
    rows: Vec<T>,
    mut params: Params,
    (path, token): (&str, &str),
    show: impl Fn(T) -> Result<Value, Refusal>,
) -> Result<Value, Refusal> {
    let limit = params.take("limit").map_or(Ok(PAGE), |limit| limit.parse());
    let limit = limit.ok().filter(|limit| (1..=LARGEST).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::param(format!("Param limit must be 1 to {LARGEST}")))?;
    let start = match params.take("after") {
        None => 0,
        Some(after) => place(&after).ok_or_else(|| Refusal::param("Invalid cursors values"))?,
    };
    params.end()?;
    let (total, size) = (rows.len(), (limit * 7 / 10).max(1));
    let data = rows.into_iter().skip(start).take(size).map(show).collect::<Result<Vec<_>, _>>()?;
    let end = start + data.len();
    let mut answer = json!({ "data": data });
    if !data.is_empty() {
        answer["paging"] = json!({ "cursors": { "before": cursor(start), "after": cursor(end) } });
    }
    if end < total {
        let next = format!("https://graph.facebook.com{path}?access_token={token}&limit={limit}&after={}", cursor(end));
        answer["paging"]["next"] = next.into();
    }
    Ok(answer)
}

fn cursor(at: usize) -> String {
    format!("QVFI{at:x}ZD")
}

fn place(cursor: &str) -> Option<usize> {
    usize::from_str_radix(cursor.strip_prefix("QVFI")?.strip_suffix("ZD")?, 16).ok()
}

impl Account {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": format!("act_{}", self.id), "account_id": self.id.to_string(), "name": self.name,
            "account_status": self.status, "currency": self.currency, "timezone_name": self.time_zone,
            "amount_spent": "1234500", "spend_cap": "0",
        })
    }

    /// Everything in it, from campaigns down to ads.
    pub(super) fn things(&self) -> impl Iterator<Item = Thing<'_>> {
        self.campaigns.iter().flat_map(|campaign| {
            let below = campaign.ad_sets.iter().flat_map(move |ad_set| {
                let ads = ad_set.ads.iter().map(move |ad| Thing::Ad(campaign, ad_set, ad));
                std::iter::once(Thing::AdSet(campaign, ad_set)).chain(ads)
            });
            std::iter::once(Thing::Campaign(campaign)).chain(below)
        })
    }

    pub(super) fn show(&self, thing: Thing<'_>, fields: &[String]) -> Result<Value, Refusal> {
        let json = match thing {
            Thing::Campaign(campaign) => self.campaign(campaign),
            Thing::AdSet(campaign, ad_set) => self.ad_set(campaign, ad_set),
            Thing::Ad(campaign, ad_set, ad) => self.ad(campaign, ad_set, ad),
        };
        project(json, fields, thing.kind().node())
    }

    fn campaign(&self, campaign: &Campaign) -> Value {
        let (daily, lifetime) = campaign.budget.texts();
        json!({
            "id": campaign.id.to_string(), "account_id": self.id.to_string(), "name": campaign.name,
            "status": campaign.status, "effective_status": campaign.effective(), "objective": "OUTCOME_SALES",
            "daily_budget": daily, "lifetime_budget": lifetime, "start_time": "2026-01-05T09:00:00+0000", "stop_time": null,
        })
    }

    fn ad_set(&self, campaign: &Campaign, ad_set: &AdSet) -> Value {
        let (daily, lifetime) = ad_set.budget.texts();
        let end = ad_set.budget.lifetime.map(|_| "2027-03-31T21:00:00+0000");
        json!({
            "id": ad_set.id.to_string(), "account_id": self.id.to_string(), "campaign_id": campaign.id.to_string(),
            "name": ad_set.name, "status": ad_set.status, "effective_status": ad_set.effective(campaign),
            "optimization_goal": "OFFSITE_CONVERSIONS", "start_time": "2026-01-05T09:00:00+0000", "end_time": end,
            // Of what is not there, Meta says nought here.
            "daily_budget": daily.unwrap_or_else(|| "0".into()), "lifetime_budget": lifetime.unwrap_or_else(|| "0".into()),
        })
    }

    fn ad(&self, campaign: &Campaign, ad_set: &AdSet, ad: &Ad) -> Value {
        json!({
            "id": ad.id.to_string(), "account_id": self.id.to_string(), "campaign_id": campaign.id.to_string(),
            "adset_id": ad_set.id.to_string(), "name": ad.name, "status": ad.status,
            "effective_status": ad.effective(campaign, ad_set), "creative": { "id": (ad.id + 7_000_000_000).to_string() },
        })
    }
}

impl Thing<'_> {
    fn kind(self) -> Kind {
        match self {
            Self::Campaign(_) => Kind::Campaigns,
            Self::AdSet(..) => Kind::AdSets,
            Self::Ad(..) => Kind::Ads,
        }
    }

    pub(super) fn id(self) -> u64 {
        match self {
            Self::Campaign(campaign) => campaign.id,
            Self::AdSet(_, ad_set) => ad_set.id,
            Self::Ad(.., ad) => ad.id,
        }
    }

    /// Campaign, ad set and ad, as far down as it is.
    fn path(self) -> Vec<u64> {
        match self {
            Self::Campaign(campaign) => vec![campaign.id],
            Self::AdSet(campaign, ad_set) => vec![campaign.id, ad_set.id],
            Self::Ad(campaign, ad_set, ad) => vec![campaign.id, ad_set.id, ad.id],
        }
    }

    fn effective(&self) -> &str {
        match self {
            Self::Campaign(campaign) => campaign.effective(),
            Self::AdSet(campaign, ad_set) => ad_set.effective(campaign),
            Self::Ad(campaign, ad_set, ad) => ad.effective(campaign, ad_set),
        }
    }
}

impl Budget {
    fn texts(self) -> (Option<String>, Option<String>) {
        (self.daily.map(|amount| amount.to_string()), self.lifetime.map(|amount| amount.to_string()))
    }
}

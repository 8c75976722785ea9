//! `/adAnalytics?q=analytics`: one pivot, whole periods or days.

use chrono::{Datelike as _, NaiveDate};
use serde_json::{Map, Value as Json, json};

use super::{
    call::{Call, texts},
    figures::{Figures, hash},
    find::{amount, finder},
    members,
    refusal::Refusal,
    world::{Account, Campaign, World},
};
use crate::restli::{Value, urn};

/// Where LinkedIn cuts, and does not say so.
const MOST_ROWS: usize = 15_000;
const MOST_FIELDS: usize = 20;

/// What a row is about, and the ids whose figures it adds up.
type About = (String, Vec<u64>);

pub(super) fn rows(world: &World, mut call: Call) -> Result<Json, Refusal> {
    finder(&mut call, "analytics")?;
    let params = &mut call.params;
    let pivot = params.take_text("pivot")?.ok_or_else(|| missing("pivot"))?;
    let days = days(params.take("dateRange").ok_or_else(|| missing("dateRange"))?)?;
    let by_day = match params.take_text("timeGranularity")?.as_deref() {
        Some("ALL") => false,
        Some("DAILY") => true,
        _ => return Err(Refusal::param("'timeGranularity' is ALL or DAILY here")),
    };
    let accounts = params.take_urns("accounts", "sponsoredAccount")?;
    let campaigns = params.take_urns("campaigns", "sponsoredCampaign")?;
    let fields = match params.take("fields") {
        None => vec!["impressions".to_owned(), "clicks".to_owned()],
        Some(fields) => texts("fields", fields)?,
    };
    params.end()?;
    if accounts.is_none() && campaigns.is_none() {
        return Err(Refusal::param("At least one of accounts, campaignGroups, campaigns, creatives is needed"));
    }
    if fields.len() > MOST_FIELDS {
        return Err(Refusal::param(format!("At most {MOST_FIELDS} fields can be asked for")));
    }

    let wanted = |account: &&Account| accounts.as_ref().is_none_or(|ids| ids.contains(&account.id));
    // Without a role there is no refusal here, only nothing.
    let reached = world.accounts.iter().filter(|account| account.role.is_some()).filter(wanted);
    let mut abouts: Vec<About> = vec![];
    for account in reached {
        let shown = |campaign: &&Campaign| {
            campaign.was_shown() && campaigns.as_ref().is_none_or(|ids| ids.contains(&campaign.id))
        };
        abouts.extend(of_account(account, account.campaigns.iter().filter(shown).collect(), &pivot)?);
    }
    let (start, end) = days;
    let periods: Vec<(NaiveDate, NaiveDate)> = match by_day {
        true => start.iter_days().take_while(|day| *day <= end).map(|day| (day, day)).collect(),
        false => vec![days],
    };
    let mut elements = vec![];
    for period in periods {
        for (about, ids) in &abouts {
            let figures = sum(ids, period);
            if figures.impressions > 0 && elements.len() < MOST_ROWS {
                elements.push(row(about, period, figures, &fields)?);
            }
        }
    }
    Ok(json!({ "paging": { "start": 0, "count": 10, "links": [] }, "elements": elements }))
}

fn of_account(account: &Account, shown: Vec<&Campaign>, pivot: &str) -> Result<Vec<About>, Refusal> {
    let creatives = |campaigns: &[&Campaign]| campaigns.iter().flat_map(|campaign| campaign.creatives()).collect();
    if let Some(members) = members::of_pivot(pivot) {
        // Some of those who saw each campaign.
        let ids = |urn: &str| shown.iter().map(|campaign| campaign.id ^ hash(urn) >> 8).collect();
        return Ok(members.into_iter().map(|(urn, _)| (urn.clone(), ids(&urn))).collect());
    }
    Ok(match pivot {
        "ACCOUNT" => vec![(urn("sponsoredAccount", account.id), creatives(&shown))],
        "CAMPAIGN_GROUP" => {
            let of = |group: u64| creatives(&shown.iter().copied().filter(|it| it.group == group).collect::<Vec<_>>());
            account.groups.iter().map(|group| (urn("sponsoredCampaignGroup", group.id), of(group.id))).collect()
        }
        "CAMPAIGN" => {
            shown.into_iter().map(|campaign| (urn("sponsoredCampaign", campaign.id), creatives(&[campaign]))).collect()
        }
        "CREATIVE" => {
            let one = |id: u64| (urn("sponsoredCreative", id), vec![id]);
            shown.into_iter().flat_map(|campaign| campaign.creatives().map(one)).collect()
        }
        other => return Err(Refusal::param(format!("'{other}' is no pivot"))),
    })
}

fn sum(ids: &[u64], (start, end): (NaiveDate, NaiveDate)) -> Figures {
    let days = start.iter_days().take_while(|day| *day <= end);
    days.flat_map(|day| ids.iter().map(move |id| Figures::of(*id, day))).fold(Figures::default(), Figures::plus)
}

fn row(
    about: &str,
    (start, end): (NaiveDate, NaiveDate),
    figures: Figures,
    fields: &[String],
) -> Result<Json, Refusal> {
    let day = |day: NaiveDate| json!({ "year": day.year(), "month": day.month(), "day": day.day() });
    // LinkedIn writes money with more digits than it has.
    let money = |cents: i64| format!("{}000000", amount(cents.unsigned_abs()));
    let mut row = Map::new();
    for field in fields {
        let value = match field.as_str() {
            "impressions" => figures.impressions.into(),
            "clicks" => figures.clicks.into(),
            "costInLocalCurrency" => money(figures.cost).into(),
            "externalWebsiteConversions" => figures.conversions.into(),
            "conversionValueInLocalCurrency" => money(figures.value).into(),
            "oneClickLeads" => figures.leads.into(),
            "pivotValues" => json!([about]),
            "dateRange" => json!({ "start": day(start), "end": day(end) }),
            other => return Err(Refusal::param(format!("Field '{other}' is not present in schema"))),
        };
        row.insert(field.clone(), value);
    }
    Ok(row.into())
}

/// `(start:(year:2026,month:11,day:1),end:(year:2026,month:11,day:7))`
fn days(range: Value) -> Result<(NaiveDate, NaiveDate), Refusal> {
    let invalid = |range: &Value| Refusal::param(format!("'dateRange' is not as its schema: {range}"));
    let field = |record: &Value, name: &str| match record {
        Value::Record(fields) => fields.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()),
        _ => None,
    };
    let number = |record: &Value, name: &str| match field(record, name)? {
        Value::Text(text) => text.parse::<u32>().ok(),
        _ => None,
    };
    let day = |name: &str| {
        let day = field(&range, name)?;
        let year = i32::try_from(number(&day, "year")?).ok()?;
        NaiveDate::from_ymd_opt(year, number(&day, "month")?, number(&day, "day")?)
    };
    match (day("start"), day("end")) {
        (Some(start), Some(end)) if start <= end => Ok((start, end)),
        _ => Err(invalid(&range)),
    }
}

fn missing(name: &str) -> Refusal {
    Refusal::param(format!("Parameter '{name}' is missing"))
}

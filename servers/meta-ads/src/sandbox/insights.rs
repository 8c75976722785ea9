//! `/act_…/insights`: at once, or as a report that takes a few looks to be finished.

use std::collections::BTreeMap;

use chrono::{Months, NaiveDate};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use turnpike_core::Timestamp;

use super::{
    edges::Filter,
    figures::Figures,
    params::Params,
    refusal::Refusal,
    world::{Account, World},
};

/// More rows than these are not worked out at once.
const MOST_AT_ONCE: usize = 2_000;
/// More than these fail.
const MOST: usize = 50_000;
const DAYS_OF_ADS: i64 = 7;
const LEVELS: [&str; 4] = ["account", "campaign", "adset", "ad"];
const FIELDS: [&str; 12] = [
    "campaign_id",
    "campaign_name",
    "adset_id",
    "adset_name",
    "ad_id",
    "ad_name",
    "impressions",
    "reach",
    "clicks",
    "spend",
    "actions",
    "action_values",
];

/// What is asked for.
#[derive(Clone)]
pub(super) struct Question {
    level: usize,
    fields: Vec<String>,
    since: NaiveDate,
    until: NaiveDate,
    by_day: bool,
    dearest_first: bool,
    breakdown: Option<(String, &'static [&'static str])>,
}

/// A report that is made in the background.
pub(super) struct Report {
    pub(super) account: u64,
    /// Of one that has too many, nothing.
    rows: Option<Vec<Value>>,
    looks: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeRange {
    since: NaiveDate,
    until: NaiveDate,
}

/// What a row is about: day, ids of campaign, ad set and ad as far down as the level is, and place in the breakdown.
type About = (Option<NaiveDate>, [u64; 3], usize);

/// `GET`: rows, if there are not too many of them.
pub(super) fn at_once(account: &Account, params: &mut Params, now: Timestamp) -> Result<Vec<Value>, Refusal> {
    let (question, filters) = Question::read(params, now)?;
    let long = question.breakdown.is_some()
        || question.level == 3 && (question.until - question.since).num_days() >= DAYS_OF_ADS;
    match long || question.most(account) > MOST_AT_ONCE {
        true => Err(Refusal::too_much()),
        false => question.rows(account, &filters),
    }
}

/// `POST`: the id of a report.
pub(super) fn start(world: &mut World, act: &str, mut params: Params, now: Timestamp) -> Result<Value, Refusal> {
    let (question, filters) = Question::read(&mut params, now)?;
    params.end()?;
    let account = world.reach(act)?;
    let fits = question.most(account) <= MOST;
    let (id, rows) = (account.id, fits.then(|| question.rows(account, &filters)).transpose()?);
    let run = format!("6023920149{:03}", world.reports.len());
    world.reports.insert(run.clone(), Report { account: id, rows, looks: 0 });
    Ok(json!({ "report_run_id": run }))
}

/// `GET /{run}`: each look finds it a little further.
pub(super) fn look(report: &mut Report, id: &str, params: &mut Params) -> Result<Value, Refusal> {
    const KNOWN: [&str; 7] = [
        "account_id",
        "async_status",
        "async_percent_completion",
        "error_code",
        "error_subcode",
        "error_message",
        "error_user_msg",
    ];
    let fields = params.take_fields()?;
    params.end()?;
    if let Some(other) = fields.iter().find(|field| !KNOWN.contains(&field.as_str())) {
        return Err(Refusal::param(format!("Tried accessing nonexisting field ({other}) on node type (AdReportRun)")));
    }
    report.looks += 1;
    let failed = report.rows.is_none() && report.looks > 2;
    // It says that it is completed before it is.
    let (status, percent) = match report.looks {
        _ if failed => ("Job Failed", 0),
        1 => ("Job Not Started", 0),
        2 => ("Job Running", 40),
        3 => ("Job Completed", 90),
        _ => ("Job Completed", 100),
    };
    let mut answer = json!({
        "id": id, "account_id": report.account.to_string(), "async_status": status, "async_percent_completion": percent,
    });
    if failed {
        answer["error_code"] = 100.into();
        answer["error_subcode"] = 1_487_534.into();
        answer["error_message"] = "(#100) Too much data was requested".into();
        answer["error_user_msg"] = "There is too much data for one report. Please reduce the days or the level.".into();
    }
    Ok(answer)
}

/// `GET /{run}/insights`
pub(super) fn rows(report: &Report) -> Result<Vec<Value>, Refusal> {
    let rows = report.rows.as_ref().filter(|_| report.looks > 3);
    rows.cloned().ok_or_else(|| Refusal::param("Error accessing adreport job.").subcode(1_504_023))
}

impl Question {
    fn read(params: &mut Params, now: Timestamp) -> Result<(Self, Vec<Filter>), Refusal> {
        let fields = params.take_fields()?;
        if let Some(other) = fields.iter().find(|field| !FIELDS.contains(&field.as_str())) {
            return Err(Refusal::param(format!("{other} is not valid for fields param")));
        }
        let level = params.take("level").unwrap_or_else(|| "account".into());
        let level = LEVELS.iter().position(|own| *own == level);
        let level = level.ok_or_else(|| Refusal::param("Param level must be one of {ad, adset, campaign, account}"))?;
        let range: Option<TimeRange> = params.take_json("time_range")?;
        let TimeRange { since, until } =
            range.ok_or_else(|| Refusal::param("The parameter time_range is required here"))?;
        let today = now.to_utc().date_naive();
        if today.checked_sub_months(Months::new(37)).is_none_or(|first| since < first) || since > until {
            let message = "(#3018) The start date of the time range cannot be beyond 37 months from the current date";
            return Err(Refusal::new(3018, message));
        }
        let by_day = match params.take("time_increment").as_deref() {
            None | Some("all_days") => false,
            Some("1") => true,
            Some(_) => return Err(Refusal::param("Param time_increment is 1 or all_days here")),
        };
        let sort: Vec<String> = params.take_json("sort")?.unwrap_or_default();
        if let Some(other) = sort.iter().find(|sort| *sort != "spend_descending") {
            return Err(Refusal::param(format!("Sorting {other} is not known")));
        }
        params.take("use_unified_attribution_setting");
        let breakdown = params.take("breakdowns").map(|name| match values(&name) {
            Some(values) => Ok((name, values)),
            None => Err(Refusal::param("(#100) breakdowns must be one of the known ones")),
        });
        let filters = params.take_json("filtering")?.unwrap_or_default();
        let breakdown = breakdown.transpose()?;
        Ok((Self { level, fields, since, until, by_day, dearest_first: !sort.is_empty(), breakdown }, filters))
    }

    /// How many rows there are at most.
    fn most(&self, account: &Account) -> usize {
        let (campaigns, days) = (account.campaigns.len(), (self.until - self.since).num_days() + 1);
        let things = [1, campaigns, campaigns * 2, campaigns * 4].get(self.level).copied().unwrap_or_default();
        let days = if self.by_day { usize::try_from(days).unwrap_or(1) } else { 1 };
        things * days * self.values().len()
    }

    fn rows(&self, account: &Account, filters: &[Filter]) -> Result<Vec<Value>, Refusal> {
        let mut sums: BTreeMap<About, Figures> = BTreeMap::new();
        let mut names: BTreeMap<u64, &str> = BTreeMap::new();
        for campaign in account.campaigns.iter().filter(|campaign| campaign.delivers()) {
            names.insert(campaign.id, &campaign.name);
            for ad_set in &campaign.ad_sets {
                names.insert(ad_set.id, &ad_set.name);
                for ad in &ad_set.ads {
                    names.insert(ad.id, &ad.name);
                    let path = [campaign.id, ad_set.id, ad.id];
                    if filters.iter().try_fold(true, |all, filter| Ok(all && filter.takes(&path)?))? {
                        self.add(&mut sums, path);
                    }
                }
            }
        }
        let mut rows: Vec<(About, Figures)> = sums.into_iter().filter(|(_, sum)| sum.impressions > 0).collect();
        if self.dearest_first {
            rows.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.cost));
        }
        Ok(rows.into_iter().map(|(about, sum)| self.row(account, &names, about, sum)).collect())
    }

    /// Adds one ad's figures to the rows that they belong to.
    fn add(&self, sums: &mut BTreeMap<About, Figures>, path: [u64; 3]) {
        let mut ids = [0; 3];
        ids.iter_mut().zip(path).take(self.level).for_each(|(own, id)| *own = id);
        for day in self.since.iter_days().take_while(|day| *day <= self.until) {
            let figures = Figures::of(path[2], day);
            for part in 0..self.values().len() {
                let sum = sums.entry((self.by_day.then_some(day), ids, part)).or_default();
                *sum = sum.plus(figures.part(part, self.values().len()));
            }
        }
    }

    /// The values of the breakdown; without one a single nameless one.
    fn values(&self) -> &'static [&'static str] {
        self.breakdown.as_ref().map_or(&[""], |(_, values)| values)
    }

    fn row(&self, account: &Account, names: &BTreeMap<u64, &str>, (day, ids, part): About, sum: Figures) -> Value {
        let actions = |kinds: &[(&str, i64)]| -> Value {
            kinds.iter().map(|(kind, value)| json!({ "action_type": kind, "value": value.to_string() })).collect()
        };
        let mut all = Map::new();
        for (id, level) in ids.iter().zip(["campaign", "adset", "ad"]).take(self.level) {
            all.insert(format!("{level}_id"), id.to_string().into());
            all.insert(format!("{level}_name"), names.get(id).copied().into());
        }
        all.insert("impressions".into(), sum.impressions.to_string().into());
        all.insert("reach".into(), (sum.impressions * 6 / 10).to_string().into());
        all.insert("clicks".into(), sum.clicks.to_string().into());
        all.insert("spend".into(), account.units(sum.cost).into());
        // The same purchase under three names.
        let kinds = [
            ("link_click", sum.clicks / 2),
            ("lead", sum.leads),
            ("purchase", sum.purchases),
            ("offsite_conversion.fb_pixel_purchase", sum.purchases),
            ("omni_purchase", sum.purchases),
        ];
        all.insert("actions".into(), actions(&kinds));
        all.insert(
            "action_values".into(),
            actions(&[("purchase", sum.purchases * 40), ("omni_purchase", sum.purchases * 40)]),
        );
        all.retain(|name, _| self.fields.contains(name));
        if let Some((name, values)) = &self.breakdown {
            all.insert(name.clone(), values.get(part).copied().into());
        }
        all.insert("date_start".into(), day.unwrap_or(self.since).to_string().into());
        all.insert("date_stop".into(), day.unwrap_or(self.until).to_string().into());
        Value::Object(all)
    }
}

impl Account {
    /// Smallest units as a decimal of the currency's own.
    fn units(&self, amount: i64) -> String {
        match self.currency {
            "JPY" => amount.to_string(),
            _ => format!("{}.{:02}", amount / 100, amount % 100),
        }
    }
}

fn values(breakdown: &str) -> Option<&'static [&'static str]> {
    match breakdown {
        "age" => Some(&["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]),
        "gender" => Some(&["female", "male", "unknown"]),
        "country" => Some(&["US", "CA", "MX"]),
        "publisher_platform" => Some(&["facebook", "instagram"]),
        "device_platform" => Some(&["mobile_app", "desktop"]),
        _ => None,
    }
}

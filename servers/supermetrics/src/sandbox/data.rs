//! What a query asks, checked, and its rows.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    figures::Figures,
    filter::Filter,
    refusal::Refusal,
    world::{Account, Field, Is, LOGINS, Source},
};

/// A query as it comes. What it does not know Supermetrics ignores, and so does this.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) ds_id: String,
    ds_accounts: Words,
    ds_user: Option<String>,
    fields: Words,
    start_date: String,
    end_date: String,
    filter: Option<String>,
    order_rows: Words,
    max_rows: Option<u64>,
    cache_minutes: Option<u64>,
    pub(super) sync_timeout: Option<u64>,
    pub(super) schedule_id: Option<String>,
    pub(super) offset_start: Option<usize>,
    pub(super) offset_end: Option<usize>,
    settings: Settings,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Settings {
    no_headers: bool,
}

/// A list, or a text with commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Text(String),
}

impl Default for Words {
    fn default() -> Self {
        Self::List(vec![])
    }
}

impl Words {
    fn list(&self) -> Vec<String> {
        match self {
            Self::List(list) => list.clone(),
            Self::Text(text) if text.is_empty() => vec![],
            Self::Text(text) => text.split(',').map(|word| word.trim().to_owned()).collect(),
        }
    }
}

/// A checked query.
pub(super) struct Checked {
    pub(super) account: &'static Account,
    fields: Vec<&'static Field>,
    filter: Option<Filter>,
    order: Vec<(&'static Field, bool)>,
    max_rows: usize,
    days: (NaiveDate, NaiveDate),
    pub(super) headers: bool,
}

impl Asked {
    /// Refuses what Supermetrics refuses.
    pub(super) fn check(&self, today: NaiveDate) -> Result<Checked, Refusal> {
        let source = Source::find(&self.ds_id).ok_or_else(|| Refusal::bad("Unknown data source."))?;
        if !source.licensed {
            let description = "Your license does not include this data source.";
            return Err(Refusal::licence("LICENSE_ACCESS_DATA_SOURCE", description));
        }
        let within = |value: Option<u64>, least: u64, most: u64, name: &str| match value {
            Some(value) if !(least..=most).contains(&value) => Err(Refusal::bad(format!("{name} is out of range."))),
            _ => Ok(()),
        };
        within(self.max_rows, 1, 1_000_000, "max_rows")?;
        within(self.cache_minutes, 0, 10_080, "cache_minutes")?;
        within(self.sync_timeout, 0, 3600, "sync_timeout")?;
        let days = self.days(today)?;
        let field = |id: &str| {
            source.field(id).ok_or_else(|| Refusal::in_good_form(format!("There is no field {id} in {}.", source.name)))
        };
        let ids = self.fields.list();
        if ids.is_empty() || ids.len() > 100 {
            return Err(Refusal::bad("Give 1 to 100 fields."));
        }
        let fields: Vec<_> = ids.iter().map(|id| field(id)).collect::<Result<_, _>>()?;
        let filter = self.filter.as_deref().map(Filter::parse).transpose()?;
        if let Some(filter) = &filter {
            filter.fields().try_for_each(|id| field(id).map(drop))?;
        }
        let order = |text: String| match text.split_once(' ') {
            Some((id, "asc")) => Ok((field(id)?, false)),
            Some((id, "desc")) => Ok((field(id)?, true)),
            _ => Err(Refusal::bad(format!("Invalid order: {text}"))),
        };
        Ok(Checked {
            account: self.account()?,
            order: self.order_rows.list().into_iter().map(order).collect::<Result<_, _>>()?,
            fields,
            filter,
            max_rows: self.max_rows.and_then(|rows| usize::try_from(rows).ok()).unwrap_or(1000),
            days,
            headers: !self.settings.no_headers,
        })
    }

    /// One account, of a login that reaches it.
    fn account(&self) -> Result<&'static Account, Refusal> {
        let accounts = self.ds_accounts.list();
        let [id] = accounts.as_slice() else {
            return Err(Refusal::bad("This sandbox takes one account."));
        };
        let reaches = |login: &&super::world::Login| {
            login.source == self.ds_id
                && login.accounts.contains(&id.as_str())
                && self.ds_user.as_ref().is_none_or(|user| user.eq_ignore_ascii_case(login.username))
        };
        LOGINS
            .iter()
            .find(reaches)
            .and_then(|_| Account::find(&self.ds_id, id))
            .ok_or_else(|| Refusal::bad(format!("No login has access to the account {id}.")))
    }

    fn days(&self, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Refusal> {
        let day = |text: &str| match text {
            "today" => Some(today),
            "yesterday" => today.checked_sub_days(Days::new(1)),
            _ => match text.strip_suffix("-days-ago") {
                Some(days) => today.checked_sub_days(Days::new(days.parse().ok()?)),
                None => text.parse().ok().filter(|_| text.len() == 10),
            },
        };
        let (Some(first), Some(last)) = (day(&self.start_date), day(&self.end_date)) else {
            return Err(Refusal::bad("Invalid date range."));
        };
        if first > last {
            return Err(Refusal::bad("The start date must be before the end date."));
        }
        if Some(first) < NaiveDate::from_ymd_opt(2024, 1, 1) {
            let description = "Your license covers data since 2024-01-01.";
            return Err(Refusal::licence("LICENSE_HISTORICAL_RANGE_EXCEEDED", description));
        }
        Ok((first, last.min(today)))
    }
}

impl Checked {
    /// The rows, grouped by the dimensions asked for.
    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        let (first, last) = self.days;
        let used = self.fields.iter().chain(self.order.iter().map(|(field, _)| field));
        let dimensions: Vec<Is> = used.map(|field| field.is).filter(|is| !is.is_metric()).collect();
        let mut groups: BTreeMap<Vec<String>, Figures> = BTreeMap::new();
        for (campaign, name, group, group_name) in self.account.ad_groups() {
            for day in first.iter_days().take_while(|day| *day <= last) {
                let text = |is: &Is| match is {
                    Is::Date => day.to_string(),
                    Is::CampaignId => campaign.to_string(),
                    Is::Campaign => name.clone(),
                    Is::AdGroupId => group.to_string(),
                    Is::AdGroup => group_name.clone(),
                    _ => self.account.currency.to_owned(),
                };
                let figures = groups.entry(dimensions.iter().map(text).collect()).or_default();
                *figures = figures.plus(Figures::of(group, day));
            }
        }
        let cell = |(key, figures): &(Vec<String>, Figures), is: Is| match dimensions.iter().position(|own| *own == is)
        {
            Some(n) => key[n].clone(),
            None => is.metric(figures),
        };
        let source = Source::find(self.account.source);
        let is = |id: &str| source.and_then(|source| source.field(id)).map(|field| field.is);
        let mut groups: Vec<_> = groups.into_iter().collect();
        if let Some(filter) = &self.filter {
            groups.retain(|group| filter.passes(|id| is(id).map(|is| cell(group, is)).unwrap_or_default()));
        }
        for (field, descending) in self.order.iter().rev() {
            groups.sort_by(|a, b| {
                let (a, b) = (cell(a, field.is), cell(b, field.is));
                let order = match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(a), Ok(b)) => a.total_cmp(&b),
                    _ => a.cmp(&b),
                };
                if *descending { order.reverse() } else { order }
            });
        }
        groups.truncate(self.max_rows);
        groups.iter().map(|group| self.fields.iter().map(|field| cell(group, field.is)).collect()).collect()
    }

    /// The names of the columns.
    pub(super) fn header(&self) -> Vec<String> {
        self.fields.iter().map(|field| field.name.to_owned()).collect()
    }

    /// What the answer repeats of the query.
    pub(super) fn echo(&self) -> Value {
        let fields = self.fields.iter().enumerate().map(|(n, field)| {
            json!({
                "id": field.id, "field_id": field.id, "field_name": field.name,
                "field_type": if field.is.is_metric() { "met" } else { "dim" },
                "field_split": "row", "data_type": field.is.data_type(), "data_column": n, "visible": true,
            })
        });
        json!({
            "start_date": self.days.0.to_string(), "end_date": self.days.1.to_string(),
            "ds_accounts": [self.account.id], "fields": fields.collect::<Vec<_>>(), "cache_minutes": 60,
        })
    }
}

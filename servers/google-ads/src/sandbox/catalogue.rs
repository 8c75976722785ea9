//! The resources and fields that the simulated Google knows, and where a row keeps them.

use std::borrow::Cow;

use chrono::NaiveDate;

use super::{
    figures::{Figures, mix},
    world::{AdGroup, Budget, Campaign, Customer},
};

/// A resource and those whose fields may be selected with it.
pub(super) struct Resource {
    pub(super) name: &'static str,
    pub(super) joined: &'static [&'static str],
    pub(super) has_metrics: bool,
}

pub(super) const RESOURCES: [Resource; 5] = [
    Resource { name: "customer", joined: &[], has_metrics: true },
    Resource { name: "customer_client", joined: &["customer"], has_metrics: false },
    Resource { name: "campaign", joined: &["customer", "campaign_budget"], has_metrics: true },
    Resource { name: "ad_group", joined: &["customer", "campaign", "campaign_budget"], has_metrics: true },
    Resource { name: "search_term_view", joined: &["customer", "campaign", "ad_group"], has_metrics: true },
];

/// A field: its name, its type, and how a row gives its value.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) read: for<'w> fn(&Row<'w>) -> Option<Cell<'w>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Int64,
    Double,
    Text,
    Flag,
    Date,
    Enum(&'static [&'static str]),
}

/// A value in a row.
#[derive(Clone, PartialEq, PartialOrd, Debug)]
pub(super) enum Cell<'w> {
    Int(i64),
    Real(f64),
    Text(Cow<'w, str>),
    Flag(bool),
}

/// One thing that rows are about.
#[derive(Clone, Copy)]
pub(super) struct Entity<'w> {
    pub(super) customer: &'w Customer,
    pub(super) client: Option<&'w Customer>,
    pub(super) campaign: Option<&'w Campaign>,
    pub(super) ad_group: Option<&'w AdGroup>,
    pub(super) term: Option<&'w str>,
}

/// An entity, on one day or over a range.
#[derive(Clone, Copy)]
pub(super) struct Row<'w> {
    pub(super) entity: Entity<'w>,
    pub(super) date: Option<NaiveDate>,
    pub(super) figures: Figures,
}

impl<'w> Entity<'w> {
    fn budget(&self) -> Option<&'w Budget> {
        self.customer.budget(self.campaign?.budget)
    }

    fn term_key(&self) -> Option<u64> {
        let (group, term) = (self.ad_group?.id, self.term?);
        Some(term.bytes().fold(group, |key, byte| mix(key ^ u64::from(byte))))
    }

    /// What it counted on a day: its own figures, or those of all below it.
    pub(super) fn figures(&self, day: NaiveDate) -> Figures {
        if let Some(key) = self.term_key() {
            return Figures::of(key, day);
        }
        if let Some(group) = self.ad_group {
            return Figures::of(group.id, day);
        }
        let campaigns = self.campaign.map_or(self.customer.campaigns.as_slice(), std::slice::from_ref);
        let groups = campaigns.iter().flat_map(|campaign| &campaign.ad_groups);
        groups.map(|group| Figures::of(group.id, day)).fold(Figures::default(), Figures::plus)
    }

    /// The name that Google gives it as part of a row.
    pub(super) fn resource_name(&self, resource: &str) -> Option<String> {
        let id = |collection: &str, id: u64| format!("customers/{}/{collection}/{id}", self.customer.id);
        match resource {
            "customer" => Some(format!("customers/{}", self.customer.id)),
            "customer_client" => Some(id("customerClients", self.client?.id)),
            "campaign" => Some(id("campaigns", self.campaign?.id)),
            "campaign_budget" => Some(id("campaignBudgets", self.campaign?.budget)),
            "ad_group" => Some(id("adGroups", self.ad_group?.id)),
            "search_term_view" => Some(id("searchTermViews", self.term_key()?)),
            _ => None,
        }
    }
}

impl Field {
    /// What stands before the first dot.
    pub(super) fn resource(&self) -> &'static str {
        self.name.split('.').next().unwrap_or_default()
    }

    pub(super) fn category(&self) -> &'static str {
        match self.resource() {
            "metrics" => "METRIC",
            "segments" => "SEGMENT",
            _ => "ATTRIBUTE",
        }
    }

    pub(super) fn find(name: &str) -> Option<&'static Self> {
        FIELDS.iter().find(|field| field.name == name)
    }
}

const STATUSES: &[&str] = &["UNSPECIFIED", "UNKNOWN", "ENABLED", "PAUSED", "REMOVED"];
const CUSTOMER_STATUSES: &[&str] = &["UNSPECIFIED", "UNKNOWN", "ENABLED", "CANCELED", "SUSPENDED", "CLOSED"];
const CHANNELS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "SEARCH", "DISPLAY", "SHOPPING", "VIDEO", "PERFORMANCE_MAX"];
const PERIODS: &[&str] = &["UNSPECIFIED", "UNKNOWN", "DAILY", "CUSTOM_PERIOD"];
const TERM_STATUSES: &[&str] = &["UNSPECIFIED", "UNKNOWN", "ADDED", "EXCLUDED", "ADDED_EXCLUDED", "NONE"];

pub(super) const FIELDS: &[Field] = &[
    field("customer.id", Kind::Int64, |row| int(row.entity.customer.id)),
    field("customer.descriptive_name", Kind::Text, |row| text(row.entity.customer.name)),
    field("customer.currency_code", Kind::Text, |row| text(row.entity.customer.currency)),
    field("customer.time_zone", Kind::Text, |row| text(row.entity.customer.time_zone)),
    field("customer.manager", Kind::Flag, |row| Some(Cell::Flag(row.entity.customer.is_manager()))),
    field("customer.status", Kind::Enum(CUSTOMER_STATUSES), |_| text("ENABLED")),
    field("customer_client.id", Kind::Int64, |row| int(row.entity.client?.id)),
    field("customer_client.descriptive_name", Kind::Text, |row| text(row.entity.client?.name)),
    field("customer_client.currency_code", Kind::Text, |row| text(row.entity.client?.currency)),
    field("customer_client.time_zone", Kind::Text, |row| text(row.entity.client?.time_zone)),
    field("customer_client.manager", Kind::Flag, |row| Some(Cell::Flag(row.entity.client?.is_manager()))),
    field("customer_client.level", Kind::Int64, |row| int(u64::from(row.entity.client?.id != row.entity.customer.id))),
    field("customer_client.status", Kind::Enum(CUSTOMER_STATUSES), |row| row.entity.client.and(text("ENABLED"))),
    field("customer_client.test_account", Kind::Flag, |row| row.entity.client.and(Some(Cell::Flag(true)))),
    field("campaign.id", Kind::Int64, |row| int(row.entity.campaign?.id)),
    field("campaign.name", Kind::Text, |row| text(&row.entity.campaign?.name)),
    field("campaign.status", Kind::Enum(STATUSES), |row| text(row.entity.campaign?.status.as_str())),
    field("campaign.advertising_channel_type", Kind::Enum(CHANNELS), |row| text(row.entity.campaign?.channel)),
    field("campaign_budget.id", Kind::Int64, |row| int(row.entity.campaign?.budget)),
    field("campaign_budget.amount_micros", Kind::Int64, |row| Some(Cell::Int(row.entity.budget()?.amount_micros))),
    field("campaign_budget.explicitly_shared", Kind::Flag, |row| Some(Cell::Flag(row.entity.budget()?.shared))),
    field("campaign_budget.reference_count", Kind::Int64, |row| {
        int(row.entity.customer.served_by(row.entity.campaign?.budget) as u64)
    }),
    field("campaign_budget.period", Kind::Enum(PERIODS), |row| {
        text(if row.entity.budget()?.daily { "DAILY" } else { "CUSTOM_PERIOD" })
    }),
    field("ad_group.id", Kind::Int64, |row| int(row.entity.ad_group?.id)),
    field("ad_group.name", Kind::Text, |row| text(&row.entity.ad_group?.name)),
    field("ad_group.status", Kind::Enum(STATUSES), |row| text(row.entity.ad_group?.status.as_str())),
    field("search_term_view.search_term", Kind::Text, |row| text(row.entity.term?)),
    field("search_term_view.status", Kind::Enum(TERM_STATUSES), |row| row.entity.term.and(text("NONE"))),
    field("segments.date", Kind::Date, |row| Some(Cell::Text(row.date?.to_string().into()))),
    field("metrics.impressions", Kind::Int64, |row| Some(Cell::Int(row.figures.impressions))),
    field("metrics.clicks", Kind::Int64, |row| Some(Cell::Int(row.figures.clicks))),
    field("metrics.cost_micros", Kind::Int64, |row| Some(Cell::Int(row.figures.cost_micros))),
    field("metrics.conversions", Kind::Double, |row| Some(Cell::Real(row.figures.conversions))),
    field("metrics.conversions_value", Kind::Double, |row| Some(Cell::Real(row.figures.value))),
];

const fn field(name: &'static str, kind: Kind, read: for<'w> fn(&Row<'w>) -> Option<Cell<'w>>) -> Field {
    Field { name, kind, read }
}

fn int<'w>(number: u64) -> Option<Cell<'w>> {
    i64::try_from(number).ok().map(Cell::Int)
}

fn text(text: &str) -> Option<Cell<'_>> {
    Some(Cell::Text(text.into()))
}

//! `adAnalytics`: figures by what a tool asks for. LinkedIn gives them whole or not at all: there are no pages.

use std::collections::BTreeMap;

use turnpike_core::{Class, Fault};
use turnpike_sdk::{Account, Cx, ToolError};

use crate::{
    access,
    api::{Found, Row, TargetingEntity},
    arguments::{Day, Ids},
    restli::{Query, list, record, urn},
};

/// LinkedIn cuts what is longer, and does not say so.
const MOST_ROWS: usize = 15_000;
/// URNs that may be looked up in one request.
const LABELS: usize = 50;
/// Without `pivotValues` and `dateRange` rows would be anonymous.
const FIELDS: [&str; 8] = [
    "impressions",
    "clicks",
    "costInLocalCurrency",
    "externalWebsiteConversions",
    "conversionValueInLocalCurrency",
    "oneClickLeads",
    "pivotValues",
    "dateRange",
];

/// What figures are wanted.
pub(crate) struct Question<'a> {
    pub(crate) pivot: &'static str,
    pub(crate) by_day: bool,
    pub(crate) days: (Day, Day),
    pub(crate) campaigns: Option<&'a Ids>,
}

impl Question<'_> {
    /// All rows, by day and then dearest first.
    pub(crate) async fn ask(&self, cx: &Cx, account: &Account) -> Result<Vec<Row>, ToolError> {
        let (start, end) = self.days;
        let query = Query::finder("analytics")
            .with("pivot", self.pivot)
            .with("dateRange", record([("start", start.into()), ("end", end.into())]))
            .with("timeGranularity", if self.by_day { "DAILY" } else { "ALL" })
            .with("accounts", list([urn("sponsoredAccount", &account.id)]))
            .with_some("campaigns", self.campaigns.map(|ids| list(ids.iter().map(|id| urn("sponsoredCampaign", id)))))
            .fields(&FIELDS);
        let request = query.get("/rest/adAnalytics", "FINDER").counted_as("adAnalytics").account(&account.id);
        let found: Found<Row> = cx.send(request).await?.json()?;
        let mut rows = found.elements;
        if rows.len() >= MOST_ROWS {
            return Err(ToolError::Refused {
                reason: format!("these figures have {MOST_ROWS} rows or more, and LinkedIn cuts them there"),
                next_step: "Ask for fewer days, for some campaigns only, or without by_day.".into(),
            });
        }
        if rows.iter().any(|row| row.pivot_values.len() != 1) {
            return Err(Fault::new(Class::Upstream, "LinkedIn left out what its figures are about").into());
        }
        rows.sort_by(|a, b| {
            let day = |row: &Row| self.by_day.then_some(row.date_range.start);
            day(a)
                .cmp(&day(b))
                .then(b.cost_in_local_currency.cmp(&a.cost_in_local_currency))
                .then_with(|| a.pivot_values.cmp(&b.pivot_values))
        });
        Ok(rows)
    }
}

/// Why there are no figures: LinkedIn says nothing of it. Refused when the reason is that nobody may read them.
pub(crate) async fn explain_empty(cx: &Cx, account: &Account) -> Result<String, ToolError> {
    let role = access::role(cx, account).await?;
    Ok(format!(
        "LinkedIn has no figures for these days: nothing was shown, or nothing of what was asked for. It answers the same \
         when a member may not read an account, but the connected member is {role} in this one, so that is not the reason."
    ))
}

/// What URNs of the targeting catalogue mean, as far as LinkedIn tells.
pub(crate) async fn labels(cx: &Cx, rows: &[Row]) -> Result<BTreeMap<String, String>, ToolError> {
    let urns: Vec<&str> = rows.iter().flat_map(|row| &row.pivot_values).map(String::as_str).collect();
    let mut labels = BTreeMap::new();
    for some in urns.chunks(LABELS) {
        let query = Query::finder("urns").with("urns", list(some.iter().copied()));
        let request = query.get("/rest/adTargetingEntities", "FINDER").counted_as("adTargetingEntities");
        let found: Found<TargetingEntity> = cx.send(request).await?.json()?;
        labels.extend(found.elements.into_iter().map(|entity| (entity.urn, entity.name)));
    }
    Ok(labels)
}

//! `set_status`: enables or pauses campaigns or ad groups.

use schemars::JsonSchema;
use serde::Deserialize;
use turnpike_sdk::{
    Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool,
    answers::{StatusItem, Statuses},
    arguments::Ids,
};

use crate::{
    api::{Row, StatusUpdate},
    arguments::CustomerId,
    customer::Customer,
    gaql::{Direction, Query, Test},
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: CustomerId,
    /// What the ids are of.
    level: Level,
    /// Ids of campaigns or ad groups. All change together or none does.
    ids: Ids<100>,
    /// The status wanted.
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Campaign,
    AdGroup,
}

/// Removing cannot be undone, and is not offered.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Enabled,
    Paused,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

impl WriteTool for SetStatus {
    type Args = Args;
    type State = Statuses;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_status",
        "Enable or pause",
        "Enables or pauses campaigns or ad groups of one account. Without preview_id it only previews; send the same \
         arguments with the preview_id to apply. It never removes.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<Statuses, ToolError> {
        let customer = Customer::of(cx, args.account_id.client(cx)?);
        let rows: Vec<Row> = customer.rows(&args.level.query(&args.ids)).await?;
        Ok(Statuses { items: rows.into_iter().map(|row| args.level.item(row)).collect() })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        if let Some(id) = before.find_missing(args.ids.iter()) {
            return Err(ToolError::Refused {
                reason: format!("this account has no {} with the id {id}", args.level.noun()),
                next_step: "Take the ids from list_campaigns or get_performance of the same account.".into(),
            });
        }
        if let Some(item) = before.items.iter().find(|item| item.status == "REMOVED") {
            return Err(ToolError::Refused {
                reason: format!("the {} {} is removed, which cannot be undone", args.level.noun(), item.id),
                next_step: "Leave it out.".into(),
            });
        }
        let after = before.all(args.status.word());
        let changing = before.count_changes(&after);
        let warnings = match args.status {
            Status::Enabled if changing > 0 => vec!["What is enabled can spend money at once.".into()],
            _ => vec![],
        };
        let summary =
            format!("Sets {changing} of {} {}(s) to {}.", args.ids.len(), args.level.noun(), args.status.word());
        Ok(Plan { after, summary, warnings })
    }

    fn spending(from: &Statuses, to: &Statuses) -> Spending {
        from.spending(to, "ENABLED")
    }

    async fn dry_run(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let customer = Customer::of(cx, args.account_id.client(cx)?);
        customer.check(args.level.service(), "status", args.updates(customer, target)).await
    }

    async fn apply(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let customer = Customer::of(cx, args.account_id.client(cx)?);
        customer.apply(args.level.service(), "status", args.updates(customer, target)).await
    }
}

impl Args {
    fn updates<'a>(&self, customer: Customer<'_>, target: &'a Statuses) -> Vec<StatusUpdate<'a>> {
        let update = |item: &'a StatusItem| StatusUpdate {
            resource_name: customer.resource(self.level.service(), &item.id),
            status: &item.status,
        };
        target.items.iter().map(update).collect()
    }
}

impl Level {
    /// The service that changes them, which is also the collection in their resource names.
    fn service(self) -> &'static str {
        match self {
            Self::Campaign => "campaigns",
            Self::AdGroup => "adGroups",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdGroup => "ad group",
        }
    }

    fn query(self, ids: &Ids<100>) -> Query {
        let (resource, id, name, status) = match self {
            Self::Campaign => ("campaign", "campaign.id", "campaign.name", "campaign.status"),
            Self::AdGroup => ("ad_group", "ad_group.id", "ad_group.name", "ad_group.status"),
        };
        Query::select(&[id, name, status])
            .from(resource)
            .filter(id, Test::any_of(ids.iter().copied()))
            .order_by(id, Direction::Ascending)
    }

    fn item(self, row: Row) -> StatusItem {
        match self {
            Self::Campaign => StatusItem { id: row.campaign.id, name: row.campaign.name, status: row.campaign.status },
            Self::AdGroup => StatusItem { id: row.ad_group.id, name: row.ad_group.name, status: row.ad_group.status },
        }
    }
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Enabled => "ENABLED",
            Self::Paused => "PAUSED",
        }
    }
}

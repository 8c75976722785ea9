//! `set_status`: enables or pauses campaigns or ad groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, NamesAccounts, Plan, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    api::{Row, StatusUpdate},
    arguments::{CustomerId, EntityId, Ids},
    customer::Customer,
    gaql::{Direction, Query, Test},
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    customer_id: CustomerId,
    /// What the ids are of.
    level: Level,
    /// Ids of campaigns or ad groups, 1 to 100. All change together or none does.
    ids: Ids,
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
        self.customer_id.touches()
    }
}

/// The statuses, in the order of the ids.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(super) struct Statuses {
    items: Vec<Item>,
}

#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Item {
    id: String,
    name: String,
    status: String,
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
        let customer = Customer::of(cx, args.customer_id.client(cx)?);
        let rows: Vec<Row> = customer.rows(&args.level.query(&args.ids)).await?;
        Ok(Statuses { items: rows.into_iter().map(|row| args.level.item(row)).collect() })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        let found = |id: &EntityId| before.items.iter().any(|item| item.id == id.to_string());
        if let Some(id) = args.ids.iter().find(|id| !found(id)) {
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
        let after = Statuses {
            items: before.items.iter().map(|item| Item { status: args.status.word().into(), ..item.clone() }).collect(),
        };
        let changing = before.items.iter().filter(|item| item.status != args.status.word()).count();
        let warnings = match args.status {
            Status::Enabled if changing > 0 => vec!["What is enabled can spend money at once.".into()],
            _ => vec![],
        };
        let summary =
            format!("Sets {changing} of {} {}(s) to {}.", args.ids.len(), args.level.noun(), args.status.word());
        Ok(Plan { after, summary, warnings })
    }

    async fn dry_run(args: &Args, _: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let customer = Customer::of(cx, args.customer_id.client(cx)?);
        customer.check(args.level.service(), "status", args.updates(customer)).await
    }

    async fn apply(args: &Args, _: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let customer = Customer::of(cx, args.customer_id.client(cx)?);
        customer.apply(args.level.service(), "status", args.updates(customer)).await
    }
}

impl Args {
    fn updates(&self, customer: Customer<'_>) -> Vec<StatusUpdate> {
        let update = |id: &EntityId| StatusUpdate {
            resource_name: customer.resource(self.level.service(), id),
            status: self.status.word(),
        };
        self.ids.iter().map(update).collect()
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

    fn query(self, ids: &Ids) -> Query {
        let (resource, id, name, status) = match self {
            Self::Campaign => ("campaign", "campaign.id", "campaign.name", "campaign.status"),
            Self::AdGroup => ("ad_group", "ad_group.id", "ad_group.name", "ad_group.status"),
        };
        Query::select(&[id, name, status])
            .from(resource)
            .filter(id, Test::any_of(ids.iter().copied()))
            .order_by(id, Direction::Ascending)
    }

    fn item(self, row: Row) -> Item {
        match self {
            Self::Campaign => Item { id: row.campaign.id, name: row.campaign.name, status: row.campaign.status },
            Self::AdGroup => Item { id: row.ad_group.id, name: row.ad_group.name, status: row.ad_group.status },
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

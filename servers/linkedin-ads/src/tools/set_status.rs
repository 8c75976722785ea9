//! `set_status`: activates or pauses campaigns or campaign groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, NamesAccounts, Plan, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    access,
    ad_account::AdAccount,
    api::{Campaign, CampaignGroup, StatusFields},
    arguments::{AdAccountId, EntityId, Ids},
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// What the ids are of.
    level: Level,
    /// Ids of campaigns or campaign groups, 1 to 50. LinkedIn changes each on its own.
    ids: Ids,
    /// The status wanted.
    status: Status,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Level {
    Campaign,
    CampaignGroup,
}

/// Archiving, cancelling and removing cannot be undone, and are not offered.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Status {
    Active,
    Paused,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
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
        "Activate or pause",
        "Activates or pauses campaigns or campaign groups of one account. Without preview_id it only previews; send the \
         same arguments with the preview_id to apply. It never archives or removes.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<Statuses, ToolError> {
        let target = AdAccount::of(cx, args.account_id.get(cx)?);
        let ids = args.ids.iter().map(|id| id.0);
        let mut found: Vec<(u64, Item)> = match args.level {
            Level::Campaign => {
                let campaigns = target.batch::<Campaign>("adCampaigns", ids).await?;
                campaigns.into_iter().map(|found| (found.id, Item::new(found.id, found.name, found.status))).collect()
            }
            Level::CampaignGroup => {
                let groups = target.batch::<CampaignGroup>("adCampaignGroups", ids).await?;
                groups.into_iter().map(|found| (found.id, Item::new(found.id, found.name, found.status))).collect()
            }
        };
        found.sort_by_key(|(id, _)| *id);
        Ok(Statuses { items: found.into_iter().map(|(_, item)| item).collect() })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        let found = |id: &EntityId| before.items.iter().any(|item| item.id == id.to_string());
        if let Some(id) = args.ids.iter().find(|id| !found(id)) {
            return Err(ToolError::Refused {
                reason: format!("this account has no {} with the id {id}", args.level.noun()),
                next_step: "Take the ids from list_campaigns or list_campaign_groups of the same account.".into(),
            });
        }
        if let Some(item) = before.items.iter().find(|item| !item.can_change()) {
            return Err(ToolError::Refused {
                reason: format!(
                    "the {} {} is {}, which is not taken back here",
                    args.level.noun(),
                    item.id,
                    item.status
                ),
                next_step: "Leave it out: only what is active, paused or a draft can be changed.".into(),
            });
        }
        let wanted = args.status.word();
        let after = Statuses {
            items: before.items.iter().map(|item| Item { status: wanted.into(), ..item.clone() }).collect(),
        };
        let changing = || before.items.iter().filter(|item| item.status != wanted);
        let mut warnings = vec![];
        if args.status == Status::Active && changing().next().is_some() {
            warnings.push("What is activated can spend money at once.".to_owned());
        }
        if changing().any(|item| item.status == "DRAFT") {
            warnings.push("A draft that leaves its state does not become a draft again.".to_owned());
        }
        if args.ids.len() > 1 {
            warnings.push("LinkedIn changes each on its own: it may refuse some and change the others.".to_owned());
        }
        let summary =
            format!("Sets {} of {} {}(s) to {wanted}.", changing().count(), args.ids.len(), args.level.noun());
        Ok(Plan { after, summary, warnings })
    }

    async fn dry_run(args: &Args, _: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        access::may_change(cx, args.account_id.get(cx)?).await
    }

    async fn apply(args: &Args, _: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let status = StatusFields { status: args.status.word() };
        let fields = args.ids.iter().map(|id| (*id, status)).collect();
        AdAccount::of(cx, args.account_id.get(cx)?).update_all(args.level.collection(), fields).await
    }
}

impl Item {
    fn new(id: u64, name: String, status: String) -> Self {
        Self { id: id.to_string(), name, status }
    }

    fn can_change(&self) -> bool {
        matches!(self.status.as_str(), "ACTIVE" | "PAUSED" | "DRAFT")
    }
}

impl Level {
    fn collection(self) -> &'static str {
        match self {
            Self::Campaign => "adCampaigns",
            Self::CampaignGroup => "adCampaignGroups",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::CampaignGroup => "campaign group",
        }
    }
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
        }
    }
}

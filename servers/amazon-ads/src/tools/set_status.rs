//! `set_status`: enables or pauses campaigns or ad groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{
    Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool,
    answers::{StatusItem, Statuses},
};

use crate::{
    api::{AdGroup, Campaign, Id},
    arguments::{Ids, ProfileId},
    profile::{Collection, Profile},
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: ProfileId,
    /// What the ids are of.
    level: Level,
    /// Ids of campaigns or ad groups. Amazon changes each on its own.
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

/// Archiving cannot be undone, and is not offered.
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

/// The change of one item: only what is named changes.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ad_group_id: Option<&'a str>,
    state: &'a str,
}

impl WriteTool for SetStatus {
    type Args = Args;
    type State = Statuses;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_status",
        "Enable or pause",
        "Enables or pauses Sponsored Products campaigns or ad groups of one account. Without preview_id it only previews; \
         send the same arguments with the preview_id to apply. It never archives.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<Statuses, ToolError> {
        let profile = Profile::of(cx, args.account_id.get(cx)?);
        let mut found: Vec<(Id, StatusItem)> = match args.level {
            Level::Campaign => {
                let campaigns = profile.find::<Campaign>(Collection::Campaigns, args.ids.iter()).await?;
                campaigns.into_iter().map(|it| item(it.campaign_id, it.name, it.state)).collect()
            }
            Level::AdGroup => {
                let groups = profile.find::<AdGroup>(Collection::AdGroups, args.ids.iter()).await?;
                groups.into_iter().map(|it| item(it.ad_group_id, it.name, it.state)).collect()
            }
        };
        found.sort_by_key(|(id, _)| *id);
        Ok(Statuses { items: found.into_iter().map(|(_, item)| item).collect() })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        if let Some(id) = before.find_missing(args.ids.iter()) {
            return Err(ToolError::Refused {
                reason: format!("this account has no {} with the id {id}", args.level.noun()),
                next_step: "Take the ids from list_campaigns or list_ad_groups of the same account.".into(),
            });
        }
        if let Some(item) = before.items.iter().find(|item| !can_change(&item.status)) {
            return Err(ToolError::Refused {
                reason: format!("the {} {} is {}", args.level.noun(), item.id, item.status),
                next_step: "Leave it out: only what is enabled or paused can be changed.".into(),
            });
        }
        let wanted = args.status.word();
        let after = before.all(wanted);
        let changes = before.count_changes(&after);
        let mut warnings = vec![];
        if args.status == Status::Enabled && changes > 0 {
            warnings.push("What is enabled can spend money at once.".to_owned());
        }
        if args.ids.len() > 1 {
            warnings.push("Amazon changes each on its own: it may refuse some and change the others.".to_owned());
        }
        let summary = format!("Sets {changes} of {} {}(s) to {wanted}.", args.ids.len(), args.level.noun());
        Ok(Plan { after, summary, warnings })
    }

    fn spending(from: &Statuses, to: &Statuses) -> Spending {
        from.spending(to, "ENABLED")
    }

    /// Amazon has none. The plan has looked at what can be looked at.
    async fn dry_run(_: &Args, _: &Statuses, _: &Cx) -> Result<(), ToolError> {
        Ok(())
    }

    async fn apply(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let changes: Vec<_> = target.items.iter().map(|item| (item.id.clone(), args.level.change(item))).collect();
        Profile::of(cx, args.account_id.get(cx)?).update(args.level.collection(), &changes).await
    }
}

fn item(id: Id, name: String, status: String) -> (Id, StatusItem) {
    (id, StatusItem { id: id.to_string(), name, status })
}

/// An archived one stays so; a proposed one is somebody else's to decide.
fn can_change(status: &str) -> bool {
    matches!(status, "ENABLED" | "PAUSED")
}

impl Level {
    fn collection(self) -> Collection {
        match self {
            Self::Campaign => Collection::Campaigns,
            Self::AdGroup => Collection::AdGroups,
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdGroup => "ad group",
        }
    }

    fn change(self, item: &StatusItem) -> Change<'_> {
        let (campaign_id, ad_group_id) = match self {
            Self::Campaign => (Some(item.id.as_str()), None),
            Self::AdGroup => (None, Some(item.id.as_str())),
        };
        Change { campaign_id, ad_group_id, state: &item.status }
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

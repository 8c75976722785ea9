//! `set_status`: activates or pauses campaigns or campaign groups.

use schemars::JsonSchema;
use serde::Deserialize;
use turnpike_sdk::{
    Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool,
    answers::{StatusItem, Statuses},
};

use crate::{
    access,
    ad_account::AdAccount,
    api::{Campaign, CampaignGroup, StatusFields},
    arguments::{AdAccountId, Ids},
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// What the ids are of.
    level: Level,
    /// Ids of campaigns or campaign groups. LinkedIn changes each on its own.
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
        let mut found: Vec<(u64, StatusItem)> = match args.level {
            Level::Campaign => {
                let campaigns = target.batch::<Campaign>("adCampaigns", ids).await?;
                campaigns.into_iter().map(|found| (found.id, item(found.id, found.name, found.status))).collect()
            }
            Level::CampaignGroup => {
                let groups = target.batch::<CampaignGroup>("adCampaignGroups", ids).await?;
                groups.into_iter().map(|found| (found.id, item(found.id, found.name, found.status))).collect()
            }
        };
        found.sort_by_key(|(id, _)| *id);
        Ok(Statuses { items: found.into_iter().map(|(_, item)| item).collect() })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        if let Some(id) = before.find_missing(args.ids.iter()) {
            return Err(ToolError::Refused {
                reason: format!("this account has no {} with the id {id}", args.level.noun()),
                next_step: "Take the ids from list_campaigns or list_campaign_groups of the same account.".into(),
            });
        }
        if let Some(item) = before.items.iter().find(|item| !can_change(&item.status)) {
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
        let after = before.all(wanted);
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

    fn spending(from: &Statuses, to: &Statuses) -> Spending {
        from.spending(to, "ACTIVE")
    }

    fn check_revert(old: &Statuses) -> Result<(), ToolError> {
        match old.items.iter().find(|item| !matches!(item.status.as_str(), "ACTIVE" | "PAUSED")) {
            None => Ok(()),
            Some(item) => Err(ToolError::Refused {
                reason: format!("{} was {}, and LinkedIn lets nothing become that again", item.id, item.status),
                next_step: "Pause it instead.".into(),
            }),
        }
    }

    async fn dry_run(args: &Args, _: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        access::may_change(cx, args.account_id.get(cx)?).await
    }

    async fn apply(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let fields = |item: &StatusItem| Some((item.id.clone().try_into().ok()?, StatusFields::from(item)));
        let fields = target.items.iter().filter_map(fields).collect();
        AdAccount::of(cx, args.account_id.get(cx)?).update_all(args.level.collection(), fields).await
    }
}

fn item(id: u64, name: String, status: String) -> StatusItem {
    StatusItem { id: id.to_string(), name, status }
}

fn can_change(status: &str) -> bool {
    matches!(status, "ACTIVE" | "PAUSED" | "DRAFT")
}

impl From<&StatusItem> for StatusFields {
    fn from(item: &StatusItem) -> Self {
        Self { status: item.status.clone() }
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

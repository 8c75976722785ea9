//! `set_status`: activates or pauses campaigns, ad sets or ads.

use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};
use turnpike_core::Fault;
use turnpike_sdk::{
    Cx, NamesAccounts, Plan, Spending, ToolError, ToolSpec, Touches, WriteTool,
    answers::{StatusItem, Statuses},
};

use crate::{
    api::{Ad, AdSet, Campaign, Owned},
    arguments::{AdAccountId, EntityId, Ids, Level},
    graph::AdAccount,
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AdAccountId,
    /// What the ids are of.
    level: Level,
    /// Their ids. Meta changes each on its own, in this order.
    ids: Ids,
    /// The status wanted.
    status: Status,
}

/// Archiving and deleting cannot be undone, and are not offered.
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
        "Activates or pauses campaigns, ad sets or ads of one account. Without preview_id it only previews, and Meta checks \
         the change; send the same arguments with the preview_id to apply. It never archives or deletes.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<Statuses, ToolError> {
        let target = AdAccount::of(cx, args.account_id.get(cx)?);
        let ids: Vec<EntityId> = args.ids.iter().copied().collect();
        let mut items = match args.level {
            Level::Campaign => statuses::<Campaign>(target, &ids).await?,
            Level::AdSet => statuses::<AdSet>(target, &ids).await?,
            Level::Ad => statuses::<Ad>(target, &ids).await?,
        };
        let place = |item: &StatusItem| ids.iter().position(|id| id.to_string() == item.id);
        items.sort_by_key(place);
        Ok(Statuses { items })
    }

    fn plan(args: &Args, before: &Statuses) -> Result<Plan<Statuses>, ToolError> {
        let noun = args.level.noun();
        if let Some(id) = before.find_missing(args.ids.iter()) {
            return Err(ToolError::Refused {
                reason: format!("this account has no {noun} with the id {id}"),
                next_step: "Take the ids from list_campaigns, list_ad_sets or list_ads of the same account.".into(),
            });
        }
        if let Some(item) = before.items.iter().find(|item| !can_change(&item.status)) {
            return Err(ToolError::Refused {
                reason: format!("the {noun} {} is {}, which is not taken back here", item.id, item.status),
                next_step: "Leave it out: only what is active or paused can be changed.".into(),
            });
        }
        let after = before.all(args.status.word());
        let changing = before.count_changes(&after);
        let mut warnings = vec![];
        if args.status == Status::Active && changing > 0 {
            warnings.push("What is activated can spend money at once, if what it lies in is active too.".to_owned());
        }
        if args.ids.len() > 1 {
            warnings.push("Meta changes each on its own: it may refuse some and change the others.".to_owned());
        }
        let summary = format!("Sets {changing} of {} {noun}(s) to {}.", args.ids.len(), args.status.word());
        Ok(Plan { after, summary, warnings })
    }

    fn spending(from: &Statuses, to: &Statuses) -> Spending {
        from.spending(to, "ACTIVE")
    }

    fn check_revert(old: &Statuses) -> Result<(), ToolError> {
        match old.items.iter().find(|item| !can_change(&item.status)) {
            None => Ok(()),
            Some(item) => Err(ToolError::Refused {
                reason: format!("{} was {}, which is not set here", item.id, item.status),
                next_step: "Pause it instead.".into(),
            }),
        }
    }

    async fn dry_run(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let account = AdAccount::of(cx, args.account_id.get(cx)?);
        for item in &target.items {
            account.check(&item.id, ("status", item.status.clone())).await?;
        }
        Ok(())
    }

    async fn apply(args: &Args, target: &Statuses, cx: &Cx) -> Result<(), ToolError> {
        let account = AdAccount::of(cx, args.account_id.get(cx)?);
        for (done, item) in target.items.iter().enumerate() {
            if let Err(fault) = account.change(&item.id, ("status", item.status.clone())).await {
                return Err(stopped(done, target.items.len(), item, fault));
            }
        }
        Ok(())
    }
}

async fn statuses<T: DeserializeOwned + Owned>(
    target: AdAccount<'_>,
    ids: &[EntityId],
) -> Result<Vec<StatusItem>, ToolError> {
    Ok(target.find::<T>(ids).await?.into_iter().map(Owned::into_status).collect())
}

/// Nothing further is tried. What had been changed before is said; of a request without an answer only a look can tell.
fn stopped(done: usize, of: usize, item: &StatusItem, fault: Fault) -> ToolError {
    if done == 0 || fault.unanswered {
        return fault.into();
    }
    ToolError::Refused {
        reason: format!("Meta changed {done} of {of}, then did not change {}: {}", item.id, fault.message),
        next_step: "Look at the present state, then preview again for those that have not changed.".into(),
    }
}

fn can_change(status: &str) -> bool {
    matches!(status, "ACTIVE" | "PAUSED")
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
        }
    }
}

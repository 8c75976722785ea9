//! `set_status`: a write tool. Preview, confirmation, caps, approval, idempotency and `revert_change` are the kit's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, Effect, NamesAccounts, Plan, Request, Spending, ToolError, ToolSpec, Touches, WriteTool};

use crate::{
    api::{Change, Item, Status},
    arguments::{AccountRef, EntityId},
    paths,
};

pub(super) struct SetStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The account, from list_accounts.
    account_id: AccountRef,
    /// The item, from list_items.
    item_id: EntityId,
    /// The status wanted.
    status: Status,
}

/// Everything that the change depends on, as observed: when it has moved between preview and confirmation, nothing is sent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(super) struct State {
    item_id: String,
    name: String,
    status: Status,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

impl WriteTool for SetStatus {
    type Args = Args;
    type State = State;
    const SPEC: ToolSpec = ToolSpec::write(
        "set_status",
        "Activate or pause",
        "Activates or pauses one item. Without preview_id it only previews; send the same arguments with the preview_id to \
         apply. It never deletes.",
    );

    async fn observe(args: &Args, cx: &Cx) -> Result<State, ToolError> {
        let account = args.account_id.get(cx)?;
        let request = Request::get(paths::item(cx, &args.account_id, args.item_id)).account(&account.id);
        let item: Item = cx.send(request).await?.json()?;
        Ok(State { item_id: item.id, name: item.name, status: item.status })
    }

    fn plan(args: &Args, before: &State) -> Result<Plan<State>, ToolError> {
        let after = State { status: args.status, ..before.clone() };
        let summary = format!("Sets item {} to {}.", before.item_id, args.status.word());
        // CHANGE: what a person should know before agreeing; and refuse here what must not be done.
        Ok(Plan { after, summary, warnings: vec![] })
    }

    // CHANGE: whether the change lets money be spent: `Starts` when something begins to spend, `Amount` for a budget. Caps and
    // approvals depend on it.
    fn spending(from: &State, to: &State) -> Spending {
        match (from.status, to.status) {
            (Status::Paused, Status::Active) => Spending::Starts,
            _ => Spending::NoMore,
        }
    }

    // CHANGE: where the vendor can check a change without making it, ask it to.
    async fn dry_run(_: &Args, _: &State, _: &Cx) -> Result<(), ToolError> {
        Ok(())
    }

    /// Sent once. When no answer comes, the kit reads back and does not send again.
    async fn apply(args: &Args, target: &State, cx: &Cx) -> Result<(), ToolError> {
        let account = args.account_id.get(cx)?;
        let path = paths::item(cx, &args.account_id, args.item_id);
        // To the state that was planned, not to the arguments': a revert comes this way too.
        let request = Request::post(path, &Change { status: target.status }, Effect::Write)?;
        cx.send(request.account(&account.id)).await?;
        Ok(())
    }
}

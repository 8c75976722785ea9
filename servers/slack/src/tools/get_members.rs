//! `get_members`: who the ids in messages are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches};

use super::list_members::MemberLine;
use crate::{
    api::OneMember,
    arguments::{MemberIds, WorkspaceId},
    errors::NO_MEMBER,
    workspace::Workspace,
};

pub(super) struct GetMembers;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The workspace, from list_accounts.
    account_id: WorkspaceId,
    /// Ids as messages show them; Slack is asked for each on its own.
    member_ids: MemberIds,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    members: Vec<MemberLine>,
    /// Ids that nobody has, or that the app may not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

impl ReadTool for GetMembers {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "get_members",
        "Get members by id",
        "Who up to 20 member ids are: names, title and time zone, without addresses and numbers. Use it for the authors of \
         messages and for members whom a text names as <@U…>.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let workspace = Workspace::of(&cx, args.account_id.get(&cx)?);
        let mut answer = Answer { members: vec![], unknown: vec![] };
        for id in args.member_ids.iter() {
            match workspace.read("users.info", vec![("user", id.to_string())]).await {
                Ok(response) => answer.members.push(response.json::<OneMember>()?.user.into()),
                Err(fault) if NO_MEMBER.contains(&fault.code.as_deref().unwrap_or_default()) => {
                    answer.unknown.push(id.to_string());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(answer)
    }
}

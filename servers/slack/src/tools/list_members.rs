//! `list_members`: who is in the workspace.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cursor, Cx, NamesAccounts, Page, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    api::User,
    arguments::{MaxRows, WorkspaceId},
    workspace::{PAGE, Rows, Workspace},
};

pub(super) struct ListMembers;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    /// The workspace, from list_accounts.
    account_id: WorkspaceId,
    /// Only members one of whose names contains this, in any case.
    #[serde(default)]
    matching: Option<String>,
    /// Also bots and deactivated members.
    #[serde(default)]
    everyone: bool,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

#[derive(Serialize, JsonSchema)]
pub(super) struct Answer {
    members: Vec<MemberLine>,
    page: Page,
    /// Why there are fewer rows than asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Serialize, JsonSchema)]
pub(super) struct MemberLine {
    pub(super) member_id: String,
    name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    real_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    title: String,
    /// `owner`, `admin`, `member`, `guest`, `bot`, or `deactivated`.
    kind: &'static str,
    /// IANA zone in which the member lives.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
}

impl ReadTool for ListMembers {
    type Args = Args;
    type Answer = Answer;
    const SPEC: ToolSpec = ToolSpec::read(
        "list_members",
        "List members",
        "The people of the workspace with names, title and time zone, without addresses and numbers. Use it with `matching` to \
         find a person's member_id; get_members tells who an id is.",
    );

    async fn call(args: Args, cx: Cx) -> Result<Answer, ToolError> {
        let workspace = Workspace::of(&cx, args.account_id.get(&cx)?);
        let part = args.matching.as_deref().unwrap_or_default().trim_start_matches('@').to_lowercase();
        let wanted = |user: &User, _| (args.everyone || user.is_person()) && user.is_called(&part);
        let (listing, cursor) = (("users.list", vec![("limit", PAGE.to_string())]), args.cursor.as_ref());
        let Rows { rows, page, note } = workspace.rows(listing, &args, args.max_rows, cursor, wanted).await?;
        Ok(Answer { members: rows.into_iter().map(MemberLine::from).collect(), page, note })
    }
}

impl User {
    /// Slack's own bot is not marked as one.
    fn is_person(&self) -> bool {
        !self.deleted && !self.is_bot && self.id != "USLACKBOT"
    }

    fn is_called(&self, part: &str) -> bool {
        let names = [&self.name, &self.profile.real_name, &self.profile.display_name];
        names.into_iter().any(|name| name.to_lowercase().contains(part))
    }

    fn kind(&self) -> &'static str {
        match self {
            Self { deleted: true, .. } => "deactivated",
            Self { is_bot: true, .. } => "bot",
            Self { id, .. } if id == "USLACKBOT" => "bot",
            Self { is_owner: true, .. } => "owner",
            Self { is_admin: true, .. } => "admin",
            Self { is_restricted: true, .. } | Self { is_ultra_restricted: true, .. } => "guest",
            _ => "member",
        }
    }
}

impl From<User> for MemberLine {
    fn from(user: User) -> Self {
        let kind = user.kind();
        let shown = Some(user.profile.display_name).filter(|name| !name.is_empty());
        Self {
            member_id: user.id,
            name: shown.unwrap_or(user.name),
            real_name: user.profile.real_name,
            title: user.profile.title,
            kind,
            time_zone: user.tz,
        }
    }
}

//! `get_demographics`: who saw the ads, by what members say of themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use turnpike_sdk::{Cost, Cursor, Cx, NamesAccounts, ReadTool, ToolError, ToolSpec, Touches};

use crate::{
    analytics::{Question, explain_empty, labels},
    answers::{Figures, Heading, Report, cut, first_row},
    arguments::{AdAccountId, Day, Ids, MaxRows, days_in_order},
};

pub(super) struct GetDemographics;

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Args {
    account_id: AdAccountId,
    /// What to group members by.
    dimension: Dimension,
    /// First day, in UTC.
    start_date: Day,
    /// Last day, included.
    end_date: Day,
    /// Only members who saw these campaigns.
    #[serde(default)]
    campaign_ids: Option<Ids>,
    #[serde(default)]
    max_rows: MaxRows,
    /// `next_cursor` of the answer before.
    #[serde(default, skip_serializing)]
    cursor: Option<Cursor>,
}

#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Dimension {
    JobTitle,
    JobFunction,
    Seniority,
    Industry,
    Company,
    CompanySize,
    Country,
    Region,
}

impl Dimension {
    const fn pivot(self) -> &'static str {
        match self {
            Self::JobTitle => "MEMBER_JOB_TITLE",
            Self::JobFunction => "MEMBER_JOB_FUNCTION",
            Self::Seniority => "MEMBER_SENIORITY",
            Self::Industry => "MEMBER_INDUSTRY",
            Self::Company => "MEMBER_COMPANY",
            Self::CompanySize => "MEMBER_COMPANY_SIZE",
            Self::Country => "MEMBER_COUNTRY_V2",
            Self::Region => "MEMBER_REGION_V2",
        }
    }
}

impl NamesAccounts for Args {
    fn touches(&self) -> Touches {
        self.account_id.touches()
    }
}

/// Members who have one thing in common.
#[derive(Serialize, JsonSchema)]
pub(super) struct Line {
    /// Such as `urn:li:title:9`.
    urn: String,
    /// What the URN means, where LinkedIn tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(flatten)]
    figures: Figures,
}

impl ReadTool for GetDemographics {
    type Args = Args;
    type Answer = Report<Line>;
    const SPEC: ToolSpec = ToolSpec {
        cost: Cost::Heavy,
        ..ToolSpec::read(
            "get_demographics",
            "Get demographics",
            "Figures of one account by what members say of themselves, such as job title, seniority, industry or country, \
             dearest first. Approximate: LinkedIn leaves out small groups, so totals are below those of get_performance.",
        )
    };

    async fn call(args: Args, cx: Cx) -> Result<Report<Line>, ToolError> {
        days_in_order(args.start_date, args.end_date)?;
        let start = first_row(&cx, &args, args.cursor.as_ref())?;
        let account = args.account_id.get(&cx)?;
        let days = (args.start_date, args.end_date);
        let campaigns = args.campaign_ids.as_ref();
        let rows = Question { pivot: args.dimension.pivot(), by_day: false, days, campaigns }.ask(&cx, account).await?;

        let note = if rows.is_empty() { Some(explain_empty(&cx, account).await?) } else { None };
        let totals = args.cursor.is_none().then(|| Figures::total(&rows));
        let (rows, page) = cut(&cx, rows, &args, args.max_rows, start);
        let labels = labels(&cx, &rows).await?;
        let rows = rows
            .iter()
            .map(|row| Line {
                urn: row.about().to_owned(),
                label: labels.get(row.about()).cloned(),
                figures: row.into(),
            })
            .collect();
        let freshness = "demographics are approximate and come 12 to 24 hours late";
        Ok(Report::new(Heading { account, days, now: cx.now(), freshness, note, totals }, rows, page))
    }
}
